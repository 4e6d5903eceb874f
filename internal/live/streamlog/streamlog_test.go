package streamlog

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"synctv/internal/live/flv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	avcHeader = "\x17\x00\x00\x00\x00avcc"
	aacHeader = "\xaf\x00\x12\x10"
	meta      = "\x02\x00\x0aonMetaData\x03\x00\x00\x09"
)

// frame is a payload of n bytes that begins like the given kind.
func frame(kind string, n int) []byte {
	b := bytes.Repeat([]byte{0xee}, n)
	copy(b, kind)
	return b
}

func key(n int) []byte   { return frame("\x17\x01\x00\x00\x00", n) }
func inter(n int) []byte { return frame("\x27\x01\x00\x00\x00", n) }
func audio(n int) []byte { return frame("\xaf\x01", n) }

// pen is a writer that fails the test instead of returning errors.
type pen struct {
	t testing.TB
	*Writer
}

func (p pen) put(typ flv.Type, dts uint32, payload []byte) {
	p.t.Helper()
	if _, err := p.Append(typ, dts, payload); err != nil {
		p.t.Fatal(err)
	}
}

func (p pen) headers() {
	p.put(flv.Script, 0, []byte(meta))
	p.put(flv.Video, 0, []byte(avcHeader))
	p.put(flv.Audio, 0, []byte(aacHeader))
}

func start(t testing.TB, limits Limits) (*Log, pen) {
	l := New(limits, nil)
	t.Cleanup(func() { l.Close(nil) })
	return l, pen{t, l.NewWriter()}
}

type seen struct {
	Typ   flv.Type
	Class flv.Class
	DTS   uint32
}

// tags takes a range apart.
func tags(t testing.TB, b []byte) (all []seen) {
	t.Helper()
	in := flv.NewReader(io.MultiReader(bytes.NewReader(flv.AppendFileHeader(nil, true, true)), bytes.NewReader(b)), 0)
	for {
		tag, err := in.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatalf("not whole tags: %v", err)
		}
		all = append(all, seen{tag.Type, flv.Inspect(tag.Type, tag.Payload).Class, tag.DTS})
	}
}

// next polls once and takes what came apart.
func next(t testing.TB, c *Cursor) (head, body []seen) {
	t.Helper()
	chunk, _, err := c.Poll()
	if err != nil {
		t.Fatal(err)
	}
	return tags(t, chunk.Head), tags(t, chunk.Body)
}

func want(t testing.TB, what string, got, want []seen) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s: %s", what, d)
	}
}

func TestLateJoinerBeginsAtTheNewestKeyFrame(t *testing.T) {
	l, w := start(t, Limits{})
	c := l.NewCursor()
	if chunk, wait, err := c.Poll(); len(chunk.Body) > 0 || wait == nil || err != nil {
		t.Fatal("an empty log has something to say")
	}
	w.headers()
	w.put(flv.Video, 1000, key(500))
	w.put(flv.Video, 1040, inter(100))
	w.put(flv.Video, 2000, key(500))
	w.put(flv.Audio, 2010, audio(20))
	w.put(flv.Video, 2040, inter(100))
	head, body := next(t, c)
	want(t, "headers", head, []seen{{18, flv.Metadata, 0}, {9, flv.Config, 2000}, {8, flv.Config, 2000}})
	want(t, "body", body, []seen{{9, flv.Key, 2000}, {8, flv.Frame, 2010}, {9, flv.Frame, 2040}})
	w.put(flv.Video, 2080, inter(100))
	head, body = next(t, c)
	want(t, "no headers again", head, nil)
	want(t, "what is new", body, []seen{{9, flv.Frame, 2080}})
	if !c.AtTail() || c.Skips != 0 {
		t.Errorf("at tail %v, skips %d", c.AtTail(), c.Skips)
	}
}

