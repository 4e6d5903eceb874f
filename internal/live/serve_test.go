package live

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"synctv/internal/live/flv"
)

// site serves a hub's streams by HTTP and notes what ServeFLV returned.
func site(t *testing.T, h *Hub, wrap func(http.Handler) http.Handler) *httptest.Server {
	var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", "42")
		if err := h.ServeFLV(w, r, r.URL.Path[1:]); err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
		}
	})
	if wrap != nil {
		handler = wrap(handler)
	}
	s := httptest.NewUnstartedServer(handler)
	t.Cleanup(func() {
		h.Close()
		s.Close()
	})
	return s
}

func classes(t *testing.T, r io.Reader) (all []flv.Class) {
	t.Helper()
	in := flv.NewReader(r, 0)
	for {
		tag, err := in.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Errorf("after %d tags: %v", len(all), err)
			return all
		}
		all = append(all, flv.Inspect(tag.Type, tag.Payload).Class)
	}
}

// unhijackable hides everything but the plain writer.
type unhijackable struct{ http.ResponseWriter }

// flushable hides only Hijack.
type flushable struct{ http.ResponseWriter }

func (f flushable) Flush() { f.ResponseWriter.(http.Flusher).Flush() }
func (f flushable) SetWriteDeadline(t time.Time) error {
	return http.NewResponseController(f.ResponseWriter).SetWriteDeadline(t)
}

func wrapped(wrap func(http.ResponseWriter) http.ResponseWriter) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(wrap(w), r) })
	}
}

// The same bytes reach the viewer whatever the connection, and its end is clean.
func TestServeOverEveryKindOfConnection(t *testing.T) {
	kinds := map[string]struct {
		start func(*httptest.Server)
		wrap  func(http.Handler) http.Handler
	}{
		"bare":      {(*httptest.Server).Start, nil},
		"no hijack": {(*httptest.Server).Start, wrapped(func(w http.ResponseWriter) http.ResponseWriter { return flushable{w} })},
		"plain":     {(*httptest.Server).Start, wrapped(func(w http.ResponseWriter) http.ResponseWriter { return unhijackable{w} })},
		"TLS":       {(*httptest.Server).StartTLS, nil},
		"HTTP/2": {func(s *httptest.Server) {
			s.EnableHTTP2 = true
			s.StartTLS()
		}, nil},
	}
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			h := NewHub(Limits{}, nil)
			s := site(t, h, kind.wrap)
			kind.start(s)
			p := publish(t, h, Pass{Stream: "a", Key: "k"})
			show(t, p, 0, 14, 30<<10)
			var written sync.WaitGroup
			written.Go(func() {
				for h.Stats().BytesOut == 0 && t.Context().Err() == nil {
					time.Sleep(time.Millisecond)
				}
				for i := range uint32(20) {
					_ = p.Append(flv.Video, 600+i*40, frame(i == 10, 30<<10))
				}
				p.Close(true)
			})
			r, err := s.Client().Get(s.URL + "/a")
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			if r.StatusCode != 200 || r.Header.Get("Content-Type") != "video/x-flv" || r.Header.Get("X-Request-Id") != "42" ||
				r.Header.Get("Cache-Control") != "no-store" || r.ContentLength != -1 {
				t.Errorf("%s %v", r.Status, r.Header)
			}
			got := classes(t, r.Body)
			written.Wait()
			if len(got) < 3 || got[0] != flv.Config || got[1] != flv.Config || got[2] != flv.Key {
				t.Errorf("%v", got)
			}
			if n := h.Stats().Viewers; n != 0 {
				t.Errorf("%d viewers left", n)
			}
		})
	}
}

func TestServeOffline(t *testing.T) {
	h := NewHub(Limits{}, nil)
	s := site(t, h, nil)
	s.Start()
	r, err := s.Client().Get(s.URL + "/nobody")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusNotFound {
		t.Error(r.Status)
	}
}

func TestServeIntoARecorder(t *testing.T) {
	h := NewHub(Limits{}, nil)
	defer h.Close()
	p := publish(t, h, Pass{Stream: "a", Key: "k"})
	show(t, p, 0, 12, 1000)
	w := httptest.NewRecorder()
	served := make(chan error, 1)
	go func() { served <- h.ServeFLV(w, httptest.NewRequest("GET", "/", nil), "a") }()
	for deadline := time.Now().Add(5 * time.Second); h.Stats().BytesOut == 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	p.Close(true)
	if err := <-served; err != nil {
		t.Error(err)
	}
	if got := classes(t, w.Body); len(got) != 4 {
		t.Errorf("%v", got)
	}
	w = httptest.NewRecorder()
	if err := h.ServeFLV(w, httptest.NewRequest("GET", "/", nil), "a"); !errors.Is(err, ErrOffline) || w.Body.Len() > 0 {
		t.Errorf("%v, %d bytes", err, w.Body.Len())
	}
}

