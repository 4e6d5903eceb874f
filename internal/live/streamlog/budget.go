package streamlog

import "sync/atomic"

// Budget is the memory all logs of a process may hold together. A nil Budget
// never refuses. What viewers still write of segments already let go is not
// counted: it is gone within a write deadline.
type Budget struct {
	limit int64
	used  atomic.Int64
}

// NewBudget allows limit bytes of segments.
func NewBudget(limit int64) *Budget { return &Budget{limit: limit} }

// Used is the number of bytes in segments now.
func (b *Budget) Used() int64 {
	if b == nil {
		return 0
	}
	return b.used.Load()
}

// Fits says whether n more bytes could be taken right now.
func (b *Budget) Fits(n int64) bool { return b == nil || b.used.Load()+n <= b.limit }

func (b *Budget) take(n int) bool {
	if b == nil {
		return true
	}
	if b.used.Add(int64(n)) > b.limit {
		b.used.Add(int64(-n))
		return false
	}
	return true
}

func (b *Budget) give(n int) {
	if b != nil {
		b.used.Add(int64(-n))
	}
}
