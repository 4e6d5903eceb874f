package local

import (
	"context"
	"fmt"
	"sync"
	"time"

	"synctv/internal/cluster"
)

// Locks is the lock of a cluster of one. Nothing can be lost within a process,
// so a lifetime is not needed and leases are never lost; waiters get their turn
// in the order they came.
type Locks struct {
	mu    sync.Mutex
	held  map[string]*line // guarded by mu; a key is in it while somebody holds it
	fence int64            // guarded by mu
}

// line is who waits for one key. Each waiter's channel is closed to hand the
// lock over.
type line struct{ waiting []chan struct{} }

// NewLocks makes an empty set of locks.
func NewLocks() *Locks { return &Locks{held: map[string]*line{}} }

// Try implements cluster.Locker.
func (l *Locks) Try(ctx context.Context, key string, _ time.Duration) (cluster.Lease, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[key] != nil {
		return nil, cluster.ErrLocked
	}
	l.held[key] = &line{}
	return l.lease(ctx, key), nil
}

// Acquire implements cluster.Locker.
func (l *Locks) Acquire(ctx context.Context, key string, ttl time.Duration) (cluster.Lease, error) {
	if lease, err := l.Try(ctx, key, ttl); err == nil {
		return lease, nil
	}
	l.mu.Lock()
	q := l.held[key]
	if q == nil { // let go meanwhile
		l.held[key] = &line{}
		defer l.mu.Unlock()
		return l.lease(ctx, key), nil
	}
	turn := make(chan struct{})
	q.waiting = append(q.waiting, turn)
	l.mu.Unlock()
	select {
	case <-turn:
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.lease(ctx, key), nil
	case <-ctx.Done():
		l.giveUp(key, turn)
		return nil, fmt.Errorf("%w: %w", cluster.ErrLocked, context.Cause(ctx))
	}
}

// giveUp leaves the line; who was handed the lock in the same moment hands it on.
func (l *Locks) giveUp(key string, turn chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-turn:
		l.handOver(key)
		return
	default:
	}
	q := l.held[key]
	for i, w := range q.waiting {
		if w == turn {
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			return
		}
	}
}

// handOver gives the lock to the next in line. The caller holds mu.
func (l *Locks) handOver(key string) {
	q := l.held[key]
	if len(q.waiting) == 0 {
		delete(l.held, key)
		return
	}
	next := q.waiting[0]
	q.waiting = q.waiting[1:]
	close(next)
}

// lease is made by whoever just got the lock. The caller holds mu.
func (l *Locks) lease(ctx context.Context, key string) *lease {
	l.fence++
	ctx, cancel := context.WithCancel(ctx)
	return &lease{ctx: ctx, fence: l.fence, release: sync.OnceFunc(func() {
		cancel()
		l.mu.Lock()
		defer l.mu.Unlock()
		l.handOver(key)
	})}
}

type lease struct {
	ctx     context.Context //nolint:containedctx // a lease is a lifetime
	fence   int64
	release func()
}

func (l *lease) Context() context.Context { return l.ctx }
func (l *lease) Fence() int64             { return l.fence }
func (l *lease) Release()                 { l.release() }
