package disk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"synctv/internal/guard"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// remote is a file on a server that counts which ranges it is asked for.
type remote struct {
	*httptest.Server
	mu    sync.Mutex
	body  []byte         // guarded by mu
	tag   string         // guarded by mu
	asked map[string]int // guarded by mu; by Range
	cut   atomic.Int64   // answers to break off in the middle
	gate  chan struct{}  // if set, bodies wait for it
}

func newRemote(t *testing.T, size int) *remote {
	r := &remote{body: random(size), tag: `"one"`, asked: map[string]int{}}
	r.Server = httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(r.Close)
	return r
}

func random(size int) []byte {
	body := make([]byte, size)
	source := rand.NewChaCha8([32]byte{byte(size)})
	_, _ = source.Read(body)
	return body
}

func (r *remote) serve(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	body, tag := r.body, r.tag
	r.asked[req.Header.Get("Range")]++
	r.mu.Unlock()
	w.Header().Set("ETag", tag)
	w.Header().Set("Content-Type", "video/mp4")
	if r.gate != nil {
		w = &gated{ResponseWriter: w, gate: r.gate, gone: req.Context().Done()}
	}
	if r.cut.Add(-1) >= 0 {
		w = &cutter{ResponseWriter: w, left: 100_000}
	}
	http.ServeContent(w, req, "film.mp4", time.Time{}, bytes.NewReader(body))
}

// gated sends its body's beginning and then waits.
type gated struct {
	http.ResponseWriter
	gate chan struct{}
	gone <-chan struct{}
	sent bool
}

func (g *gated) Write(p []byte) (int, error) {
	if g.sent {
		_ = http.NewResponseController(g.ResponseWriter).Flush()
		select {
		case <-g.gate:
		case <-g.gone:
			return 0, io.ErrClosedPipe
		}
	}
	g.sent = true
	return g.ResponseWriter.Write(p)
}

// cutter breaks the connection off after some bytes.
type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	if c.left -= len(p); c.left < 0 {
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	return c.ResponseWriter.Write(p)
}

func (r *remote) requests() (all int, most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.asked {
		all, most = all+n, max(most, n)
	}
	return all, most
}

func open(t *testing.T, dir string, most int64) *Cache {
	t.Helper()
	client := guard.NewClient(guard.Policy{Allow: guard.Places{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}})
	c, err := Open(dir, most, client)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); client.Close() })
	return c
}

func free(int64) error { return nil }

// books waits for the fetches that go on: a reader has the last byte of a slice
// before the slice is in the books.
func books(c *Cache) Stats {
	c.wg.Wait()
	return c.Stats()
}

// get reads a range through the cache.
func get(ctx context.Context, c *Cache, url string, from, to int64) ([]byte, error) {
	o := Origin{URL: url}
	f, err := c.File(ctx, o)
	if err != nil {
		return nil, err
	}
	if to == 0 {
		to = f.Size
	}
	var b bytes.Buffer
	err = c.Copy(ctx, &b, o, f, from, to, free)
	return b.Bytes(), err
}

func TestEachSliceIsFetchedOnceHoweverManyAsk(t *testing.T) {
	const size = 2*SliceSize + 12345
	r := newRemote(t, size)
	c := open(t, t.TempDir(), 1<<30)
	var wg sync.WaitGroup
	for i := range 24 {
		wg.Go(func() {
			from := int64(i) * size / 30
			got, err := get(t.Context(), c, r.URL, from, size)
			if err != nil || !bytes.Equal(got, r.body[from:]) {
				t.Errorf("viewer %d: %v, %d bytes", i, err, len(got))
			}
		})
	}
	wg.Wait()
	if all, most := r.requests(); all != 3 || most != 1 {
		t.Errorf("%d requests for 3 slices, one of them %d times: %v", all, most, r.asked)
	}
	s := books(c)
	if s.Fills != 3 || s.BytesFetched != size || s.Bytes != size {
		t.Errorf("%+v", s)
	}
	if _, err := get(t.Context(), c, r.URL, 0, 0); err != nil || c.Stats().Hits < 3 {
		t.Errorf("%v %+v", err, c.Stats())
	}
}

