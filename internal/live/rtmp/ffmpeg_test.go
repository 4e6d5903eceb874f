package rtmp_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"testing"

	"synctv/internal/live"
	"synctv/internal/live/flv"
	"synctv/internal/live/rtmp"
)

// An ffmpeg pushes in real time; a viewer who comes late begins with metadata,
// codec headers and a key frame, sees the stream to its clean end, and ffprobe
// can read what he got.
func TestFFmpegPushIsReadBack(t *testing.T) {
	h := open(t, live.Limits{}, rtmp.Limits{})
	push := exec.Command(tool(t, "ffmpeg"), append(source(5),
		append(h264(30, "500k"), h.url("r1", goodKey))...)...)
	var complaints bytes.Buffer
	push.Stderr = &complaints
	if err := push.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "two seconds of stream", func() bool { return h.hub.Info("show-r1").KeyInterval > 0 })
	r := get(t, h.flv("show-r1"))
	if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "video/x-flv" ||
		r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("answer: %s %v", r.Status, r.Header)
	}
	info := h.hub.Info("show-r1")
	if !info.Live || info.Video != "avc1" || info.Audio != "mp4a" || info.Viewers != 1 {
		t.Errorf("info: %+v", info)
	}
	got := readAll(t, r.Body) // fails unless the response ends cleanly
	if err := push.Wait(); err != nil {
		t.Errorf("ffmpeg: %v\n%s", err, complaints.String())
	}
	checkLateStart(t, got)
	probe(t, got)
	eventually(t, "the stream to be gone", func() bool { return !h.hub.Info("show-r1").Live })
	if r := get(t, h.flv("show-r1")); r.StatusCode != http.StatusNotFound {
		t.Errorf("after the end: %s", r.Status)
	}
}

// checkLateStart wants metadata, both codec headers and a key frame, the headers
// with the key frame's time.
func checkLateStart(t *testing.T, stream []byte) {
	t.Helper()
	in := flv.NewReader(bytes.NewReader(stream), 0)
	if audio, video, err := in.Start(); !audio || !video || err != nil {
		t.Fatalf("file header: audio %v, video %v, %v", audio, video, err)
	}
	want := []flv.Class{flv.Metadata, flv.Config, flv.Config, flv.Key}
	var times []uint32
	for i, class := range want {
		tag, err := in.Next()
		if err != nil {
			t.Fatal(err)
		}
		if p := flv.Inspect(tag.Type, tag.Payload); p.Class != class {
			t.Errorf("tag %d: class %d, want %d", i, p.Class, class)
		}
		times = append(times, tag.DTS)
	}
	if key := times[3]; key == 0 || times[0] != 0 || times[1] != key || times[2] != key {
		t.Errorf("times of the first tags: %v", times)
	}
	for {
		if _, err := in.Next(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// probe wants ffprobe to find both tracks and ffmpeg to decode without a word.
func probe(t *testing.T, stream []byte) {
	t.Helper()
	path := t.TempDir() + "/got.flv"
	if err := os.WriteFile(path, stream, 0o600); err != nil {
		t.Fatal(err)
	}
	out := run(t, tool(t, "ffprobe"), "-v", "error", "-show_streams", "-of", "json", path)
	var found struct {
		Streams []struct {
			Codec string `json:"codec_name"`
			Width int
		}
	}
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		t.Fatalf("ffprobe: %v\n%s", err, out)
	}
	if len(found.Streams) != 2 {
		t.Errorf("ffprobe found %+v", found.Streams)
	}
	if said := run(t, tool(t, "ffmpeg"), "-v", "error", "-i", path, "-f", "null", "-"); said != "" {
		t.Errorf("decoding: %s", said)
	}
}