func TestJoinerGetsTheHeadersInForce(t *testing.T) {
	l, w := start(t, Limits{})
	w.put(flv.Video, 0, []byte("\x17\x00\x00\x00\x00old"))
	w.put(flv.Video, 0, key(100))
	w.put(flv.Video, 1000, []byte("\x17\x00\x00\x00\x00new"))
	w.put(flv.Video, 1000, key(100))
	w.put(flv.Video, 1500, []byte("\x17\x00\x00\x00\x00newer"))
	chunk, _, _ := l.NewCursor().Poll()
	if !bytes.Contains(chunk.Head, []byte("new")) || bytes.Contains(chunk.Head, []byte("newer")) {
		t.Errorf("headers %q", chunk.Head)
	}
	if p := chunk.First; p == nil || p.HasAudio || !p.HasVideo || p.DTS != 1000 {
		t.Errorf("point %+v", p)
	}
}

func TestKeyFrameWithoutItsHeaderIsNoPlaceToBegin(t *testing.T) {
	l, w := start(t, Limits{})
	w.put(flv.Video, 0, key(100))
	if chunk, _, _ := l.NewCursor().Poll(); len(chunk.Body) > 0 {
		t.Error("joined at a frame nobody can decode")
	}
	w.put(flv.Video, 40, []byte("\x12sorenson needs no header"))
	if chunk, _, _ := l.NewCursor().Poll(); len(chunk.Body) == 0 {
		t.Error("did not join at a frame that needs no header")
	}
}

func TestAudioRidesWithVideoOrIsPublishedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, w := start(t, Limits{})
		w.headers()
		w.put(flv.Video, 0, key(10))
		c := l.NewCursor()
		next(t, c)
		w.put(flv.Audio, 10, audio(10))
		if _, body := next(t, c); body != nil {
			t.Error("audio was published on its own at once")
		}
		time.Sleep(49 * time.Millisecond)
		synctest.Wait()
		if _, body := next(t, c); body != nil {
			t.Error("audio was published before 50 ms")
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		_, body := next(t, c)
		want(t, "after 50 ms", body, []seen{{8, flv.Frame, 10}})
		w.put(flv.Audio, 20, audio(10))
		w.put(flv.Video, 40, inter(10))
		_, body = next(t, c)
		want(t, "together", body, []seen{{8, flv.Frame, 20}, {9, flv.Frame, 40}})
	})
}

func TestMergeWindowCollectsVideo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, w := start(t, Limits{Merge: 100 * time.Millisecond})
		w.headers()
		c := l.NewCursor()
		for i := range uint32(4) {
			w.put(flv.Video, i*33, key(10))
			if _, body := next(t, c); body != nil {
				t.Fatalf("frame %d was not held back", i)
			}
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(20 * time.Millisecond)
		synctest.Wait()
		if _, body := next(t, c); len(body) != 1 {
			t.Errorf("%d tags after the window: the newest key frame was to come", len(body))
		}
	})
}

func TestAudioOnlyStreamCanBeJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, w := start(t, Limits{})
		w.put(flv.Audio, 0, []byte(aacHeader))
		c := l.NewCursor()
		for i := range uint32(100) {
			w.put(flv.Audio, i*23, audio(10))
			if i*23 < 1000 {
				if chunk, _, _ := c.Poll(); len(chunk.Body) > 0 {
					t.Fatal("joined before it was clear that no video comes")
				}
			}
			time.Sleep(23 * time.Millisecond)
		}
		time.Sleep(50 * time.Millisecond)
		synctest.Wait()
		chunk, _, _ := c.Poll()
		if p := chunk.First; p == nil || p.HasVideo || !p.HasAudio || p.DTS < 2000 {
			t.Errorf("point %+v", p)
		}
		want(t, "headers", tags(t, chunk.Head), []seen{{8, flv.Config, chunk.First.DTS}})
	})
}

// A viewer the window has overtaken goes on at the newest key frame, with the
// headers again only if they changed meanwhile.
func TestOvertakenViewerSkipsToTheNewestKeyFrame(t *testing.T) {
	for _, changed := range []bool{false, true} {
		l, w := start(t, Limits{GOPs: 2})
		w.headers()
		w.put(flv.Video, 0, key(100))
		c := l.NewCursor()
		next(t, c)
		for i := uint32(1); i <= 6; i++ {
			if changed && i == 5 {
				w.put(flv.Video, i*1000, []byte(avcHeader+"2"))
			}
			w.put(flv.Video, i*1000, key(100))
			w.put(flv.Video, i*1000+40, inter(100))
		}
		head, body := next(t, c)
		if (len(head) > 0) != changed {
			t.Errorf("headers changed %v, sent %v", changed, head)
		}
		want(t, "body", body, []seen{{9, flv.Key, 6000}, {9, flv.Frame, 6040}})
		if c.Skips != 1 {
			t.Errorf("%d skips", c.Skips)
		}
	}
}

