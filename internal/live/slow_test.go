package live

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"synctv/internal/live/flv"
)

func connect(t *testing.T, s *httptest.Server, request string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	return conn
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func keepOn(t *testing.T, p *Publication) (stop func()) {
	done := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := uint32(0); ; i++ {
			select {
			case <-done:
				return
			case <-time.After(2 * time.Millisecond):
			}
			if p.Append(flv.Video, i*40, frame(i%5 == 0, 512<<10)) != nil {
				return
			}
		}
	})
	stop = sync.OnceFunc(func() {
		close(done)
		writing.Wait()
	})
	t.Cleanup(stop)
	return stop
}

const request = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"

func TestStalledViewerIsClosedAndCounted(t *testing.T) {
	for name, wrap := range map[string]func(http.Handler) http.Handler{
		"bare": nil, "through net/http": wrapped(func(w http.ResponseWriter) http.ResponseWriter { return flushable{w} }),
	} {
		t.Run(name, func(t *testing.T) {
			h := NewHub(Limits{Stall: 200 * time.Millisecond}, nil)
			s := site(t, h, wrap)
			s.Start()
			p := publish(t, h, Pass{Stream: "a", Key: "k"})
			show(t, p, 0, 1, 100)
			connect(t, s, request)
			eventually(t, "a viewer", func() bool { return h.Stats().Viewers == 1 })
			keepOn(t, p)
			eventually(t, "the viewer's end", func() bool { return h.Stats().Viewers == 0 })
			if c := h.Stats().Counts; c.DroppedStalled != 1 || c.DroppedSlow != 0 {
				t.Errorf("%+v", c)
			}
			if c := h.Info("a").Counts; c.DroppedStalled != 1 {
				t.Errorf("%+v", c)
			}
		})
	}
}

func TestSlowViewerIsClosedAndCounted(t *testing.T) {
	h := NewHub(Limits{Behind: 300 * time.Millisecond, Stall: time.Minute}, nil)
	s := site(t, h, nil)
	s.Start()
	p := publish(t, h, Pass{Stream: "a", Key: "k"})
	show(t, p, 0, 1, 100)
	conn := connect(t, s, request)
	eventually(t, "a viewer", func() bool { return h.Stats().Viewers == 1 })
	keepOn(t, p)
	buf := make([]byte, 64<<10)
	eventually(t, "the viewer's end", func() bool {
		_, _ = conn.Read(buf)
		return h.Stats().Viewers == 0
	})
	if c := h.Stats().Counts; c.DroppedSlow != 1 || c.SkippedToKey < 1 {
		t.Errorf("%+v", c)
	}
}

func TestCutReachesABlockedViewer(t *testing.T) {
	h := NewHub(Limits{Stall: time.Hour}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	s := site(t, h, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r.WithContext(ctx)) })
	})
	s.Start()
	p := publish(t, h, Pass{Stream: "a", Key: "k"})
	show(t, p, 0, 1, 100)
	connect(t, s, request)
	eventually(t, "a viewer", func() bool { return h.Stats().Viewers == 1 })
	keepOn(t, p)
	last := int64(-1)
	eventually(t, "a blocked write", func() bool {
		out := h.Stats().BytesOut
		<-time.After(20 * time.Millisecond) // not a byte in this time
		blocked := out == last && out > 0
		last = out
		return blocked
	})
	cancel()
	eventually(t, "the viewer's end", func() bool { return h.Stats().Viewers == 0 })
	if c := h.Stats().Counts; c.DroppedStalled+c.DroppedSlow != 0 {
		t.Errorf("%+v", c)
	}
}

func TestViewerWhoLeavesIsNoticed(t *testing.T) {
	h := NewHub(Limits{}, nil)
	s := site(t, h, nil)
	s.Start()
	p := publish(t, h, Pass{Stream: "a", Key: "k"})
	show(t, p, 0, 1, 100)
	conn := connect(t, s, request)
	eventually(t, "a viewer", func() bool { return h.Stats().BytesOut > 0 })
	conn.Close()
	keepOn(t, p)
	eventually(t, "the viewer's end", func() bool { return h.Stats().Viewers == 0 })
}
