//go:build unix

package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Encoders over TLS, through the whole program: what the page tells them is
// where ffmpeg publishes, whether or not there is a port without TLS beside it,
// and tools play from there when that is allowed.
func TestFFmpegPublishesByRTMPS(t *testing.T) {
	encoded(t) // says when ffmpeg is missing
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writePair(t, cert, key, 1)
	for name, c := range map[string]struct{ addr, play string }{
		"alone, nothing is played": {"off", "false"}, "beside RTMP, tools may play": {"127.0.0.1:0", "true"},
	} {
		t.Run(name, func(t *testing.T) {
			h := startHouse(t, map[string]string{
				"SYNCTV_RTMP_ADDR": c.addr, "SYNCTV_RTMP_PLAY": c.play,
				"SYNCTV_RTMPS_ADDR": "127.0.0.1:0", "SYNCTV_RTMPS_CERT": cert, "SYNCTV_RTMPS_KEY": key,
			})
			publishSecurely(t, h, c.addr == "off", c.play == "true")
		})
	}
}

// A replica that takes no encoders tells no address that leads nowhere.
func TestKeysWhereNoEncodersAreTaken(t *testing.T) {
	for name, c := range map[string]struct{ url, server string }{"nor anywhere else": {"", ""}, "but elsewhere": {"rtmp://live.example.org", "rtmp://live.example.org/live/"}} {
		t.Run(name, func(t *testing.T) {
			h := startHouse(t, map[string]string{"SYNCTV_RTMP_ADDR": "off", "SYNCTV_RTMP_URL": c.url})
			ada := h.register("ada")
			room := ada.createRoom(map[string]string{"name": "x"})
			var info struct{ RTMP bool }
			h.anonymous().get("/api/info").ok(200, &info)
			var k struct{ Key, Server, URL string }
			ada.post("/api/rooms/"+room+"/live-keys", struct{}{}).ok(201, &k)
			server, url := c.server, c.server
			if server != "" {
				server, url = server+room, server+room+"/"+k.Key
			}
			if info.RTMP != (c.url != "") || k.Server != server || k.URL != url {
				t.Errorf("%v, %+v", info, k)
			}
		})
	}
}

func publishSecurely(t *testing.T, h *house, alone, played bool) {
	t.Helper()
	var info struct{ RTMP bool }
	h.anonymous().get("/api/info").ok(200, &info)
	if !info.RTMP {
		t.Error("the page says that no encoder can publish")
	}
	ada := h.register("ada")
	room := "/api/rooms/" + ada.createRoom(map[string]string{"name": "x"})
	var k struct {
		Key, Stream, Server, URL string
		SecureServer             string `json:"secure_server"`
		SecureURL                string `json:"secure_url"`
	}
	ada.post(room+"/live-keys", struct{}{}).ok(201, &k)
	secure := k.SecureURL
	if alone {
		secure = k.URL
	}
	if !strings.HasPrefix(secure, "rtmps://127.0.0.1:") || alone != (k.SecureServer == "") || alone == strings.HasPrefix(k.Server, "rtmp://") {
		t.Fatalf("encoders are told %+v", k)
	}
	push := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25",
		"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25", "-f", "flv", secure)
	if err := push.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = push.Process.Kill()
		_ = push.Wait()
	}()
	await(t, "a stream", func() bool { return ada.get(room+"/live/"+k.Stream+"/stats").status == 200 })
	play := strings.TrimSuffix(secure, k.Key) + k.Stream
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", play).CombinedOutput()
	if got := err == nil && strings.Contains(string(out), "h264"); got != played {
		t.Errorf("played: %v, want %v\n%s", got, played, out)
	}
}
