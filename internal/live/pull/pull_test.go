package pull

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"synctv/internal/guard"
	"synctv/internal/live"
	"synctv/internal/live/flv"
	"synctv/internal/live/rtmp"
	"synctv/internal/live/rtmp/amf0"
	"synctv/internal/problem"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// origin is another server: it has one stream, "show", by RTMP and HTTP-FLV.
type origin struct {
	hub    *live.Hub
	rtmp   string // host:port
	web    *httptest.Server
	asked  atomic.Int64
	status atomic.Int64 // instead of the stream
	text   string       // instead of the stream
}

// Admit and Open implement rtmp.Door and rtmp.Gallery.
func (o *origin) Admit(context.Context, rtmp.Request) (live.Pass, error) {
	return live.Pass{}, live.ErrUnauthorized
}

func (o *origin) Open(_ context.Context, req rtmp.Request) (*live.Viewer, error) {
	o.asked.Add(1)
	if req.App != "app/room" {
		return nil, live.ErrOffline
	}
	return o.hub.Watch(req.Name)
}

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.asked.Add(1)
	switch {
	case o.status.Load() != 0:
		w.WriteHeader(int(o.status.Load()))
	case o.text != "":
		_, _ = io.WriteString(w, o.text)
	case r.Referer() != o.web.URL+"/" || r.Header.Get("Cookie") != "":
		w.WriteHeader(http.StatusForbidden)
	default:
		if o.hub.ServeFLV(w, r, "show") != nil {
			w.WriteHeader(http.StatusNotFound)
		}
	}
}

func (o *origin) addresses() map[string]string {
	return map[string]string{"rtmp": "rtmp://" + o.rtmp + "/app/room/show?key=k1", "http": o.web.URL + "/show.flv"}
}

func startOrigin(t *testing.T) *origin {
	t.Helper()
	o := &origin{hub: live.NewHub(live.Limits{}, nil)}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.rtmp = ln.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	server := &rtmp.Server{Door: o, Gallery: o, Hub: o.hub, Log: slog.New(slog.DiscardHandler)}
	var wg sync.WaitGroup
	wg.Go(func() { _ = server.Serve(ctx, ln) })
	o.web = httptest.NewServer(o)
	t.Cleanup(func() {
		o.hub.Close()
		cancel()
		wg.Wait()
		o.web.Close()
	})
	return o
}

// stream publishes pictures at the origin until stop: 25 a second of the
// stream's time, much faster in ours, a key frame each second.
func (o *origin) stream(t *testing.T) (stop func()) {
	t.Helper()
	pub, err := o.hub.Publish(context.Background(), live.Pass{Stream: "show", Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	meta := amf0.Append(nil, "onMetaData", amf0.Array{amf0.Prop("width", 16.0)})
	if err := errors.Join(pub.Append(flv.Script, 0, meta), pub.Append(flv.Video, 0, []byte{0x17, 0, 0, 0, 0, 1, 0x64, 0, 0x1f})); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer pub.Close(true)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for n := uint32(0); ; n++ {
			head := byte(0x27)
			if n%25 == 0 {
				head = 0x17
			}
			if pub.Append(flv.Video, n*40, append([]byte{head, 1, 0, 0, 0}, make([]byte, 200)...)) != nil {
				return
			}
			select {
			case <-tick.C:
			case <-done:
				return
			}
		}
	})
	return func() { close(done); wg.Wait() }
}

// here is this server: a hub that a puller fills and viewers watch.
type here struct {
	hub  *live.Hub
	pull *Puller
	web  *httptest.Server
}

func startHere(t *testing.T, allow bool, limits Limits) *here {
	t.Helper()
	policy := guard.Policy{}
	if allow {
		policy.Allow.Networks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	}
	client := guard.NewClient(policy)
	h := &here{hub: live.NewHub(live.Limits{}, nil)}
	h.pull = New(h.hub, h.hub, client, limits, slog.New(slog.DiscardHandler))
	h.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h.hub.ServeFLV(w, r, "mine"); err != nil {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(func() {
		h.pull.Close()
		h.hub.Close()
		h.web.Close()
		client.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return h
}

// watch begins to watch and gives the stream's tags.
func (h *here) watch(t *testing.T) (tags *flv.Reader, leave func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, h.web.URL, nil)
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", res, err)
	}
	return flv.NewReader(res.Body, 0), func() { cancel(); _ = res.Body.Close() }
}

func next(t *testing.T, r *flv.Reader) flv.Tag {
	t.Helper()
	tag, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	return tag
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited too long for %s", what)
		}
	}
}

