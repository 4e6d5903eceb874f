package live

import (
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"testing"
	"time"

	"synctv/internal/live/flv"
	"synctv/internal/live/streamlog"
)

func needLinux(t testing.TB) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("viewers are sent to by fans on Linux only")
	}
}

// fanned is how many viewers of a stream its fans hold.
func fanned(h *Hub, name string) (n int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.streams[name]; s != nil {
		for _, f := range s.fans {
			n += f.size.Load()
		}
	}
	return n
}

func drain(conn net.Conn) { go func() { _, _ = io.Copy(io.Discard, conn) }() }

// Viewers who keep up are sent to by the fans; one whose socket is full goes to
// his own goroutine, and comes back when he has caught up.
func TestFanHandsBackWhoseSocketIsFull(t *testing.T) {
	needLinux(t)
	h := NewHub(Limits{}, nil)
	s := site(t, h, nil)
	s.Start()
	p := publish(t, h, Pass{Stream: "a", Key: "k"})
	show(t, p, 0, 1, 100)
	for range 9 {
		drain(connect(t, s, request))
	}
	slow := connect(t, s, request)
	eventually(t, "ten viewers in the fans", func() bool { return fanned(h, "a") == 10 })
	at := uint32(40)
	next := func() {
		at += 40
		if err := p.Append(flv.Video, at, frame(at%400 == 0, 256<<10)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the slow one in his own goroutine", func() bool { next(); return fanned(h, "a") == 9 })
	drain(slow)
	eventually(t, "all of them back", func() bool { return fanned(h, "a") == 10 })
	p.Close(true)
	eventually(t, "the end for all", func() bool { return h.Stats().Viewers == 0 })
	if c := h.Stats().Counts; c.DroppedSlow+c.DroppedStalled != 0 {
		t.Errorf("%+v", c)
	}
}

// A viewer whose request ends leaves the fan although nothing is published.
func TestFanLetsGoOfWhoseRequestEnds(t *testing.T) {
	needLinux(t)
	h := NewHub(Limits{}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	s := site(t, h, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r.WithContext(ctx)) })
	})
	s.Start()
	p := publish(t, h, Pass{Stream: "a", Key: "k"})
	defer p.Close(true)
	show(t, p, 0, 1, 100)
	drain(connect(t, s, request))
	drain(connect(t, s, request))
	eventually(t, "both in the fans", func() bool { return fanned(h, "a") == 2 })
	cancel()
	eventually(t, "nobody", func() bool { return h.Stats().Viewers == 0 && fanned(h, "a") == 0 })
}

// Run returns only when nothing is sent any more, and viewers end cleanly.
func TestRunWaitsForTheFans(t *testing.T) {
	needLinux(t)
	h := NewHub(Limits{}, nil)
	s := site(t, h, nil)
	s.Start()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	p := publish(t, h, Pass{Stream: "a", Key: "k"})
	show(t, p, 0, 1, 100)
	r, err := s.Client().Get(s.URL + "/a")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	eventually(t, "a viewer in the fan", func() bool { return fanned(h, "a") == 1 })
	cancel()
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		t.Errorf("the response did not end cleanly: %v", err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams["a"] != nil {
		t.Error("the stream is still there")
	}
}

// audience is n viewers in the fans, who read everything.
func audience(t testing.TB, h *Hub, p *Publication, n int) {
	t.Helper()
	site := http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = h.ServeFLV(w, r, "a")
	})}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = site.Serve(ln) }()
	t.Cleanup(func() { h.Close(); site.Close() })
	show(t, p, 0, 1, 100)
	p.Flush()
	for range n {
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		drain(conn)
	}
	for deadline := time.Now().Add(10 * time.Second); fanned(h, "a") < int64(n); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d viewers in the fans", fanned(h, "a"), n)
		}
	}
}

// deliver publishes one picture and waits until everybody was sent it.
func deliver(t testing.TB, h *Hub, p *Publication, dts uint32, picture []byte, viewers int) {
	want := h.bytesOut.Load() + int64(viewers*(len(picture)+flv.Overhead))
	if err := p.Append(flv.Video, dts, picture); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); h.bytesOut.Load() < want; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d bytes of %d", h.bytesOut.Load(), want)
		}
	}
}

// Sending allocates nothing for a viewer: what a picture costs is the log's
// (a view and its channel), whether one watches or a hundred.
func TestSendingAllocatesNothingPerViewer(t *testing.T) {
	needLinux(t)
	const viewers = 100
	h := NewHub(Limits{}, nil)
	p := publish(t, h, Pass{Stream: "a", Key: "k"})
	audience(t, h, p, viewers)
	dts, picture := uint32(0), frame(false, 10<<10)
	cost := testing.AllocsPerRun(200, func() {
		dts += 33
		deliver(t, h, p, dts, picture, viewers)
	})
	if cost > 2 { // an average, rounded down
		t.Errorf("%v allocations for a picture to %d viewers", cost, viewers)
	}
	t.Logf("%v allocations for a picture to %d viewers", cost, viewers)
}

// A core that cannot send each picture by itself sends all that came meanwhile
// with one send: so do viewers here, for whom pictures wait for each other. Who
// reads stays in the fan, also when that is more than a socket may hold back.
func TestWhatCameMeanwhileIsOneSend(t *testing.T) {
	needLinux(t)
	const viewers, pictures = 50, 8
	for name, size := range map[string]int{"small pictures": 4 << 10, "more than a socket's bound": 100 << 10} {
		t.Run(name, func(t *testing.T) {
			h := NewHub(Limits{Log: streamlog.Limits{Merge: time.Hour}}, nil)
			p := publish(t, h, Pass{Stream: "a", Key: "k"})
			audience(t, h, p, viewers)
			for round := range uint32(20) {
				sends := h.Stats().Sends
				want := h.bytesOut.Load() + int64(viewers*pictures*(size+flv.Overhead))
				for i := range uint32(pictures) {
					if err := p.Append(flv.Video, (round*pictures+i)*33+40, frame(false, size)); err != nil {
						t.Fatal(err)
					}
				}
				p.Flush()
				eventually(t, "everybody was sent everything", func() bool { return h.bytesOut.Load() >= want })
				if n := h.Stats().Sends - sends; size*pictures < 128<<10 && n > viewers*3/2 {
					t.Errorf("round %d: %d sends of %d pictures to %d viewers", round, n, pictures, viewers)
				}
			}
			// Of a thousand deliveries; a busy machine's readers may be late for some.
			if n := h.Stats().HandedBack; n > viewers {
				t.Errorf("%d times a viewer who reads was left to a goroutine", n)
			}
		})
	}
}

func BenchmarkFan(b *testing.B) {
	needLinux(b)
	const viewers = 100
	h := NewHub(Limits{}, nil)
	p, err := h.Publish(b.Context(), Pass{Stream: "a", Key: "k"})
	if err != nil {
		b.Fatal(err)
	}
	audience(b, h, p, viewers)
	picture := frame(false, 10<<10)
	b.SetBytes(viewers * 10 << 10)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		deliver(b, h, p, uint32(i)*33, picture, viewers)
	}
}
