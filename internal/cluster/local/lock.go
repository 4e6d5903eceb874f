package local

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"synctv/internal/cluster"
)

// Locks is the lock of a cluster of one. Nothing can be lost within a process,
// so a lifetime is not needed and leases are never lost; waiters get their turn
// in the order they came.
type Locks struct {
	line  *cluster.Line
	fence atomic.Int64
}

// NewLocks makes an empty set of locks.
func NewLocks() *Locks { return &Locks{line: cluster.NewLine()} }

// Try implements cluster.Locker.
func (l *Locks) Try(ctx context.Context, key string, _ time.Duration) (cluster.Lease, error) {
	leave, err := l.line.TryEnter(key)
	if err != nil {
		return nil, err
	}
	return l.lease(ctx, leave), nil
}

// Acquire implements cluster.Locker.
func (l *Locks) Acquire(ctx context.Context, key string, _ time.Duration) (cluster.Lease, error) {
	leave, err := l.line.Enter(ctx, key)
	if err != nil {
		return nil, err
	}
	return l.lease(ctx, leave), nil
}

func (l *Locks) lease(ctx context.Context, leave func()) *lease {
	ctx, cancel := context.WithCancel(ctx)
	return &lease{ctx: ctx, fence: l.nextFence(), release: sync.OnceFunc(func() {
		cancel()
		leave()
	})}
}

// nextFence follows the clock, so that a restart never takes a fence back.
func (l *Locks) nextFence() int64 {
	for {
		last := l.fence.Load()
		next := max(last+1, time.Now().UnixMicro())
		if l.fence.CompareAndSwap(last, next) {
			return next
		}
	}
}

type lease struct {
	ctx     context.Context //nolint:containedctx // a lease is a lifetime
	fence   int64
	release func()
}

func (l *lease) Context() context.Context { return l.ctx }
func (l *lease) Fence() int64             { return l.fence }
func (l *lease) Release()                 { l.release() }
