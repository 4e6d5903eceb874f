package main

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"synctv/internal/live/rtmp/rtmptest"
)

// encoded is some seconds of picture and sound as FLV, a key frame each second.
func encoded(t *testing.T) []byte {
	t.Helper()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("needs ffmpeg (Debian package ffmpeg)")
	}
	out, err := exec.CommandContext(t.Context(), ffmpeg, "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=8",
		"-f", "lavfi", "-i", "sine=sample_rate=48000:duration=8", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
		"-g", "25", "-c:a", "aac", "-f", "flv", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A member gets the stream in every form; nobody else does, and no page of
// another site through a member's browser.
func TestLiveOutputs(t *testing.T) {
	film := encoded(t)
	h := startHouse(t, nil)
	ada := h.register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	var k struct {
		URL, Stream string
		Item        struct{ Play struct{ URL string } }
	}
	room := "/api/rooms/" + id
	ada.post(room+"/live-keys", struct{}{}).ok(201, &k)
	playlist := room + "/live/" + k.Stream + "/index.m3u8"
	ada.get(playlist).problem(404, "stream_offline")
	p, err := rtmptest.Publish(t.Context(), k.URL)
	if err != nil {
		t.Fatal(err)
	}
	var pushing sync.WaitGroup
	pushing.Go(func() { _ = p.Push(t.Context(), bytes.NewReader(film), 1) })
	defer pushing.Wait()
	defer p.Abort()
	await(t, "a playlist", func() bool { return ada.get(playlist).status == 200 })
	index := string(ada.get(playlist).body)
	media := regexp.MustCompile(`(?m)^[a-z0-9_]+\.m3u8`).FindString(index)
	list := ada.get(room + "/live/" + k.Stream + "/" + media)
	if list.status != 200 || list.header.Get("Cache-Control") != "no-store" || !strings.Contains(string(list.body), "#EXT-X-PART") {
		t.Errorf("%d %v\n%s", list.status, list.header, list.body)
	}
	ada.get(room+"/live/"+k.Stream+"/nothing.mp4").problem(404, "not_found")
	h.anonymous().get(playlist).problem(401, "not_signed_in")
	h.register("bob").get(playlist).problem(403, "not_a_member")
	flvBySocket(t, ada, k.Item.Play.URL)
}

func flvBySocket(t *testing.T, c *client, url string) {
	t.Helper()
	for origin, status := range map[string]int{"http://evil.example": http.StatusForbidden, c.h.url: http.StatusSwitchingProtocols} {
		conn, res, err := websocket.Dial(t.Context(), c.h.url+url, &websocket.DialOptions{HTTPHeader: http.Header{
			"Authorization": {"Bearer " + c.token}, "Origin": {origin},
		}})
		if res == nil || res.StatusCode != status {
			t.Fatalf("from %s: %v, %v", origin, res, err)
		}
		if err != nil {
			continue
		}
		conn.SetReadLimit(4 << 20)
		kind, b, err := conn.Read(t.Context())
		if err != nil || kind != websocket.MessageBinary || !bytes.HasPrefix(b, []byte("FLV\x01\x05")) {
			t.Errorf("first frame: %v %.16x %v", kind, b, err)
		}
		_ = conn.CloseNow()
	}
}

// Whoever may publish sees how the stream does, and ends it: its encoder cannot
// simply connect again.
func TestStreamStatsAndEnd(t *testing.T) {
	film := encoded(t)
	h := startHouse(t, nil)
	ada := h.register("ada")
	room := "/api/rooms/" + ada.createRoom(map[string]string{"name": "x"})
	var k struct{ URL, Stream string }
	ada.post(room+"/live-keys", struct{}{}).ok(201, &k)
	stream := room + "/live/" + k.Stream
	ada.get(stream+"/stats").problem(404, "stream_offline")
	ada.post(stream+"/end", struct{}{}).problem(404, "stream_offline")
	ada.get(room+"/live/none/stats").problem(404, "item_not_found")
	p, err := rtmptest.Publish(t.Context(), k.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Abort()
	pushed := make(chan error, 1)
	go func() { pushed <- p.Push(t.Context(), bytes.NewReader(film), 1) }()
	var st struct {
		Video, Audio  string
		BitrateKbps   int64   `json:"bitrate_kbps"`
		FrameRate     float64 `json:"frame_rate"`
		KeyIntervalMS int64   `json:"key_interval_ms"`
		LostFrames    int64   `json:"lost_frames"`
		StartedMS     int64   `json:"started_ms"`
	}
	await(t, "two key frames", func() bool {
		a := ada.get(stream + "/stats")
		return a.status == 200 && json.Unmarshal(a.body, &st) == nil && st.KeyIntervalMS > 0
	})
	if st.Video != "avc1" || st.Audio != "mp4a" || st.BitrateKbps < 10 || st.StartedMS == 0 || st.LostFrames != 0 ||
		st.KeyIntervalMS != 1000 || math.Abs(st.FrameRate-25) > 0.5 {
		t.Errorf("%+v", st)
	}
	ada.post(stream+"/end", struct{}{}).ok(204, nil)
	if err := <-pushed; err == nil {
		t.Error("the encoder went on to the end")
	}
	if _, err := rtmptest.Publish(t.Context(), k.URL); err == nil {
		t.Error("the encoder connected again at once")
	}
	ada.get(stream+"/stats").problem(404, "stream_offline")
}
