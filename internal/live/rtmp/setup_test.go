package rtmp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"synctv/internal/live"
	"synctv/internal/live/rtmp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	goodKey  = "sesame-1234567890"
	otherKey = "mellon-0987654321"
)

// door admits two keys to any app: as the stream name or as ?key=.
type door struct{}

func (door) Admit(_ context.Context, req rtmp.Request) (live.Pass, error) {
	key := req.Query.Get("key")
	if key == "" {
		key = req.Name
	}
	room := req.App[strings.LastIndexByte(req.App, '/')+1:]
	if req.Query.Has("key") {
		room = req.Name
	}
	switch key {
	case goodKey:
		return live.Pass{Stream: "show-" + room, Key: "k1"}, nil
	case otherKey:
		return live.Pass{Stream: "show-" + room, Key: "k2"}, nil
	}
	return live.Pass{}, fmt.Errorf("door: %w", live.ErrUnauthorized)
}

// house is a hub, an RTMP server and an HTTP server that serves its streams.
type house struct {
	hub    *live.Hub
	server *rtmp.Server
	addr   string // RTMP
	web    *httptest.Server
	log    *safeBuffer
}

type safeBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func open(t *testing.T, limits live.Limits, conn rtmp.Limits, change ...func(*rtmp.Server)) *house {
	t.Helper()
	h := &house{hub: live.NewHub(limits, nil), log: &safeBuffer{}}
	h.server = &rtmp.Server{
		Door: door{}, Hub: h.hub, Limits: conn,
		Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(h.server)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.addr = ln.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- h.server.Serve(ctx, ln) }()
	h.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h.hub.ServeFLV(w, r, strings.TrimSuffix(r.URL.Path[1:], ".flv"))
		if errors.Is(err, live.ErrOffline) {
			http.Error(w, "offline", http.StatusNotFound)
		}
	}))
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		h.hub.Close()
		h.web.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return h
}

func (h *house) url(room, key string) string {
	return "rtmp://" + h.addr + "/live/" + room + "/" + key
}

func (h *house) flv(stream string) string { return h.web.URL + "/" + stream + ".flv" }

// eventually polls until ok or the deadline.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

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

func source(seconds int) []string {
	return []string{
		"-hide_banner", "-loglevel", "error", "-re", "-f", "lavfi", "-i",
		fmt.Sprintf("testsrc2=size=640x360:rate=30:duration=%d", seconds),
		"-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=440:sample_rate=44100:duration=%d", seconds),
	}
}

func h264(gop int, rate string) []string {
	return []string{
		"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-threads", "1",
		"-pix_fmt", "yuv420p", "-g", fmt.Sprint(gop), "-keyint_min", fmt.Sprint(gop), "-sc_threshold", "0",
		"-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize", rate,
		"-x264-params", "nal-hrd=cbr:force-cfr=1", "-c:a", "aac", "-b:a", "96k", "-f", "flv",
	}
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func get(t *testing.T, url string) *http.Response {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Body.Close() })
	return r
}

func readAll(t *testing.T, r io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Errorf("after %d bytes: %v", len(b), err)
	}
	return b
}
