package cluster

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Counted is a Locker that counts what comes of its locks.
type Counted struct {
	locker                                         Locker
	held, waiting, taken, busy, failed, lost, wait atomic.Int64 // wait in ns
}

// LockStats is what happened to locks since the start, and how many are held and
// waited for now.
type LockStats struct {
	Held, Waiting int64
	Taken         int64
	Busy          int64 // somebody else held it: at once, or for as long as one could wait
	Failed        int64 // the others could not be asked
	Lost          int64 // while it was held; counted when its holder lets go
	Waited        time.Duration
}

// Count counts the locks of l.
func Count(l Locker) *Counted { return &Counted{locker: l} }

// Stats is a snapshot.
func (c *Counted) Stats() LockStats {
	return LockStats{
		Held: c.held.Load(), Waiting: c.waiting.Load(), Taken: c.taken.Load(), Busy: c.busy.Load(),
		Failed: c.failed.Load(), Lost: c.lost.Load(), Waited: time.Duration(c.wait.Load()),
	}
}

// Try implements Locker.
func (c *Counted) Try(ctx context.Context, key string, ttl time.Duration) (Lease, error) {
	return c.count(c.locker.Try(ctx, key, ttl))
}

// Acquire implements Locker.
func (c *Counted) Acquire(ctx context.Context, key string, ttl time.Duration) (Lease, error) {
	began := time.Now()
	c.waiting.Add(1)
	lease, err := c.locker.Acquire(ctx, key, ttl)
	c.waiting.Add(-1)
	c.wait.Add(int64(time.Since(began)))
	return c.count(lease, err)
}

func (c *Counted) count(lease Lease, err error) (Lease, error) {
	switch {
	case errors.Is(err, ErrLocked):
		c.busy.Add(1)
		return nil, err
	case err != nil:
		c.failed.Add(1)
		return nil, err
	}
	c.taken.Add(1)
	c.held.Add(1)
	return &countedLease{Lease: lease, release: sync.OnceFunc(func() {
		if errors.Is(context.Cause(lease.Context()), ErrLost) {
			c.lost.Add(1)
		}
		c.held.Add(-1)
		lease.Release()
	})}, nil
}

type countedLease struct {
	Lease
	release func()
}

// Release implements Lease.
func (l *countedLease) Release() { l.release() }
