package streamlog

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"synctv/internal/live/flv"
)

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

// A picture costs what wakes those who wait for it, and now and then a segment.
func TestWritingAllocatesLittle(t *testing.T) {
	_, w := start(t, Limits{})
	w.headers()
	w.put(flv.Video, 0, key(500))
	dts, picture := uint32(0), inter(12000)
	n := testing.AllocsPerRun(200, func() { dts += 33; w.put(flv.Video, dts, picture) })
	if n > 3 {
		t.Errorf("%v allocations a picture", n)
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