func TestCacheSurvivesRestartAndChecksTheFile(t *testing.T) {
	dir := t.TempDir()
	r := newRemote(t, 3*SliceSize)
	c := open(t, dir, 1<<30)
	if _, err := get(t.Context(), c, r.URL, 0, 0); err != nil {
		t.Fatal(err)
	}
	books(c)
	c.Close()
	if err := os.WriteFile(filepath.Join(dir, "half"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	c = open(t, dir, 1<<30)
	if s := c.Stats(); s.Slices != 3 || s.Bytes != 3*SliceSize {
		t.Fatalf("after the restart %+v", s)
	}
	before, _ := r.requests()
	got, err := get(t.Context(), c, r.URL, 0, 0)
	if all, _ := r.requests(); err != nil || !bytes.Equal(got, r.body) || all != before+1 || c.Stats().BytesFetched != 0 {
		t.Errorf("%v, %d requests, %+v", err, all-before, c.Stats())
	}
	c.Close()
	r.mu.Lock()
	r.body, r.tag = random(2*SliceSize+7), `"two"`
	r.mu.Unlock()
	c = open(t, dir, 1<<30)
	got, err = get(t.Context(), c, r.URL, 0, 0)
	if err != nil || !bytes.Equal(got, r.body) {
		t.Errorf("the old file after a change: %v, %d bytes", err, len(got))
	}
	if s := books(c); s.Slices != 3 || s.Bytes != 2*SliceSize+7 {
		t.Errorf("slices of the old file stayed: %+v", s)
	}
}

func TestFileThatChangesMidwayIsNotMixed(t *testing.T) {
	r := newRemote(t, 4*SliceSize)
	c := open(t, t.TempDir(), 1<<30)
	o := Origin{URL: r.URL}
	f, err := c.File(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := c.Copy(t.Context(), &b, o, f, 0, SliceSize, free); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	old := r.body
	r.body, r.tag = random(4*SliceSize-1), `"two"`
	r.mu.Unlock()
	err = c.Copy(t.Context(), &b, o, f, SliceSize, f.Size, free)
	if !errors.Is(err, errChanged) || !bytes.Equal(b.Bytes(), old[:b.Len()]) {
		t.Errorf("%v after %d bytes", err, b.Len())
	}
	if got, err := get(t.Context(), c, r.URL, 0, 0); err != nil || !bytes.Equal(got, r.body) {
		t.Errorf("the next viewer: %v", err)
	}
}

func TestBrokenOffFetchGoesOn(t *testing.T) {
	r := newRemote(t, SliceSize+500_000)
	r.cut.Store(2)
	c := open(t, t.TempDir(), 1<<30)
	if got, err := get(t.Context(), c, r.URL, 0, 0); err != nil || !bytes.Equal(got, r.body) {
		t.Fatalf("%v, %d bytes", err, len(got))
	}
	r = newRemote(t, SliceSize)
	r.cut.Store(1000)
	if _, err := get(t.Context(), c, r.URL, 0, 0); !errors.Is(err, guard.ErrFailed) {
		t.Errorf("a server that always breaks off: %v", err)
	}
	c.wg.Wait()
	if left := reels(t, c.dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestFetchEndsWithItsLastReader(t *testing.T) {
	r := newRemote(t, 3*SliceSize)
	r.gate = make(chan struct{})
	c := open(t, t.TempDir(), 1<<30)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if _, err := get(ctx, c, r.URL, 0, 0); !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
		})
	}
	for all := 0; all == 0; all, _ = r.requests() {
		time.Sleep(time.Millisecond)
	}
	cancel()
	wg.Wait()
	for left := 1; left > 0; { // the fetch has ended although its body never came
		c.mu.Lock()
		left = len(c.looks) + len(c.fills)
		c.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
	close(r.gate)
	if got, err := get(t.Context(), c, r.URL, 0, 0); err != nil || !bytes.Equal(got, r.body) {
		t.Errorf("the next viewer: %v", err)
	}
}

func TestDiskStaysWithinItsShare(t *testing.T) {
	const most = 4 * SliceSize
	c := open(t, t.TempDir(), most)
	remotes := []*remote{newRemote(t, 3*SliceSize), newRemote(t, 3*SliceSize+1), newRemote(t, 2*SliceSize)}
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			r := remotes[i%3]
			if got, err := get(t.Context(), c, r.URL, 0, 0); err != nil || !bytes.Equal(got, r.body) {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	wg.Wait()
	s := books(c)
	if s.Bytes > most || s.Evictions == 0 {
		t.Errorf("%+v", s)
	}
	c.Close()
	if files := reels(t, c.dir); len(files) != len(c.reels) {
		t.Errorf("%d files for %d reels: %v", len(files), len(c.reels), files)
	}
	again := open(t, c.dir, most).Stats()
	if again.Bytes != s.Bytes || again.Slices != s.Slices {
		t.Errorf("the books said %+v, on disk are %+v", s, again)
	}
}

// reels are the paths of all reels, those of one film in order.
func reels(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*", "*.*.*"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestSliceDeletedUnderUsIsFetchedAgain(t *testing.T) {
	r := newRemote(t, reelSize+SliceSize)
	c := open(t, t.TempDir(), 1<<30)
	for range 2 {
		if got, err := get(t.Context(), c, r.URL, 0, 0); err != nil || !bytes.Equal(got, r.body) {
			t.Fatal(err)
		}
		books(c)
		paths := reels(t, c.dir)
		if len(paths) != 2 {
			t.Fatal(paths)
		}
		_ = os.Remove(paths[0])
		_ = os.Truncate(paths[1], 1000)
	}
	if got, err := get(t.Context(), c, r.URL, 0, 0); err != nil || !bytes.Equal(got, r.body) {
		t.Error(err)
	}
}

// serial sends a file from its beginning only, up to the gate if there is one.
func serial(t *testing.T, body []byte, gate chan struct{}) (url string, asked *atomic.Int64) {
	asked = &atomic.Int64{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") == "" {
			asked.Add(1)
		}
		w.Header().Set("ETag", `"one"`)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		if gate != nil {
			w = &gated{ResponseWriter: w, gate: gate, gone: r.Context().Done()}
		}
		for rest := body; len(rest) > 0; rest = rest[min(len(rest), 1<<20):] {
			if _, err := w.Write(rest[:min(len(rest), 1<<20)]); err != nil {
				return
			}
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

func TestServersWithoutRangesAreAskedOnce(t *testing.T) {
	body := random(4*SliceSize + 12345)
	url, asked := serial(t, body, nil)
	dir := t.TempDir()
	c := open(t, dir, 1<<30)
	var wg sync.WaitGroup
	for i := range int64(20) {
		wg.Go(func() {
			from := i * int64(len(body)) / 25
			if got, err := get(t.Context(), c, url, from, int64(len(body))); err != nil || !bytes.Equal(got, body[from:]) {
				t.Errorf("viewer %d: %v, %d bytes", i, err, len(got))
			}
		})
	}
	wg.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times for the whole", n)
	}
	if s := books(c); s.Slices != 5 || s.Bytes != int64(len(body)) || len(c.flows)+len(c.fills) != 0 {
		t.Errorf("%+v, %d flows, %d fills", s, len(c.flows), len(c.fills))
	}
	// After a restart one slice is gone: the file comes again, for that one.
	c.Close()
	unmark(t, dir, 3)
	c = open(t, dir, 1<<30)
	for _, from := range []int64{0, SliceSize + 5, 4 * SliceSize} {
		if got, err := get(t.Context(), c, url, from, int64(len(body))); err != nil || !bytes.Equal(got, body[from:]) {
			t.Errorf("from %d: %v, %d bytes", from, err, len(got))
		}
	}
	if s := books(c); asked.Load() != 2 || s.Fills != 1 || s.BytesFetched != SliceSize {
		t.Errorf("asked %d times, %+v", asked.Load(), s)
	}
	// What does not fit well is nobody's but its viewer's.
	small := open(t, t.TempDir(), 8*SliceSize)
	if _, err := get(t.Context(), small, url, 0, 0); !errors.Is(err, ErrWhole) {
		t.Errorf("larger than half of the share: %v", err)
	}
}

func TestFlowEndsWithItsLastReader(t *testing.T) {
	gate := make(chan struct{})
	body := random(3 * SliceSize)
	url, asked := serial(t, body, gate)
	c := open(t, t.TempDir(), 1<<30)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if _, err := get(ctx, c, url, 0, 0); !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
		})
	}
	for asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	wg.Wait()
	c.wg.Wait() // its fetch has ended although the rest never came
	if len(c.flows)+len(c.fills) != 0 {
		t.Errorf("%d flows, %d fills", len(c.flows), len(c.fills))
	}
	c.wg.Wait()
	if left := reels(t, c.dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	close(gate)
	if got, err := get(t.Context(), c, url, SliceSize, 0); err != nil || !bytes.Equal(got, body[SliceSize:]) {
		t.Errorf("the next viewer: %v", err)
	}
}

func TestSmallFilesNeedNoRanges(t *testing.T) {
	body := random(500_000)
	var asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path == "/endless" {
			_ = http.NewResponseController(w).Flush() // no length
		} else {
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		}
		_, _ = w.Write(body)
	}))
	defer s.Close()
	c := open(t, t.TempDir(), 1<<30)
	for range 3 {
		if got, err := get(t.Context(), c, s.URL+"/small", 100, 0); err != nil || !bytes.Equal(got, body[100:]) {
			t.Errorf("small: %v", err)
		}
		if _, err := get(t.Context(), c, s.URL+"/endless", 0, 0); !errors.Is(err, ErrWhole) {
			t.Errorf("endless: %v", err)
		}
	}
	if asked.Load() != 2 {
		t.Errorf("asked %d times", asked.Load())
	}
}

