package streamlog

import (
	"context"
	"sort"

	"synctv/internal/live/flv"
)

// Cursor is a viewer of a log: an offset. It belongs to one goroutine.
type Cursor struct {
	// Skips counts how often the window overtook this viewer and it had to go
	// on at the newest key frame.
	Skips int
	// Most is how many bytes a chunk should have at most (0: any number); one
	// tag is never divided. It bounds how long a slow viewer is busy with bytes
	// that are out of date by the time they leave.
	Most int
	// Early lets the viewer begin at the oldest point kept instead of the newest.
	Early bool

	log    *Log
	joined bool
	off    int64
	gen    uint64 // headers this viewer was last given
}

// Chunk is what a viewer sends next. Body is a range of the log itself: whole
// tags, shared by all viewers, never to be changed. First is set when the
// viewer begins here, by joining or by a skip; Head then holds the metadata and
// codec headers to send before (empty after a skip if the viewer has them).
type Chunk struct {
	Head  []byte
	Body  []byte
	First *Point
}

// Changed is closed when anything newer than now is published, or the log ends.
func (l *Log) Changed() <-chan struct{} { return l.now.Load().changed }

// NewCursor returns a viewer that has seen nothing; its first chunk begins at
// the newest point.
func (l *Log) NewCursor() *Cursor { return &Cursor{log: l} }

// Poll returns the next chunk if there is one. Otherwise Body is empty, and
// either err says why the log ended or wait is closed when polling again makes
// sense. It never blocks and takes no lock.
func (c *Cursor) Poll() (chunk Chunk, wait <-chan struct{}, err error) {
	v := c.log.now.Load()
	if !c.joined || c.off < v.start {
		first := v.newest()
		if first != nil && c.Early && !c.joined {
			first = v.oldest()
		}
		if first == nil {
			return Chunk{}, v.changed, v.err
		}
		chunk = c.begin(first)
	}
	if c.off >= v.end {
		return Chunk{}, v.changed, v.err
	}
	chunk.Body = v.from(c.off)
	if c.Most > 0 && len(chunk.Body) > c.Most {
		chunk.Body = wholeTags(chunk.Body, c.Most)
	}
	c.off += int64(len(chunk.Body))
	return chunk, nil, nil
}

// begin moves the cursor to a point.
func (c *Cursor) begin(p *Point) Chunk {
	chunk := Chunk{First: p}
	if !c.joined || c.gen != p.gen {
		chunk.Head = p.prefix
	}
	if c.joined {
		c.Skips++
	}
	c.joined, c.off, c.gen = true, p.Offset, p.gen
	return chunk
}

// Next waits for the next chunk. It fails with the context's error or with the
// reason the log was closed for, once everything in it was read.
func (c *Cursor) Next(ctx context.Context) (Chunk, error) {
	for {
		chunk, wait, err := c.Poll()
		if len(chunk.Body) > 0 || err != nil {
			return chunk, err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return Chunk{}, context.Cause(ctx)
		}
	}
}

// Join puts the cursor where another is that reads the same log.
func (c *Cursor) Join(o *Cursor) { c.joined, c.off = o.joined, o.off }

// With says whether both are at the same place.
func (c *Cursor) With(o *Cursor) bool { return c.joined == o.joined && c.off == o.off }

// Waits says whether everything published was read and more may come.
func (c *Cursor) Waits() bool {
	v := c.log.now.Load()
	return c.joined && c.off >= v.end && v.err == nil
}

// AtTail says whether everything published was read.
func (c *Cursor) AtTail() bool { return c.joined && c.off >= c.log.now.Load().end }

// Offset is where the cursor stands in the log, in bytes.
func (c *Cursor) Offset() int64 { return c.off }

// wholeTags is as many tags of b as fit into most bytes, at least one.
func wholeTags(b []byte, most int) []byte {
	n := 0
	for n < len(b) {
		next := n + flv.Overhead + (int(b[n+1])<<16 | int(b[n+2])<<8 | int(b[n+3]))
		if n > 0 && next > most {
			break
		}
		n = next
	}
	return b[:n:n]
}

// newest is the last point already published, or nil.
func (v *view) newest() *Point {
	for i := len(v.points) - 1; i >= 0; i-- {
		if p := &v.points[i]; p.Offset < v.end && p.Offset >= v.start {
			return p
		}
	}
	return nil
}

// oldest is the first point still readable, or nil.
func (v *view) oldest() *Point {
	for i := range v.points {
		if p := &v.points[i]; p.Offset >= v.start && p.Offset < v.end {
			return p
		}
	}
	return nil
}

// from is the contiguous published range that begins at off.
func (v *view) from(off int64) []byte {
	i := sort.Search(len(v.segs), func(i int) bool { return v.segs[i].base > off }) - 1
	end := v.end
	if i+1 < len(v.segs) {
		end = min(end, v.segs[i+1].base)
	}
	s := v.segs[i]
	return s.buf[off-s.base : end-s.base : end-s.base]
}
