package guard

import (
	"sync"
	"sync/atomic"
	"time"
)

// Breakers stop asking a host that keeps failing. Closed: calls pass and their
// results are counted over a window. Open: calls are refused at once. Then one
// call, and only one, goes through as a probe; its success closes the breaker.
const (
	breakerWindow = 30 * time.Second // results older than one to two windows are forgotten
	breakerLeast  = 10               // results in the window before the rate counts
	breakerOpen   = 10 * time.Second // refused for so long before a probe
	maxHosts      = 4096             // hosts remembered; beyond it those at rest are forgotten
)

// Outcome of a call that a breaker let through.
type Outcome int

// Ignored is for calls that say nothing about the host: given up by their
// caller, or refused by ourselves. An answer that blames the client is a success.
const (
	Ignored Outcome = iota
	Success
	Failure
)

type breakerState int

const (
	closed breakerState = iota
	open
	probing
)

// Breaker is that of one host. The zero value is closed.
type Breaker struct {
	opened *atomic.Int64 // counts how often it opens, with others; nil: nobody does

	mu sync.Mutex
	// guarded by mu
	state      breakerState
	generation uint64 // a result of an earlier generation is late and changes nothing
	since      time.Time
	now, last  struct{ ok, bad int } // results of this window and the one before
}

// Allow asks to make a call. Each true is followed by one call of done.
func (b *Breaker) Allow() (done func(Outcome), ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := time.Now()
	switch b.state {
	case closed:
		if past := at.Sub(b.since); past > breakerWindow {
			b.last, b.since = b.now, at
			b.now.ok, b.now.bad = 0, 0
			if past > 2*breakerWindow {
				b.last = b.now
			}
		}
	case open:
		if at.Sub(b.since) < breakerOpen {
			return nil, false
		}
		b.enter(probing, at)
	case probing:
		return nil, false
	}
	generation := b.generation
	var once sync.Once
	return func(o Outcome) { once.Do(func() { b.settle(generation, o) }) }, true
}

func (b *Breaker) settle(generation uint64, o Outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if generation != b.generation {
		return
	}
	at := time.Now()
	if b.state == probing {
		switch o {
		case Success:
			b.enter(closed, at)
		case Failure:
			b.enter(open, at)
		case Ignored: // the place of the probe is free again, at once
			b.state, b.since = open, at.Add(-breakerOpen)
			b.generation++
		}
		return
	}
	switch o {
	case Success:
		b.now.ok++
	case Failure:
		b.now.bad++
	case Ignored:
	}
	bad, all := b.now.bad+b.last.bad, b.now.bad+b.last.bad+b.now.ok+b.last.ok
	if all >= breakerLeast && bad*2 >= all && o == Failure {
		b.enter(open, at)
	}
}

// enter begins a new generation; mu is held.
func (b *Breaker) enter(s breakerState, at time.Time) {
	b.state, b.since = s, at
	b.generation++
	if s == open && b.opened != nil {
		b.opened.Add(1)
	}
	b.now.ok, b.now.bad, b.last.ok, b.last.bad = 0, 0, 0, 0
}

// resting tells that forgetting the breaker loses nothing.
func (b *Breaker) resting() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state == closed && time.Since(b.since) > 2*breakerWindow
}

// hosts has a breaker for each host.
type hosts struct {
	opened atomic.Int64 // of all of them

	mu   sync.Mutex
	byID map[string]*Breaker // guarded by mu
}

func (h *hosts) of(host string) *Breaker {
	h.mu.Lock()
	defer h.mu.Unlock()
	if b, ok := h.byID[host]; ok {
		return b
	}
	if len(h.byID) >= maxHosts {
		for id, b := range h.byID {
			if b.resting() {
				delete(h.byID, id)
			}
		}
		if len(h.byID) >= maxHosts {
			return &Breaker{opened: &h.opened} // nobody remembers it; the limits still hold
		}
	}
	b := &Breaker{opened: &h.opened}
	h.byID[host] = b
	return b
}

// count is how many hosts are left alone and how many are tried right now.
func (h *hosts) count() (left, tried int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, b := range h.byID {
		b.mu.Lock()
		switch b.state {
		case open:
			left++
		case probing:
			tried++
		case closed:
		}
		b.mu.Unlock()
	}
	return left, tried
}
