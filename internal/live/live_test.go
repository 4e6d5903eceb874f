package live

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"synctv/internal/live/flv"
	"synctv/internal/live/streamlog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	avcHeader = "\x17\x00\x00\x00\x00avcc"
	aacHeader = "\xaf\x00\x12\x10"
)

// frame is a video payload of n bytes.
func frame(key bool, n int) []byte {
	b := make([]byte, n)
	b[0], b[1] = 0x27, 1
	if key {
		b[0] = 0x17
	}
	return b
}

func publish(t testing.TB, h *Hub, pass Pass) *Publication {
	t.Helper()
	p, err := h.Publish(t.Context(), pass)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// show writes codec headers and n frames, each tenth a key frame, of size bytes.
func show(t testing.TB, p *Publication, from, n uint32, size int) {
	t.Helper()
	err := errors.Join(p.Append(flv.Video, from, []byte(avcHeader)), p.Append(flv.Audio, from, []byte(aacHeader)))
	for i := range n {
		err = errors.Join(err, p.Append(flv.Video, from+i*40, frame(i%10 == 0, size)))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestOnePublisherAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(Limits{}, nil)
		defer h.Close()
		first := publish(t, h, Pass{Stream: "a", Key: "k1"})
		if _, err := h.Publish(t.Context(), Pass{Stream: "a", Key: "k2"}); !errors.Is(err, ErrBusy) {
			t.Errorf("another key: %v", err)
		}
		second := publish(t, h, Pass{Stream: "a", Key: "k1"})
		if !errors.Is(context.Cause(first.Context()), ErrTakenOver) {
			t.Error("the same key did not take over")
		}
		if err := first.Append(flv.Video, 0, frame(true, 9)); !errors.Is(err, ErrTakenOver) {
			t.Errorf("writing on: %v", err)
		}
		first.Close(true) // too late to matter
		show(t, second, 0, 3, 100)
		time.Sleep(11 * time.Second)
		third := publish(t, h, Pass{Stream: "a", Key: "k2"})
		if !errors.Is(context.Cause(second.Context()), ErrTakenOver) {
			t.Error("a silent publisher was not taken over")
		}
		if third.Pass() != (Pass{Stream: "a", Key: "k2"}) {
			t.Errorf("%+v", third.Pass())
		}
		third.Close(true)
		if _, err := h.Watch("a"); !errors.Is(err, ErrOffline) {
			t.Errorf("after the end: %v", err)
		}
		want := Stats{Published: 3, RefusedBusy: 1, TakenOver: 2}
		got := h.Stats()
		got.BytesIn = 0
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}

func TestGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(Limits{}, nil)
		defer h.Close()
		p := publish(t, h, Pass{Stream: "a", Key: "k1"})
		show(t, p, 0, 3, 100)
		v, err := h.Watch("a")
		if err != nil {
			t.Fatal(err)
		}
		defer v.Leave()
		if _, err := v.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.Close(false)
		p.Close(false)
		time.Sleep(4 * time.Second)
		p = publish(t, h, Pass{Stream: "a", Key: "k1"})
		show(t, p, 0, 1, 100)
		if c, err := v.Next(t.Context()); err != nil || c.First != nil {
			t.Errorf("the viewer did not simply go on: %v", err)
		}
		p.Close(false)
		began := time.Now()
		if _, err := v.Next(t.Context()); !errors.Is(err, ErrLost) || time.Since(began) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestClosedHub(t *testing.T) {
	h := NewHub(Limits{}, nil)
	p := publish(t, h, Pass{Stream: "a", Key: "k"})
	lost := publish(t, h, Pass{Stream: "b", Key: "k"})
	lost.Close(false) // its grace timer must not outlive the hub
	h.Close()
	h.Close()
	if !errors.Is(context.Cause(p.Context()), ErrClosed) {
		t.Error("publisher not told")
	}
	if err := p.Append(flv.Video, 0, frame(true, 9)); !errors.Is(err, ErrClosed) {
		t.Errorf("append: %v", err)
	}
	if _, err := h.Publish(t.Context(), Pass{Stream: "a", Key: "k"}); !errors.Is(err, ErrClosed) {
		t.Errorf("publish: %v", err)
	}
	if _, err := h.Watch("a"); !errors.Is(err, ErrClosed) {
		t.Errorf("watch: %v", err)
	}
}

func TestMemoryIsSharedByAllStreams(t *testing.T) {
	h := NewHub(Limits{Memory: 6 << 20}, nil)
	defer h.Close()
	a := publish(t, h, Pass{Stream: "a", Key: "k"})
	show(t, a, 0, 4, 700<<10)
	if _, err := h.Publish(t.Context(), Pass{Stream: "b", Key: "k"}); !errors.Is(err, ErrMemory) {
		t.Errorf("second stream: %v", err)
	}
	var err error
	for i := uint32(0); err == nil && i < 20; i++ {
		err = a.Append(flv.Video, i, frame(false, 900<<10))
	}
	if !errors.Is(err, ErrMemory) || h.Stats().MemoryBytes > 6<<20 {
		t.Errorf("%v, %d bytes", err, h.Stats().MemoryBytes)
	}
	a.Close(true)
	if s := h.Stats(); s.MemoryBytes != 0 || s.RefusedMemory != 1 {
		t.Errorf("%+v", s)
	}
}

// ear collects notices.
type ear struct {
	mu    sync.Mutex
	heard []Info
	slow  time.Duration
}

func (e *ear) StreamChanged(i Info) {
	time.Sleep(e.slow)
	e.mu.Lock()
	defer e.mu.Unlock()
	i.Started, i.Bitrate = time.Time{}, 0
	e.heard = append(e.heard, i)
}

func (e *ear) take() []Info {
	e.mu.Lock()
	defer e.mu.Unlock()
	heard := e.heard
	e.heard = nil
	return heard
}

func TestListenerHearsWhatChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &ear{}
		h := NewHub(Limits{}, e)
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- h.Run(ctx) }()
		hear := func(what string, want ...Info) {
			t.Helper()
			synctest.Wait()
			// How many calls a burst of changes makes is left open; the last
			// of them has the newest state.
			heard := e.take()
			if len(want) > 0 && len(heard) > 1 {
				heard = heard[len(heard)-1:]
			}
			if d := cmp.Diff(want, heard); d != "" {
				t.Errorf("%s: %s", what, d)
			}
		}
		p := publish(t, h, Pass{Stream: "a", Key: "k"})
		hear("begin", Info{Stream: "a", Live: true})
		show(t, p, 0, 1, 100)
		hear("codecs", Info{Stream: "a", Live: true, Video: "avc1", Audio: "mp4a"})
		show(t, p, 40, 1, 100)
		hear("nothing new")
		v, _ := h.Watch("a")
		w, _ := h.Watch("a")
		hear("viewers wait a moment")
		time.Sleep(time.Second)
		on := Info{Stream: "a", Live: true, Video: "avc1", Audio: "mp4a", KeyInterval: 40 * time.Millisecond, FrameRate: 25, Viewers: 2}
		hear("viewers", on)
		v.Leave()
		v.Leave()
		w.Leave()
		p.Close(true)
		hear("end", Info{Stream: "a"})
		time.Sleep(time.Second)
		publish(t, h, Pass{Stream: "b", Key: "k"})
		hear("another", Info{Stream: "b", Live: true})
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	})
}

