package room

import (
	"context"
	"time"
)

// How long the locked commands may hold their locks, and wait for them.
const (
	createLock   = 10 * time.Second
	settingsLock = 10 * time.Second
	memberLock   = 5 * time.Second
)

// locked runs work while holding a lock, and gives up waiting for it after
// its lifetime: people press again rather than wait longer.
func (s *Service) locked(ctx context.Context, key string, ttl time.Duration, work func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, ttl)
	defer cancel()
	return s.Locks.WithLock(ctx, key, ttl, work)
}
