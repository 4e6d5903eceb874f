package local_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"synctv/internal/cluster"
	"synctv/internal/cluster/local"
)

// brittle gives locks that are lost when asked, and none when away.
type brittle struct {
	cluster.Locker
	lose context.CancelCauseFunc
	away bool
}

type brittleLease struct {
	cluster.Lease
	ctx context.Context
}

func (l brittleLease) Context() context.Context { return l.ctx }

func (b *brittle) Try(ctx context.Context, key string, ttl time.Duration) (cluster.Lease, error) {
	if b.away {
		return nil, cluster.ErrAway
	}
	lease, err := b.Locker.Try(ctx, key, ttl)
	if err != nil {
		return nil, err
	}
	ctx, b.lose = context.WithCancelCause(lease.Context())
	return brittleLease{lease, ctx}, nil
}

func TestLocksAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &brittle{Locker: local.NewLocks()}
		c := cluster.Count(b)
		first, err := c.Try(t.Context(), "k:1", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Try(t.Context(), "k:1", time.Minute); !errors.Is(err, cluster.ErrLocked) {
			t.Error(err)
		}
		go func() {
			<-time.After(3 * time.Second)
			b.lose(cluster.ErrLost)
			first.Release()
			first.Release() // once is what counts
		}()
		var second cluster.Lease
		go func() { second, _ = c.Acquire(t.Context(), "k:1", time.Minute) }()
		synctest.Wait()
		if s := c.Stats(); s.Held != 1 || s.Waiting != 1 || s.Taken != 1 || s.Busy != 1 {
			t.Errorf("%+v", s)
		}
		<-time.After(4 * time.Second)
		synctest.Wait()
		if s := c.Stats(); s.Held != 1 || s.Waiting != 0 || s.Taken != 2 || s.Lost != 1 || s.Waited != 3*time.Second {
			t.Errorf("%+v", s)
		}
		second.Release()
		b.away = true
		if _, err := c.Try(t.Context(), "k:1", time.Minute); !errors.Is(err, cluster.ErrAway) {
			t.Error(err)
		}
		if s := c.Stats(); s.Held != 0 || s.Lost != 1 || s.Failed != 1 {
			t.Errorf("%+v", s)
		}
	})
}
