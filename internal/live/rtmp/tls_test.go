package rtmp_test

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http/httptest"
	"os/exec"
	"testing"

	"synctv/internal/live"
	"synctv/internal/live/rtmp"
)

// An ffmpeg publishes over TLS like over TCP: the server is only given another
// listener.
func TestFFmpegPublishesOverTLS(t *testing.T) {
	ffmpeg := tool(t, "ffmpeg") // first: a test that is skipped leaves nothing running
	// httptest carries a certificate, so none has to be made here.
	site := httptest.NewUnstartedServer(nil)
	site.StartTLS()
	defer site.Close()
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: site.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	hub := live.NewHub(live.Limits{}, nil)
	defer hub.Close()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() {
		served <- (&rtmp.Server{Door: door{}, Hub: hub, Log: slog.New(slog.DiscardHandler)}).Serve(ctx, ln)
	}()
	push := exec.Command(ffmpeg, append(source(3), append(h264(30, "500k"), "rtmps://"+ln.Addr().String()+"/live/r1/"+goodKey)...)...)
	if out, err := push.CombinedOutput(); err != nil {
		t.Errorf("ffmpeg: %v\n%s", err, out)
	}
	st := hub.Stats()
	if st.Published != 1 || st.BytesIn < 100_000 {
		t.Errorf("%+v", st)
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
