package cluster

import (
	"context"
	"fmt"
	"sync"
)

// Line is where goroutines of one process wait for a key, first come first
// served. It is the whole lock of a cluster of one, and keeps a clustered lock
// from being asked by more than one waiter of a process at a time.
type Line struct {
	mu     sync.Mutex
	queues map[string]*queue // guarded by mu; a key is in it while somebody is at its head
}

// queue is who waits behind the head. A waiter's channel is closed when it
// becomes the head.
type queue struct{ waiting []chan struct{} }

// NewLine makes an empty one.
func NewLine() *Line { return &Line{queues: map[string]*queue{}} }

// TryEnter gets to the head of a key's queue if nobody is there. leave must be
// called once.
func (l *Line) TryEnter(key string) (leave func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queues[key] != nil {
		return nil, ErrLocked
	}
	l.queues[key] = &queue{}
	return func() { l.leave(key) }, nil
}

// Enter waits for the head of a key's queue, or for the end of ctx (ErrLocked).
func (l *Line) Enter(ctx context.Context, key string) (leave func(), err error) {
	l.mu.Lock()
	q := l.queues[key]
	if q == nil {
		l.queues[key] = &queue{}
		l.mu.Unlock()
		return func() { l.leave(key) }, nil
	}
	turn := make(chan struct{})
	q.waiting = append(q.waiting, turn)
	l.mu.Unlock()
	select {
	case <-turn:
		return func() { l.leave(key) }, nil
	case <-ctx.Done():
		l.giveUp(key, turn)
		return nil, fmt.Errorf("%w: %w", ErrLocked, context.Cause(ctx))
	}
}

func (l *Line) leave(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.advance(key)
}

// giveUp leaves the queue; whoever became the head in the same moment lets the
// next one go.
func (l *Line) giveUp(key string, turn chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-turn:
		l.advance(key)
		return
	default:
	}
	q := l.queues[key]
	for i, w := range q.waiting {
		if w == turn {
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			return
		}
	}
}

// advance makes the next waiter the head. The caller holds mu.
func (l *Line) advance(key string) {
	q := l.queues[key]
	if len(q.waiting) == 0 {
		delete(l.queues, key)
		return
	}
	next := q.waiting[0]
	q.waiting = q.waiting[1:]
	close(next)
}
