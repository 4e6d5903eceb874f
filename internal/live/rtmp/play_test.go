package rtmp_test

import (
	"context"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"synctv/internal/live"
	"synctv/internal/live/rtmp"
	"synctv/internal/live/rtmp/amf0"
	"synctv/internal/live/rtmp/chunk"
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

// player asks for a stream and reads until the connection ends.
func player(t *testing.T, h *house) net.Conn {
	t.Helper()
	conn, w := raw(t, h)
	for _, values := range [][]any{{"connect", 1, amf0.Object{amf0.Prop("app", "live")}}, {"play", 0, nil, "show-a"}} {
		if err := w.Write(chunk.Header{Chunk: 3, Type: chunk.TypeCommand, Stream: 1}, amf0.Append(nil, values...)); err != nil {
			t.Fatal(err)
		}
	}
	return conn
}

// One host may play so many streams and no more, all hosts together half of
// what there is: encoders still find room.
func TestPlayersHaveALimitOfTheirOwn(t *testing.T) {
	for name, limits := range map[string]rtmp.Limits{
		"per host": {Conns: 40, Players: 2, PerHost: 4}, "all together": {Conns: 5, Players: 9, PerHost: 4},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, live.Limits{}, limits, withGallery)
			p := push(t, h.url("a", goodKey))
			frames(t, p, 0, 3)
			one := player(t, h)
			player(t, h)
			eventually(t, "two players", func() bool { return h.hub.Stats().Viewers == 2 })
			closes(t, "the third", player(t, h))
			push(t, h.url("b", goodKey))
			one.Close()
			// Sending notices that a player left; then another may come.
			eventually(t, "one player less", func() bool { return h.hub.Stats().Viewers == 1 })
			again := player(t, h)
			eventually(t, "two players again", func() bool { return h.hub.Stats().Viewers == 2 })
			_ = again.SetReadDeadline(time.Now().Add(5 * time.Second))
			if _, err := again.Read(make([]byte, 1)); err != nil {
				t.Error(err)
			}
		})
	}
}
