package hls_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"

	"synctv/internal/live/flv"
	"synctv/internal/live/rtmp/rtmptest"
)

// tool finds a program, or skips the test, unless in CI where it must be there.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is needed in CI: %v", name, err)
	}
	t.Skipf("needs %s (Debian package ffmpeg)", name)
	return ""
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

const (
	filmSeconds = 8
	filmRate    = 25
)

// film is encoded by ffmpeg, one key frame a second, and comes back as the tags
// an encoder with enhanced RTMP would publish.
func film(t *testing.T, fourCC, opus string, encoder ...string) []flv.Tag {
	t.Helper()
	path := t.TempDir() + "/film.mp4"
	args := []string{
		"-v", "error", "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=320x180:rate=%d:duration=%d", filmRate, filmSeconds),
		"-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=440:sample_rate=48000:duration=%d", filmSeconds),
		"-pix_fmt", "yuv420p", "-g", fmt.Sprint(filmRate), "-threads", "2",
	}
	args = append(append(args, encoder...), "-movflags", "+frag_keyframe+empty_moov+default_base_moof", path)
	run(t, tool(t, "ffmpeg"), args...)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return demux(t, file, fourCC, opus)
}

// record is the payload of the codec configuration box of that name.
func record(t *testing.T, file []byte, name string) []byte {
	t.Helper()
	at := bytes.Index(file, []byte(name))
	if at < 4 {
		t.Fatalf("no box %q", name)
	}
	return file[at+4 : at-4+int(binary.BigEndian.Uint32(file[at-4:]))]
}

func demux(t *testing.T, file []byte, fourCC, audio string) (tags []flv.Tag) {
	t.Helper()
	var init fmp4.Init
	if err := init.Unmarshal(bytes.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	first := bytes.Index(file, []byte("moof")) - 4
	last := bytes.Index(file, []byte("mfra"))
	if last < 0 {
		last = len(file) + 4
	}
	var parts fmp4.Parts
	if err := parts.Unmarshal(file[first : last-4]); err != nil {
		t.Fatal(err)
	}
	box := map[string]string{"avc1": "avcC", "hvc1": "hvcC", "av01": "av1C"}[fourCC]
	tags = append(tags, tag(flv.Video, 0, rtmptest.VideoStart(fourCC, record(t, file, box))), tag(flv.Audio, 0, audioHeader(audio)))
	for _, part := range parts {
		for _, track := range part.Tracks {
			i := slices.IndexFunc(init.Tracks, func(it *fmp4.InitTrack) bool { return it.ID == track.ID })
			tags = append(tags, samples(init.Tracks[i], track, fourCC, audio)...)
		}
	}
	slices.SortStableFunc(tags, func(a, b flv.Tag) int { return int(a.DTS) - int(b.DTS) })
	return tags
}

// samples turns a fragment's samples into tags. Fragments begin with key frames.
func samples(it *fmp4.InitTrack, track *fmp4.PartTrack, fourCC, audio string) (tags []flv.Tag) {
	at := track.BaseTime
	for i, s := range track.Samples {
		dts := uint32(at * 1000 / uint64(it.TimeScale))
		switch {
		case it.Codec.IsVideo():
			offset := int32(int64(s.PTSOffset) * 1000 / int64(it.TimeScale))
			tags = append(tags, tag(flv.Video, dts, rtmptest.Video(fourCC, i == 0, offset, s.Payload)))
		case audio == "Opus":
			tags = append(tags, tag(flv.Audio, dts, rtmptest.Audio(audio, s.Payload)))
		default:
			tags = append(tags, tag(flv.Audio, dts, append([]byte{0xaf, 1}, s.Payload...)))
		}
		at += uint64(s.Duration)
	}
	return tags
}

func audioHeader(codec string) []byte {
	if codec == "Opus" {
		return rtmptest.AudioStart(codec, []byte("OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00"))
	}
	return []byte{0xaf, 0, 0x11, 0x88} // AAC-LC, 48 kHz, mono
}

func tag(t flv.Type, dts uint32, payload []byte) flv.Tag {
	return flv.Tag{Header: flv.Header{Type: t, DTS: dts, Size: len(payload)}, Payload: payload}
}

// stream is tags as one FLV stream.
func stream(tags []flv.Tag) []byte {
	b := flv.AppendFileHeader(nil, true, true)
	for _, t := range tags {
		b = flv.AppendTag(b, t.Type, t.DTS, t.Payload)
	}
	return b
}