func TestViewerInsideTheWindowMissesNothing(t *testing.T) {
	l, w := start(t, Limits{GOPs: 2, Segment: 1000})
	w.headers()
	w.put(flv.Video, 0, key(300))
	c := l.NewCursor()
	next(t, c)
	for i := uint32(1); i <= 2; i++ {
		w.put(flv.Video, i*1000, key(400))
		w.put(flv.Video, i*1000+40, inter(400))
	}
	var got []seen
	for !c.AtTail() {
		_, body := next(t, c)
		got = append(got, body...)
	}
	want(t, "all of it", got, []seen{
		{9, flv.Key, 1000}, {9, flv.Frame, 1040}, {9, flv.Key, 2000}, {9, flv.Frame, 2040},
	})
	if c.Skips != 0 {
		t.Errorf("%d skips", c.Skips)
	}
}

func TestMostBoundsAChunkToWholeTags(t *testing.T) {
	l, w := start(t, Limits{})
	w.headers()
	w.put(flv.Video, 0, key(5000))
	for i := range uint32(4) {
		w.put(flv.Video, 40*i, inter(400))
	}
	c := l.NewCursor()
	c.Most = 1000
	var sizes []int
	for !c.AtTail() {
		chunk, _, _ := c.Poll()
		tags(t, chunk.Body)
		sizes = append(sizes, len(chunk.Body))
	}
	if d := cmp.Diff([]int{5015, 830, 830}, sizes); d != "" {
		t.Error(d)
	}
}

func TestWindowIsBounded(t *testing.T) {
	tests := map[string]struct {
		limits  Limits
		gop     uint32 // frames
		longGOP bool
	}{
		"by GOPs":                 {Limits{GOPs: 2, Segment: 4 << 10}, 10, false},
		"by bytes":                {Limits{Bytes: 20 << 10, Segment: 4 << 10}, 15, false},
		"by time":                 {Limits{Span: time.Second, Segment: 4 << 10}, 20, false},
		"a GOP too large":         {Limits{Bytes: 20 << 10, Segment: 4 << 10}, 1000, true},
		"a GOP too long":          {Limits{Span: time.Second, Segment: 4 << 10}, 1000, true},
		"messages beyond segment": {Limits{GOPs: 2, Segment: 100}, 10, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			budget := NewBudget(1 << 20)
			l := New(test.limits, budget)
			w := pen{t, l.NewWriter()}
			w.headers()
			c := l.NewCursor()
			for i := range uint32(900) {
				payload := inter(1000)
				if i%test.gop == 0 {
					payload = key(1000)
				}
				w.put(flv.Video, i*40, payload)
				if _, _, err := c.Poll(); err != nil {
					t.Fatal(err)
				}
			}
			if used := budget.Used(); used > 40<<10 {
				t.Errorf("%d bytes in segments", used)
			}
			if c.Skips != 0 {
				t.Errorf("a viewer at the tail was skipped %d times", c.Skips)
			}
			if i := l.Info(); i.LongGOP != test.longGOP || i.Video != "avc1" {
				t.Errorf("info %+v", i)
			}
			chunk, wait, _ := l.NewCursor().Poll()
			if joined := len(chunk.Body) > 0; joined == test.longGOP || (wait == nil) != joined {
				t.Errorf("joined: %v", joined)
			}
			l.Close(nil)
			if budget.Used() != 0 {
				t.Errorf("%d bytes never given back", budget.Used())
			}
		})
	}
}