// However many watch, the stream is fetched once, and no longer after the last
// has left.
func TestOneFetchHoweverManyWatch(t *testing.T) {
	o := startOrigin(t)
	defer o.stream(t)()
	for name, address := range o.addresses() {
		t.Run(name, func(t *testing.T) {
			h := startHere(t, true, Limits{Idle: 50 * time.Millisecond})
			before := o.asked.Load()
			var asks sync.WaitGroup
			for range 20 {
				asks.Go(func() {
					if err := h.pull.Ensure(t.Context(), "mine", address); err != nil {
						t.Error(err)
					}
				})
			}
			asks.Wait()
			var leave []func()
			for range 20 {
				tags, gone := h.watch(t)
				leave = append(leave, gone)
				seen := map[flv.Type]bool{}
				for range 60 {
					seen[next(t, tags).Type] = true
				}
				if !seen[flv.Video] || !seen[flv.Script] {
					t.Errorf("tags: %v", seen)
				}
			}
			if n := o.asked.Load() - before; n != 1 || o.hub.Viewers("show") != 1 {
				t.Errorf("asked %d times, %d connections", n, o.hub.Viewers("show"))
			}
			if i := h.hub.Info("mine"); !i.Live || i.Video != "avc1" || h.pull.Count() != 1 {
				t.Errorf("%+v", i)
			}
			for _, gone := range leave {
				gone()
			}
			eventually(t, "the end of the fetch", func() bool { return h.pull.Count() == 0 && o.hub.Viewers("show") == 0 && !h.hub.Has("mine") })
		})
	}
}

// A stream that breaks off comes back by itself; its viewers stay, and its time
// goes on although the other server's begins anew.
func TestBrokenStreamComesBack(t *testing.T) {
	o := startOrigin(t)
	for name, address := range o.addresses() {
		t.Run(name, func(t *testing.T) {
			h := startHere(t, true, Limits{Idle: time.Minute, First: time.Millisecond, Most: 50 * time.Millisecond})
			stop := o.stream(t)
			if err := h.pull.Ensure(t.Context(), "mine", address); err != nil {
				t.Fatal(err)
			}
			tags, leave := h.watch(t)
			defer leave()
			last := uint32(0)
			for last < 4000 {
				last = next(t, tags).DTS
			}
			stop()
			eventually(t, "the room to be told", func() bool { return !h.hub.Info("mine").Live })
			asked := o.asked.Load()
			eventually(t, "more tries", func() bool { return o.asked.Load() > asked+3 })
			defer o.stream(t)()
			eventually(t, "the stream", func() bool { return h.hub.Info("mine").Live })
			for gone := last + 4000; last < gone; {
				tag := next(t, tags)
				if tag.Type == flv.Video && tag.DTS < last {
					t.Fatalf("time went from %d back to %d", last, tag.DTS)
				}
				last = max(last, tag.DTS)
			}
		})
	}
}

// A stream that does not come back ends for its viewers.
func TestGivenUp(t *testing.T) {
	o := startOrigin(t)
	h := startHere(t, true, Limits{Idle: time.Minute, First: time.Millisecond, Most: 10 * time.Millisecond, Wait: 50 * time.Millisecond})
	stop := o.stream(t)
	if err := h.pull.Ensure(t.Context(), "mine", o.addresses()["rtmp"]); err != nil {
		t.Fatal(err)
	}
	tags, leave := h.watch(t)
	defer leave()
	stop()
	for {
		if _, err := tags.Next(); err != nil {
			break
		}
	}
	eventually(t, "the end", func() bool { return h.pull.Count() == 0 && !h.hub.Has("mine") })
}

// Cutting the stream, which deleting its item does, ends the fetch.
func TestCutEndsTheFetch(t *testing.T) {
	o := startOrigin(t)
	defer o.stream(t)()
	h := startHere(t, true, Limits{Idle: time.Minute})
	if err := h.pull.Ensure(t.Context(), "mine", o.addresses()["http"]); err != nil {
		t.Fatal(err)
	}
	if !h.hub.Cut("mine") {
		t.Fatal("there was nothing to cut")
	}
	eventually(t, "the end of the fetch", func() bool { return h.pull.Count() == 0 && o.hub.Viewers("show") == 0 })
}

