package hls_test

import (
	"errors"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"synctv/internal/live"
	"synctv/internal/live/flv"
	"synctv/internal/live/hls"
)

func ask(h *house, file string) error {
	w := httptest.NewRecorder()
	return h.hls.Serve(w, httptest.NewRequest("GET", "/", nil), "show", file)
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

// write is a publisher inside: the film again and again, much faster than real
// time, until stopped.
func write(t *testing.T, h *house, tags []flv.Tag, pause time.Duration) (stop func()) {
	t.Helper()
	p, err := h.hub.Publish(t.Context(), live.Pass{Stream: "show", Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		defer p.Close(true)
		for from := uint32(0); ; from += filmSeconds * 1000 {
			for _, tag := range tags {
				select {
				case <-done:
					return
				case <-time.After(pause):
				}
				if p.Append(tag.Type, from+tag.DTS, tag.Payload) != nil {
					return
				}
			}
		}
	})
	stop = sync.OnceFunc(func() { close(done); writing.Wait() })
	t.Cleanup(stop)
	return stop
}

func shortFilm(t *testing.T) []flv.Tag {
	return film(t, "avc1", "mp4a", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
}

func TestNobodyPublishes(t *testing.T) {
	h := open(t, hls.Limits{})
	if err := ask(h, "index.m3u8"); !errors.Is(err, live.ErrOffline) {
		t.Error(err)
	}
	h.hls.Close()
	if err := ask(h, "index.m3u8"); !errors.Is(err, live.ErrClosed) {
		t.Error(err)
	}
}

// Muxing begins with the first request and ends when nobody asks any more; the
// next request begins it again.
func TestMuxingEndsWhenNobodyAsks(t *testing.T) {
	h := open(t, hls.Limits{Idle: 200 * time.Millisecond})
	write(t, h, shortFilm(t), time.Millisecond)
	await(t, "a stream", func() bool { return h.hub.Info("show").KeyInterval > 0 })
	if n := h.hub.Info("show").Viewers; n != 0 {
		t.Errorf("%d viewers before anybody asked", n)
	}
	for range 2 {
		if err := ask(h, "index.m3u8"); err != nil {
			t.Error(err)
		}
		if n := h.hub.Info("show").Viewers; n != 1 {
			t.Errorf("%d viewers", n)
		}
		await(t, "the muxer to leave", func() bool { return h.hub.Info("show").Viewers == 0 })
	}
	if err := ask(h, "../../etc/passwd"); !errors.Is(err, hls.ErrNotFound) {
		t.Error(err)
	}
}

// A request that waits for the future of a stream that stalls is answered.
func TestStalledStreamAnswersWhoWaits(t *testing.T) {
	h := open(t, hls.Limits{Stall: 300 * time.Millisecond})
	p, err := h.hub.Publish(t.Context(), live.Pass{Stream: "show", Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close(true)
	for _, tag := range shortFilm(t)[:40] { // not a whole segment
		if err := p.Append(tag.Type, tag.DTS, tag.Payload); err != nil {
			t.Fatal(err)
		}
	}
	begun := time.Now()
	if err := ask(h, "index.m3u8"); !errors.Is(err, live.ErrOffline) || time.Since(begun) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(begun))
	}
}

// Only so many requests wait at once.
func TestWaitingRequestsAreBounded(t *testing.T) {
	h := open(t, hls.Limits{Blocked: 1, Stall: time.Second})
	p, err := h.hub.Publish(t.Context(), live.Pass{Stream: "show", Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close(true)
	for _, tag := range shortFilm(t)[:60] {
		if err := p.Append(tag.Type, tag.DTS, tag.Payload); err != nil {
			t.Fatal(err)
		}
	}
	answers := make(chan error, 2)
	for range 2 {
		go func() { answers <- ask(h, "index.m3u8") }()
	}
	if err := <-answers; !errors.Is(err, hls.ErrBusy) {
		t.Errorf("the second: %v", err)
	}
	if err := <-answers; !errors.Is(err, live.ErrOffline) {
		t.Errorf("the first: %v", err)
	}
}

// A codec that HLS does not have is said so, not waited for.
func TestCodecWithoutHLS(t *testing.T) {
	h := open(t, hls.Limits{})
	mp3 := make([]flv.Tag, 400)
	for i := range mp3 {
		mp3[i] = tag(flv.Audio, uint32(i)*26, []byte{0x2f, 0xff, 0xfb})
	}
	write(t, h, mp3, time.Millisecond)
	await(t, "a stream", func() bool { return h.hub.Info("show").Bitrate > 0 })
	if err := ask(h, "index.m3u8"); !errors.Is(err, hls.ErrCodec) {
		t.Error(err)
	}
}