// A listener that takes its time delays nobody, and gets the newest state.
func TestSlowListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &ear{slow: time.Second}
		h := NewHub(Limits{}, e)
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- h.Run(ctx) }()
		began := time.Now()
		for range 100 {
			publish(t, h, Pass{Stream: "a", Key: "k"}).Close(true)
			synctest.Wait()
		}
		publish(t, h, Pass{Stream: "b", Key: "k"})
		if time.Since(began) != 0 {
			t.Errorf("publishing took %v", time.Since(began))
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		heard := e.take()
		if len(heard) != 3 || heard[1] != (Info{Stream: "a"}) || heard[2].Stream != "b" {
			t.Errorf("heard %+v", heard)
		}
		cancel()
		<-ran
	})
}

func TestStreamsAreListedByName(t *testing.T) {
	h := NewHub(Limits{}, nil)
	defer h.Close()
	for _, name := range []string{"c", "a", "b"} {
		publish(t, h, Pass{Stream: name, Key: "k" + name})
	}
	var names []string
	for _, i := range h.Streams() {
		names = append(names, i.Stream)
		if i.Started.IsZero() || !i.Live {
			t.Errorf("%+v", i)
		}
	}
	if !slices.Equal(names, []string{"a", "b", "c"}) {
		t.Error(names)
	}
	if i := h.Info("d"); i.Live || i.Stream != "d" {
		t.Errorf("%+v", i)
	}
	if h.CutKey("kb") != 1 || h.CutKey("kb") != 0 || h.Cut("d") || h.Stats().Cut != 1 {
		t.Error("cut")
	}
}

func TestReserveThroughThePublication(t *testing.T) {
	h := NewHub(Limits{Log: streamlog.Limits{Message: 100}}, nil)
	defer h.Close()
	p := publish(t, h, Pass{Stream: "a", Key: "k"})
	if _, err := p.Reserve(flv.Video, 0, 101); !errors.Is(err, streamlog.ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, err := p.Reserve(flv.Video, 0, 100); err != nil {
		t.Error(err)
	}
	p.Rollback()
	b, err := p.Reserve(flv.Video, 0, len(avcHeader))
	copy(b, avcHeader)
	if err = errors.Join(err, p.Commit()); err != nil || h.Info("a").Video != "avc1" {
		t.Errorf("%v, %+v", err, h.Info("a"))
	}
}

// A stream that was ended stays so for a while, whoever connects again.
func TestEndedStreamStaysEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(Limits{Hold: time.Minute}, nil)
		defer h.Close()
		p := publish(t, h, Pass{Stream: "a", Key: "k"})
		h.End("a")
		if !errors.Is(context.Cause(p.Context()), ErrCut) {
			t.Errorf("the encoder goes on: %v", context.Cause(p.Context()))
		}
		for range 5 {
			time.Sleep(11 * time.Second)
			if _, err := h.Publish(t.Context(), Pass{Stream: "a", Key: "k"}); !errors.Is(err, ErrHeld) {
				t.Error(err)
			}
		}
		publish(t, h, Pass{Stream: "b", Key: "k"}).Close(true)
		time.Sleep(5 * time.Second)
		publish(t, h, Pass{Stream: "a", Key: "k"}).Close(true)
	})
}

// What viewers keep of their own counts until they leave.
func TestViewersMemoryCounts(t *testing.T) {
	h := NewHub(Limits{Memory: 16 << 20}, nil)
	defer h.Close()
	p := publish(t, h, Pass{Stream: "a", Key: "k"})
	defer p.Close(true)
	show(t, p, 0, 1, 100)
	before := h.Stats().MemoryBytes
	v, err := h.Watch("a")
	if err != nil {
		t.Fatal(err)
	}
	if !v.Hold(9<<20) || !v.Hold(6<<20) || v.Hold(13<<20) || h.Stats().MemoryBytes != before+6<<20 {
		t.Errorf("%d bytes held", h.Stats().MemoryBytes)
	}
	v.Leave()
	if n := h.Stats().MemoryBytes; n != before {
		t.Errorf("%d bytes held, %d before", n, before)
	}
}
