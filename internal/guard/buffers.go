package guard

import (
	"sync"
	"sync/atomic"
)

// BufferSize is what one read from another server takes at most.
const BufferSize = 64 << 10

// Buffers lends buffers of 64 KiB. One that was grown is dropped, so that a
// single large answer does not stay for ever.
type Buffers struct {
	pool                   sync.Pool
	lent, returned, thrown atomic.Int64
}

// Buffer is lent to its holders until the last one releases it.
type Buffer struct {
	Bytes   []byte
	from    *Buffers
	holders atomic.Int32
}

// BuffersStats counts what was lent, came back, and was dropped for its size.
type BuffersStats struct{ Lent, Returned, Dropped int64 }

// Get lends a buffer to one holder.
func (p *Buffers) Get() *Buffer {
	b, ok := p.pool.Get().(*Buffer)
	if !ok {
		b = &Buffer{Bytes: make([]byte, BufferSize), from: p}
	}
	b.holders.Store(1)
	p.lent.Add(1)
	return b
}

// Share adds a holder.
func (b *Buffer) Share() *Buffer {
	if b.holders.Add(1) <= 1 {
		panic("guard: share of a released buffer")
	}
	return b
}

// Release ends one holder's use; the last one gives the buffer back.
func (b *Buffer) Release() {
	switch n := b.holders.Add(-1); {
	case n > 0:
		return
	case n < 0:
		panic("guard: buffer released twice")
	}
	if cap(b.Bytes) != BufferSize {
		b.from.thrown.Add(1)
		return
	}
	b.Bytes = b.Bytes[:BufferSize]
	b.from.returned.Add(1)
	b.from.pool.Put(b)
}

// Stats is a snapshot.
func (p *Buffers) Stats() BuffersStats {
	return BuffersStats{Lent: p.lent.Load(), Returned: p.returned.Load(), Dropped: p.thrown.Load()}
}
