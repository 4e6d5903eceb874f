package hls_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"

	"synctv/internal/live/hls"
)

// Chromium plays AV1 and H.264 that came as enhanced RTMP frames, by hls.js.
func TestChromiumPlays(t *testing.T) {
	if _, err := os.Stat("../../../web/node_modules/hls.js"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("needs web/node_modules (npm ci in web)")
	}
	node := tool(t, "node")
	tool(t, "chromium")
	for codec, encoder := range map[string][]string{
		"avc1": {"-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"},
		"av01": {"-c:v", "libsvtav1", "-preset", "12", "-c:a", "aac"},
	} {
		t.Run(codec, func(t *testing.T) {
			h := open(t, hls.Limits{})
			tags := film(t, codec, "mp4a", encoder...)
			write(t, h, tags, filmSeconds*time.Second/time.Duration(len(tags)))
			await(t, "a stream", func() bool { return h.hub.Info("show").KeyInterval > 0 })
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, node, "../../../test/load/play.mjs", h.web.URL+"/show/index.m3u8")
			cmd.Stderr = os.Stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			var shown struct {
				Codec   string
				Width   int
				Seconds float64
				Settled []string // what the player met at the live edge and got over
				Errors  []string
			}
			if err := json.Unmarshal(out, &shown); err != nil {
				t.Fatal(err)
			}
			if shown.Width != 320 || shown.Seconds < 0.5 || len(shown.Errors) > 0 || len(shown.Codec) < 4 || shown.Codec[:4] != codec {
				t.Errorf("%s", out)
			}
			t.Log("got over", shown.Settled)
		})
	}
}