func TestBudgetRefuses(t *testing.T) {
	budget := NewBudget(3000)
	l := New(Limits{Segment: 1000}, budget)
	w := l.NewWriter()
	var err error
	for i := uint32(0); err == nil && i < 10; i++ {
		_, err = w.Append(flv.Video, i, inter(900))
	}
	if !errors.Is(err, ErrMemory) || budget.Fits(1) {
		t.Errorf("%v, %d used", err, budget.Used())
	}
	l.Close(nil)
	if !budget.Fits(3000) {
		t.Error("not given back")
	}
}

func TestReserveAssemblesInPlace(t *testing.T) {
	l, w := start(t, Limits{Message: 1000})
	w.headers()
	if _, err := w.Reserve(flv.Video, 0, 1001); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	b, err := w.Reserve(flv.Video, 0, 100)
	if err != nil || len(b) != 100 || cap(b) != 100 {
		t.Fatal(len(b), cap(b), err)
	}
	w.Rollback()
	b, _ = w.Reserve(flv.Video, 5, 200)
	copy(b, key(200))
	c := l.NewCursor()
	if chunk, _, _ := c.Poll(); len(chunk.Body) > 0 {
		t.Error("visible before it was committed")
	}
	changed, err := w.Commit()
	if changed || err != nil {
		t.Error("the codec header had told the codec already", changed, err)
	}
	chunk, _, _ := c.Poll()
	if &chunk.Body[flv.HeaderSize] != &b[0] {
		t.Error("the viewer got a copy")
	}
	want(t, "after a rollback", tags(t, chunk.Body), []seen{{9, flv.Key, 5}})
}

// A second writer goes on where the first stopped, whatever its clock says, and
// whatever the first still does.
func TestNextWriterContinues(t *testing.T) {
	l, old := start(t, Limits{})
	old.headers()
	old.put(flv.Video, 5000, key(100))
	c := l.NewCursor()
	next(t, c)
	open, _ := old.Reserve(flv.Video, 5040, 100)
	w := pen{t, l.NewWriter()}
	w.headers()
	for i := range open {
		open[i] = 0xff // it may still be reading from its socket
	}
	if _, err := old.Commit(); !errors.Is(err, ErrSuperseded) {
		t.Errorf("old commit: %v", err)
	}
	if _, err := old.Reserve(flv.Video, 0, 1); !errors.Is(err, ErrSuperseded) {
		t.Errorf("old reserve: %v", err)
	}
	w.put(flv.Video, 90000, key(100))
	w.put(flv.Audio, 89990, audio(10))
	w.put(flv.Video, 90040, inter(100))
	var got []seen
	for !c.AtTail() {
		_, body := next(t, c)
		got = append(got, body...)
	}
	want(t, "the seam", got, []seen{
		{18, flv.Metadata, 5000}, {9, flv.Config, 5000}, {8, flv.Config, 5000},
		{9, flv.Key, 5040}, {8, flv.Frame, 5030}, {9, flv.Frame, 5080},
	})
}

func TestCloseEndsViewersAfterTheLastByte(t *testing.T) {
	l, w := start(t, Limits{})
	w.headers()
	w.put(flv.Video, 0, key(10))
	w.put(flv.Audio, 1, audio(10)) // waits for video that never comes
	c, late := l.NewCursor(), l.NewCursor()
	why := errors.New("why")
	l.Close(why)
	l.Close(nil)
	for _, c := range []*Cursor{c, late} {
		chunk, err := c.Next(t.Context())
		if err != nil || len(tags(t, chunk.Body)) != 2 {
			t.Errorf("last bytes: %v", err)
		}
		if _, err := c.Next(t.Context()); err != why {
			t.Errorf("end: %v", err)
		}
	}
	if _, err := w.Append(flv.Video, 0, key(10)); !errors.Is(err, ErrClosed) {
		t.Errorf("write after close: %v", err)
	}
}

func TestNextEndsWithItsContext(t *testing.T) {
	l, _ := start(t, Limits{})
	gone := errors.New("gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	if _, err := l.NewCursor().Next(ctx); err != gone {
		t.Error(err)
	}
}