func TestServeHead(t *testing.T) {
	h := NewHub(Limits{}, nil)
	defer h.Close()
	show(t, publish(t, h, Pass{Stream: "a", Key: "k"}), 0, 2, 100)
	w := httptest.NewRecorder()
	if err := h.ServeFLV(w, httptest.NewRequest("HEAD", "/", nil), "a"); err != nil || w.Body.Len() > 0 ||
		w.Header().Get("Content-Type") != "video/x-flv" {
		t.Errorf("%v, %d bytes, %v", err, w.Body.Len(), w.Header())
	}
}

// A viewer who comes before the first key frame waits; if none comes he gets
// the plain answer, and if he leaves nobody minds.
func TestServeBeforeTheFirstKeyFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(Limits{}, nil)
		defer h.Close()
		p := publish(t, h, Pass{Stream: "a", Key: "k"})
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 2)
		serve := func(ctx context.Context) {
			served <- h.ServeFLV(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/", nil), "a")
		}
		go serve(ctx)
		synctest.Wait()
		cancel()
		if err := <-served; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		go serve(t.Context())
		synctest.Wait()
		p.Close(true)
		if err := <-served; !errors.Is(err, ErrOffline) {
			t.Error(err)
		}
	})
}

// connect asks for a stream over a bare connection and reads nothing.
// keepOn publishes until stop is called: half-megabyte frames fill any socket.
// A viewer who reads, but for too long never reaches the present, is closed.
// Ending the request's context reaches a write that blocks on its viewer.
// HTTP/1.0 knows no chunks: the end of the connection is the end of the stream.
func TestServeHTTP10(t *testing.T) {
	h := NewHub(Limits{}, nil)
	s := site(t, h, nil)
	s.Start()
	p := publish(t, h, Pass{Stream: "a", Key: "k"})
	show(t, p, 0, 12, 100)
	conn := connect(t, s, "GET /a HTTP/1.0\r\n\r\n")
	eventually(t, "bytes", func() bool { return h.Stats().BytesOut > 0 })
	p.Close(true)
	raw, err := io.ReadAll(conn)
	head, body, ok := bytes.Cut(raw, []byte("\r\n\r\n"))
	if err != nil || !ok || strings.Contains(string(head), "chunked") {
		t.Fatalf("%v %q", err, head)
	}
	if got := classes(t, bytes.NewReader(body)); len(got) != 4 {
		t.Errorf("%v", got)
	}
}

// One viewer more costs no allocation per write.
func TestWriteDoesNotAllocate(t *testing.T) {
	server, client := tcpPair(t)
	var drained sync.WaitGroup
	drained.Go(func() { _, _ = io.Copy(io.Discard, client) })
	r := httptest.NewRequest("GET", "/a", nil)
	s := newBareSink(server, http.Header{}, r, Limits{}.withDefaults())
	body := frame(true, 12<<10)
	_, _ = s.write(nil, body)
	n := testing.AllocsPerRun(200, func() {
		if _, err := s.write(nil, body); err != nil {
			t.Fatal(err)
		}
	})
	if n > 0 {
		t.Errorf("%v allocations a write", n)
	}
	s.end()
	s.close()
	drained.Wait()
}

func tcpPair(t testing.TB) (server, client net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err = net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err = ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		server.Close()
	})
	return server, client
}

// The price of chunk framing: the same range with and without it.
func BenchmarkBareSink(b *testing.B) {
	for _, proto := range []string{"HTTP/1.0", "HTTP/1.1"} {
		b.Run(proto, func(b *testing.B) {
			server, client := tcpPair(b)
			go func() { _, _ = io.Copy(io.Discard, client) }()
			r := httptest.NewRequest("GET", "/a", nil)
			r.Proto, r.ProtoMinor = proto, int(proto[7]-'0')
			s := newBareSink(server, http.Header{}, r, Limits{Unsent: 4 << 20}.withDefaults())
			defer s.close()
			body := frame(true, 12<<10)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.write(nil, body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
