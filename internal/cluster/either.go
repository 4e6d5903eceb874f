package cluster

import (
	"context"
	"errors"
	"time"
)

// Either takes locks among all replicas, and while those cannot be reached
// within this one only. Two replicas may then hold the same lock; what they
// write is kept in order by versions and by fences checked in the store, which
// is why a lock is allowed to be this weak.
type Either struct {
	All, Here Locker
	Away      func() bool
}

// Try implements Locker.
func (e Either) Try(ctx context.Context, key string, ttl time.Duration) (Lease, error) {
	return e.take(func(l Locker) (Lease, error) { return l.Try(ctx, key, ttl) })
}

// Acquire implements Locker.
func (e Either) Acquire(ctx context.Context, key string, ttl time.Duration) (Lease, error) {
	return e.take(func(l Locker) (Lease, error) { return l.Acquire(ctx, key, ttl) })
}

func (e Either) take(from func(Locker) (Lease, error)) (Lease, error) {
	if e.Away() {
		return from(e.Here)
	}
	lease, err := from(e.All)
	if err != nil && !errors.Is(err, ErrLocked) && e.Away() {
		return from(e.Here) // it was found out meanwhile
	}
	return lease, err
}
