package rtmp_test

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	"synctv/internal/live"
	"synctv/internal/live/rtmp"
)

// gallery opens every stream by its public name.
type gallery struct{ hub *live.Hub }

func (g gallery) Open(_ context.Context, req rtmp.Request) (*live.Viewer, error) {
	return g.hub.Watch(req.Name)
}

func withGallery(s *rtmp.Server) { s.Gallery = gallery{s.Hub.(*live.Hub)} }

// A tool plays over RTMP what another publishes: ffmpeg decodes what ffmpeg
// encoded, from a key frame on.
func TestFFmpegPlaysByRTMP(t *testing.T) {
	h := open(t, live.Limits{}, rtmp.Limits{}, withGallery)
	push := exec.Command(tool(t, "ffmpeg"), append(source(6), append(h264(30, "500k"), h.url("r1", goodKey))...)...)
	if err := push.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a stream", func() bool { return h.hub.Info("show-r1").KeyInterval > 0 })
	said := run(t, tool(t, "ffprobe"), "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0",
		"rtmp://"+h.addr+"/live/show-r1")
	if !strings.Contains(said, "h264") || !strings.Contains(said, "aac") {
		t.Errorf("ffprobe found %q", said)
	}
	if said := run(t, tool(t, "ffmpeg"), "-v", "error", "-i", "rtmp://"+h.addr+"/live/show-r1", "-t", "1", "-f", "null", "-"); said != "" {
		t.Errorf("decoding: %s", said)
	}
	if err := push.Wait(); err != nil {
		t.Error(err)
	}
	eventually(t, "nobody left", func() bool { return h.hub.Stats().Viewers == 0 && h.server.Stats().Conns == 0 })
}

func TestPlayIsRefused(t *testing.T) {
	for name, with := range map[string]func(*rtmp.Server){
		"when it is off":           func(*rtmp.Server) {},
		"when nobody publishes it": withGallery,
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, live.Limits{}, rtmp.Limits{}, with)
			out, err := exec.Command(tool(t, "ffprobe"), "-v", "error", "rtmp://"+h.addr+"/live/show-r1").CombinedOutput()
			if err == nil {
				t.Errorf("played: %s", out)
			}
			eventually(t, "the connection gone", func() bool { return h.server.Stats().Conns == 0 })
		})
	}
}
