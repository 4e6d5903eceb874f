package hls_test

import (
	"encoding/binary"
	"errors"
	"net/http/httptest"
	"slices"
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

// write is a publisher inside: the film again and again until stopped, a tag
// every pause since it began. A late timer is made up for: a publisher slower
// than its own timestamps would let every player run dry.
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
		due := time.Now()
		for from := uint32(0); ; from += filmSeconds * 1000 {
			for _, tag := range tags {
				due = due.Add(pause)
				select {
				case <-done:
					return
				case <-time.After(time.Until(due)):
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

// heavy is the film with pictures of 100 KB, so that segments of a second hold
// some megabytes.
func heavy(t *testing.T) []flv.Tag {
	tags := shortFilm(t)
	for i, tag := range tags {
		if class := flv.Inspect(tag.Type, tag.Payload).Class; tag.Type == flv.Video && (class == flv.Key || class == flv.Frame) {
			// A NAL unit of filler data, which decoders skip.
			filler := make([]byte, 100<<10)
			binary.BigEndian.PutUint32(filler, uint32(len(filler)-4))
			filler[4] = 12
			tags[i].Payload = append(slices.Clone(tag.Payload), filler...)
		}
	}
	return tags
}

// What the muxer holds counts into the memory of everything live: of the
// segments it keeps, not of all it ever made. Without room there is no HLS, and
// the FLV of the stream goes on.
func TestSegmentsCountAsLiveMemory(t *testing.T) {
	tags := heavy(t)
	h := open(t, hls.Limits{})
	write(t, h, tags, time.Millisecond)
	await(t, "a stream", func() bool { return h.hub.Info("show").KeyInterval > 0 })
	before := h.hub.Stats().MemoryBytes
	if err := ask(h, "index.m3u8"); err != nil {
		t.Fatal(err)
	}
	const second = filmRate * 100 << 10
	grown := func() int64 { return h.hub.Stats().MemoryBytes - before }
	await(t, "segments", func() bool { return grown() > 6*second })
	in := h.hub.Stats().BytesIn
	await(t, "ten segments more", func() bool { return h.hub.Stats().BytesIn-in > 10*second })
	// Seven, the growing one, a chunk, and the log's own window may have grown.
	if n := grown(); n > 20*second {
		t.Errorf("%d bytes held", n)
	}
}

func TestNoMemoryNoHLS(t *testing.T) {
	h := openWithin(t, hls.Limits{}, 16<<20)
	write(t, h, heavy(t), time.Millisecond)
	await(t, "a stream", func() bool { return h.hub.Info("show").KeyInterval > 0 })
	await(t, "a refusal", func() bool { return errors.Is(ask(h, "index.m3u8"), live.ErrMemory) })
	await(t, "the muxer to leave", func() bool { return h.hub.Info("show").Viewers == 0 })
	in := h.hub.Stats().BytesIn
	await(t, "the stream to go on", func() bool { return h.hub.Stats().BytesIn > in+1<<20 })
}
