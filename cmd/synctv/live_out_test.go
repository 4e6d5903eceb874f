package main

import (
	"bytes"
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
	ada.post(room+"/live/keys", struct{}{}).ok(201, &k)
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