// unmark makes slice n of the only film one that was never whole.
func unmark(t *testing.T, dir string, n int64) {
	t.Helper()
	paths := reels(t, dir)
	if len(paths) != 1 {
		t.Fatal(paths)
	}
	f, err := os.OpenFile(paths[0], os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte{0}, reelSize+n); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// A slice that broke off lies half written between two that are whole. Neither
// this run nor the next may take its rest, which is a hole, for the film.
func TestHalfASliceIsNeverServed(t *testing.T) {
	dir := t.TempDir()
	r := newRemote(t, 3*SliceSize)
	c := open(t, dir, 1<<30)
	for _, from := range []int64{0, 2 * SliceSize} {
		if _, err := get(t.Context(), c, r.URL, from, from+SliceSize); err != nil {
			t.Fatal(err)
		}
	}
	r.cut.Store(fillTries)
	if _, err := get(t.Context(), c, r.URL, SliceSize, 2*SliceSize); !errors.Is(err, guard.ErrFailed) {
		t.Fatalf("a slice that always breaks off: %v", err)
	}
	if s := books(c); s.Slices != 2 || s.Bytes != 3*SliceSize {
		t.Errorf("%+v", s)
	}
	c.Close()
	c = open(t, dir, 1<<30)
	if s := c.Stats(); s.Slices != 2 || s.Bytes != 2*SliceSize {
		t.Errorf("after a restart %+v", s)
	}
	if got, err := get(t.Context(), c, r.URL, 0, 0); err != nil || !bytes.Equal(got, r.body) || books(c).Fills != 1 {
		t.Errorf("%v, %d bytes, %+v", err, len(got), c.Stats())
	}
}

// slow takes what it is given only from the moment it is let go on.
type slow struct {
	got       bytes.Buffer
	begun, on chan struct{}
}

func (s *slow) Write(p []byte) (int, error) {
	select {
	case <-s.begun:
	default:
		close(s.begun)
	}
	<-s.on
	return s.got.Write(p)
}

// A viewer in the midst of a reel that is dropped, and of one that is dropped and
// fetched anew, still gets the film.
func TestReaderOfADroppedReelGetsTheFilm(t *testing.T) {
	r, other := newRemote(t, reelSize), newRemote(t, 3*SliceSize)
	c := open(t, t.TempDir(), reelSize)
	if _, err := get(t.Context(), c, r.URL, 0, 0); err != nil {
		t.Fatal(err)
	}
	books(c)
	o := Origin{URL: r.URL}
	f, err := c.File(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	readers := []*slow{}
	for range 3 {
		s := &slow{begun: make(chan struct{}), on: make(chan struct{})}
		readers = append(readers, s)
		wg.Go(func() {
			if err := c.Copy(t.Context(), s, o, f, 0, f.Size, free); err != nil {
				t.Errorf("a viewer: %v", err)
			}
		})
		<-s.begun
		for _, url := range []string{other.URL, r.URL} { // each drops the other's
			if _, err := get(t.Context(), c, url, 0, 0); err != nil {
				t.Error(err)
			}
			books(c)
		}
	}
	if s := c.Stats(); s.Evictions < reelSlices {
		t.Errorf("nothing was dropped: %+v", s)
	}
	for _, s := range readers {
		close(s.on)
	}
	wg.Wait()
	for _, s := range readers {
		if !bytes.Equal(s.got.Bytes(), r.body) {
			t.Errorf("%d bytes that are not the film's", s.got.Len())
		}
	}
}