func TestInfo(t *testing.T) {
	l, w := start(t, Limits{})
	w.headers()
	for i := range uint32(5) {
		w.put(flv.Video, i*2000, key(125_000))
	}
	i := l.Info()
	if i.Audio != "mp4a" || i.KeyInterval != 2*time.Second || i.DTS != 8000 {
		t.Errorf("%+v", i)
	}
	if i.Bitrate < 700e3 || i.Bitrate > 800e3 { // three frames in the window of four seconds
		t.Errorf("bit rate %.0f", i.Bitrate)
	}
}

// Whatever is written however: each viewer sees, from some point on, exactly
// what was written, whole tags only, jumping only to places to begin at.
func TestViewersSeeTheLog(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := New(Limits{Segment: rapid.IntRange(50, 5000).Draw(rt, "segment"), Bytes: 20000}, nil)
		defer l.Close(nil)
		w := l.NewWriter()
		_, _ = w.Append(flv.Video, 0, []byte(avcHeader))
		c := l.NewCursor()
		c.Most = rapid.IntRange(0, 3000).Draw(rt, "most")
		serial, last := uint32(0), int64(-1)
		read := func() {
			chunk, _, _ := c.Poll()
			for b := chunk.Body; len(b) > 0; {
				h, err := flv.ParseHeader(b)
				if err != nil {
					rt.Fatal(err)
				}
				n := int64(binary.BigEndian.Uint32(b[flv.HeaderSize+5:]))
				isKey := b[flv.HeaderSize] == 0x17
				if last >= 0 && n != last+1 && !(chunk.First != nil && isKey && n > last) {
					rt.Fatalf("frame %d after %d", n, last)
				}
				if last < 0 && !isKey {
					rt.Fatal("joined at no key frame")
				}
				last, chunk.First = n, nil
				b = b[flv.Overhead+h.Size:]
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"write": func(rt *rapid.T) {
				b := inter(rapid.IntRange(9, 2000).Draw(rt, "size"))
				if rapid.IntRange(0, 5).Draw(rt, "key") == 0 {
					b = key(len(b))
				}
				binary.BigEndian.PutUint32(b[5:], serial)
				dst, err := w.Reserve(flv.Video, serial*40, len(b))
				if err != nil {
					rt.Fatal(err)
				}
				if copy(dst, b); rapid.IntRange(0, 9).Draw(rt, "rollback") == 0 {
					w.Rollback()
					return
				}
				if _, err := w.Commit(); err != nil {
					rt.Fatal(err)
				}
				serial++
			},
			"read": func(*rapid.T) { read() },
		})
	})
}

// Many viewers at different paces, under the race detector.
func TestManyViewers(t *testing.T) {
	l, w := start(t, Limits{Segment: 8 << 10})
	w.headers()
	w.put(flv.Video, 0, key(500))
	var viewers sync.WaitGroup
	for i := range 20 {
		viewers.Go(func() {
			c := l.NewCursor()
			pause := rand.New(rand.NewPCG(1, uint64(i)))
			for {
				chunk, err := c.Next(context.Background())
				if err != nil {
					return
				}
				sum := 0
				for _, b := range chunk.Body {
					sum += int(b)
				}
				if pause.IntN(10) == 0 {
					time.Sleep(time.Duration(pause.IntN(2000)) * time.Microsecond)
				}
			}
		})
	}
	for i := uint32(1); i < 2000; i++ {
		payload := inter(300)
		if i%30 == 0 {
			payload = key(900)
		}
		w.put(flv.Video, i*33, payload)
	}
	l.Close(nil)
	viewers.Wait()
}

// One viewer more costs no allocation per frame.
func TestPollDoesNotAllocate(t *testing.T) {
	l, w := start(t, Limits{})
	w.headers()
	w.put(flv.Video, 0, key(500))
	c := l.NewCursor()
	_, _, _ = c.Poll()
	if n := testing.AllocsPerRun(100, func() { _, _, _ = c.Poll() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkWrite(b *testing.B) {
	l, w := start(b, Limits{})
	w.headers()
	payload := inter(12000)
	k := key(12000)
	b.SetBytes(12000)
	b.ReportAllocs()
	i := uint32(0)
	for b.Loop() {
		if i%30 == 0 {
			w.put(flv.Video, i*33, k)
		} else {
			w.put(flv.Video, i*33, payload)
		}
		i++
	}
	_ = l
}
