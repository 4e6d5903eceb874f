package guard

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// Limiter lets at most so much run at a time, in all and for each key. What
// does not fit waits, in a bounded crowd and for a bounded time.
type Limiter struct {
	total   *semaphore.Weighted
	perKey  int64
	crowd   int64 // most waiting
	longest time.Duration

	mu   sync.Mutex
	keys map[string]*share // guarded by mu

	running, waiting, refusedCount atomic.Int64
}

// share is one key's part; it lives while somebody holds or waits.
type share struct {
	sem   *semaphore.Weighted
	users int // guarded by Limiter.mu
}

// LimiterStats is what a limiter has seen; Running in weights, Waiting and
// Refused in calls.
type LimiterStats struct{ Running, Waiting, Refused int64 }

// NewLimiter allows total at once, perKey for one key; crowd may wait, each for
// longest.
func NewLimiter(total, perKey, crowd int64, longest time.Duration) *Limiter {
	return &Limiter{total: semaphore.NewWeighted(total), perKey: perKey, crowd: crowd, longest: longest, keys: map[string]*share{}}
}

// Acquire takes weight, or fails with ErrBusy when it does not get it in time or
// too many wait already, or with the context's error. The caller calls release once.
func (l *Limiter) Acquire(ctx context.Context, key string, weight int64) (release func(), err error) {
	s := l.share(key)
	if err := l.take(ctx, s, weight); err != nil {
		l.leave(key, s)
		return nil, err
	}
	l.running.Add(weight)
	var once sync.Once
	return func() {
		once.Do(func() {
			l.running.Add(-weight)
			l.total.Release(weight)
			s.sem.Release(weight)
			l.leave(key, s)
		})
	}, nil
}

// take gets the key's part first, so that a busy host does not hold places of
// the others while it waits.
func (l *Limiter) take(ctx context.Context, s *share, weight int64) error {
	if s.sem.TryAcquire(weight) {
		if l.total.TryAcquire(weight) {
			return nil
		}
		s.sem.Release(weight)
	}
	if l.waiting.Add(1) > l.crowd {
		l.waiting.Add(-1)
		l.refusedCount.Add(1)
		return ErrBusy
	}
	defer l.waiting.Add(-1)
	patience, cancel := context.WithTimeout(ctx, l.longest)
	defer cancel()
	if err := s.sem.Acquire(patience, weight); err != nil {
		return l.gaveUp(ctx)
	}
	if err := l.total.Acquire(patience, weight); err != nil {
		s.sem.Release(weight)
		return l.gaveUp(ctx)
	}
	return nil
}

func (l *Limiter) gaveUp(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.refusedCount.Add(1)
	return ErrBusy
}

func (l *Limiter) share(key string) *share {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.keys[key]
	if s == nil {
		s = &share{sem: semaphore.NewWeighted(l.perKey)}
		l.keys[key] = s
	}
	s.users++
	return s
}

func (l *Limiter) leave(key string, s *share) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.users--; s.users == 0 {
		delete(l.keys, key)
	}
}

// Stats is a snapshot.
func (l *Limiter) Stats() LimiterStats {
	return LimiterStats{Running: l.running.Load(), Waiting: l.waiting.Load(), Refused: l.refusedCount.Load()}
}