// Whoever asks first is told why it cannot be, all of them at once, and nothing
// is left behind.
func TestFirstFailureIsTold(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	for _, c := range []struct {
		name, address, code string
		refuse              bool
		quiet               time.Duration
		change              func(*origin)
	}{
		{name: "rtmp refused by the guard", address: "rtmp", code: "address_refused", refuse: true},
		{name: "http refused by the guard", address: "http", code: "address_refused", refuse: true},
		{name: "a password in the address", address: "rtmp://u:p@127.0.0.1/app/x", code: "address_refused"},
		{name: "no such stream by rtmp", address: "rtmp", code: "upstream_not_stream"},
		{name: "no such stream by http", address: "http", code: "upstream_status"},
		{name: "a page", address: "http", code: "upstream_not_stream", change: func(o *origin) { o.text = "<!doctype html><title>x</title>" + strings.Repeat("x", 99) }},
		{name: "http where rtmp is", address: "http://RTMP/x.flv", code: "upstream_failed"},
		{name: "rtmp where http is", address: "rtmp://HTTP/app/x", code: "upstream_not_stream"},
		{name: "nobody listens", address: "rtmp://" + closed.Addr().String() + "/app/x", code: "upstream_failed"},
		{name: "silence by rtmp", address: "rtmp://" + silent.Addr().String() + "/app/x", code: "upstream_timeout", quiet: 100 * time.Millisecond},
		{name: "silence by http", address: "http://" + silent.Addr().String() + "/x.flv", code: "upstream_timeout", quiet: 100 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := startOrigin(t)
			if c.change != nil {
				c.change(o)
			}
			h := startHere(t, !c.refuse, Limits{Quiet: c.quiet})
			address := c.address
			if known, ok := o.addresses()[address]; ok {
				address = known
			}
			address = strings.NewReplacer("RTMP", o.rtmp, "HTTP", o.web.Listener.Addr().String()).Replace(address)
			var asks sync.WaitGroup
			for range 3 {
				asks.Go(func() {
					if err := h.pull.Ensure(t.Context(), "mine", address); problem.From(err).Code != c.code {
						t.Errorf("%v, want %s", err, c.code)
					}
				})
			}
			asks.Wait()
			eventually(t, "nothing left", func() bool { return h.pull.Count() == 0 && !h.hub.Has("mine") })
		})
	}
}

func TestAsManyAsAllowed(t *testing.T) {
	o := startOrigin(t)
	defer o.stream(t)()
	h := startHere(t, true, Limits{Pulls: 1, Idle: time.Minute})
	if err := h.pull.Ensure(t.Context(), "mine", o.addresses()["rtmp"]); err != nil {
		t.Fatal(err)
	}
	if err := h.pull.Ensure(t.Context(), "other", o.addresses()["rtmp"]); !errors.Is(err, guard.ErrBusy) {
		t.Errorf("one too many: %v", err)
	}
	h.pull.Close()
	if err := h.pull.Ensure(t.Context(), "other", o.addresses()["rtmp"]); !errors.Is(err, live.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// ffmpeg as the other server: not our own reading of the protocol.
func TestFFmpegIsTheOrigin(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("needs ffmpeg (Debian package ffmpeg)")
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "rtmp://" + free.Addr().String() + "/app/show"
	_ = free.Close()
	ctx, cancel := context.WithCancel(t.Context())
	serve := exec.CommandContext(ctx, ffmpeg, "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=60",
		"-f", "lavfi", "-i", "sine=sample_rate=48000:duration=60", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency",
		"-pix_fmt", "yuv420p", "-g", "25", "-c:a", "aac", "-f", "flv", "-listen", "1", address)
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cancel(); _ = serve.Wait() }()
	h := startHere(t, true, Limits{Idle: time.Minute})
	eventually(t, "ffmpeg to listen", func() bool { return h.pull.Ensure(t.Context(), "mine", address) == nil })
	eventually(t, "both tracks", func() bool {
		i := h.hub.Info("mine")
		return i.Live && i.Video == "avc1" && i.Audio == "mp4a" && i.KeyInterval == time.Second
	})
	tags, leave := h.watch(t)
	defer leave()
	for n := 0; n < 50; n++ {
		next(t, tags)
	}
}
