package streamlog

import "sync/atomic"

// Budget is the memory all logs of a process, and what muxers make of them, may
// hold together. A nil Budget never refuses. What viewers still write of segments already let go is not
// counted: it is gone within a write deadline.
type Budget struct {
	limit int64
	used  atomic.Int64
}

// NewBudget allows limit bytes of segments.
func NewBudget(limit int64) *Budget { return &Budget{limit: limit} }

// Used is the number of bytes held now.
func (b *Budget) Used() int64 {
	if b == nil {
		return 0
	}
	return b.used.Load()
}

// Fits says whether n more bytes could be taken right now.
func (b *Budget) Fits(n int64) bool { return b == nil || b.used.Load()+n <= b.limit }

// Take notes n more bytes, if they fit.
func (b *Budget) Take(n int64) bool {
	if b == nil {
		return true
	}
	if b.used.Add(n) > b.limit {
		b.used.Add(-n)
		return false
	}
	return true
}

// Give returns n bytes that were taken.
func (b *Budget) Give(n int64) {
	if b != nil {
		b.used.Add(-n)
	}
}
