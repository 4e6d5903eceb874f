package streamlog

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

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
// Many viewers at different paces, under the race detector.
// One viewer more costs no allocation per frame.
