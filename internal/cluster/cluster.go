// Package cluster says what replicas need of each other, as ports: a lock that
// only one of them holds. Its folders implement them, within one process
// (local) and, with Redis, across many. It knows no rooms.
package cluster

import (
	"context"
	"errors"
	"time"
)

// ErrLocked says that somebody else holds the lock: Try found it taken, or
// Acquire's context ended before it was free.
var ErrLocked = errors.New("cluster: somebody else holds the lock")

// ErrLost is the cause of a lease's context when the lock was lost.
var ErrLost = errors.New("cluster: the lock was lost")

// Locker gives locks by name. A lock serialises work so that it does not
// contend; correctness never rests on it alone but on versions, unique
// constraints and, where one writer must be the only one, on the lease's
// fence checked in the store. Locks are not re-entrant: a holder that asks
// again waits for itself. All methods are safe for use from many goroutines.
type Locker interface {
	// Try takes a free lock at once, or answers ErrLocked.
	Try(ctx context.Context, key string, ttl time.Duration) (Lease, error)
	// Acquire waits until the lock is free or ctx ends (ErrLocked).
	Acquire(ctx context.Context, key string, ttl time.Duration) (Lease, error)
}

// Lease is a held lock. It is renewed until released.
type Lease interface {
	// Context ends when the lock is released or lost (cause ErrLost).
	Context() context.Context
	// Fence grows with every holder of this key.
	Fence() int64
	// Release lets go. It may be called twice, and after a cancellation.
	Release()
}

// WithLock runs work while holding a lock, with its fence in the context, and
// gives work's own result. A lock that could not be had is ErrLocked. A panic of
// work passes, after release.
func WithLock(ctx context.Context, l Locker, key string, ttl time.Duration, work func(ctx context.Context) error) error {
	lease, err := l.Acquire(ctx, key, ttl)
	if err != nil {
		return err
	}
	defer lease.Release()
	return work(WithFence(lease.Context(), Fence{Key: key, Number: lease.Fence()}))
}
