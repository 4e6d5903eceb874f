package live

import (
	"context"
	"sync"
	"time"
)

// news collects which streams changed and tells the listener, in order. It
// holds each name at most once, so it is bounded by the number of streams, and
// the listener gets the newest state however slow it is.
type news struct {
	listener Listener
	every    time.Duration
	wake     chan struct{} // one token: something urgent is there
	idle     chan struct{} // one token: something that can wait is there

	mu     sync.Mutex // guards the two lists
	urgent []string
	lazy   []string
	known  map[string]bool // true: urgent
}

func (n *news) init(listener Listener, every time.Duration) {
	n.listener, n.every = listener, every
	n.wake, n.idle = make(chan struct{}, 1), make(chan struct{}, 1)
	n.known = make(map[string]bool)
}

// mark notes that a stream changed; lazy changes (viewer counts) may wait for
// others. It never blocks.
func (n *news) mark(name string, lazy bool) {
	if n.listener == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	urgent, known := n.known[name]
	if urgent || (known && lazy) {
		return
	}
	n.known[name] = !lazy
	if lazy {
		n.lazy = append(n.lazy, name)
		signal(n.idle)
		return
	}
	n.urgent = append(n.urgent, name)
	signal(n.wake)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run tells the listener until ctx ends, and then once more what is left.
func (n *news) run(ctx context.Context, info func(string) Info) {
	var due <-chan time.Time
	for {
		select {
		case <-n.wake:
			n.tell(false, info)
		case <-n.idle:
			if due == nil {
				due = time.After(n.every)
			}
		case <-due:
			due = nil
			n.tell(true, info)
		case <-ctx.Done():
			n.tell(true, info)
			return
		}
	}
}

func (n *news) tell(all bool, info func(string) Info) {
	for _, name := range n.take(all) {
		n.listener.StreamChanged(info(name))
	}
}

// take empties the urgent list, and the lazy one too if all.
func (n *news) take(all bool) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	names := n.urgent
	n.urgent = nil
	for _, name := range names {
		delete(n.known, name)
	}
	if !all {
		return names
	}
	for _, name := range n.lazy {
		// Told as urgent meanwhile: the newest state is already out.
		if _, still := n.known[name]; still {
			names = append(names, name)
			delete(n.known, name)
		}
	}
	n.lazy = nil
	return names
}
