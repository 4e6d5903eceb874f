package local

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"synctv/internal/cluster"
	"synctv/internal/cluster/clustertest"
)

func TestLockOneAtATime(t *testing.T) {
	l := NewLocks()
	inside, most, done := 0, 0, 0
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			err := cluster.WithLock(t.Context(), l, "k", time.Second, func(context.Context) error {
				mu.Lock()
				inside++
				most = max(most, inside)
				mu.Unlock()
				mu.Lock()
				inside--
				done++
				mu.Unlock()
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if most != 1 || done != 200 {
		t.Errorf("%d at once, %d done", most, done)
	}
}

func TestLockTryFenceAndKeys(t *testing.T) {
	l := NewLocks()
	a, err := l.Try(t.Context(), "a", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Try(t.Context(), "a", time.Second); !errors.Is(err, cluster.ErrLocked) {
		t.Errorf("taken twice: %v", err)
	}
	b, err := l.Try(t.Context(), "b", time.Second)
	if err != nil {
		t.Fatalf("another key: %v", err)
	}
	b.Release()
	if a.Context().Err() != nil {
		t.Error("the lease ended by itself")
	}
	a.Release()
	a.Release()
	if a.Context().Err() == nil {
		t.Error("the lease lives on")
	}
	again, err := l.Try(t.Context(), "a", time.Second)
	if err != nil || again.Fence() <= a.Fence() {
		t.Errorf("again: %v", err)
	}
	again.Release()
}

func TestLockWaitersAreServedInOrderAndMayGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLocks()
		first, err := l.Acquire(t.Context(), "k", time.Second)
		if err != nil {
			t.Fatal(err)
		}
		var order []int
		for i := range 3 {
			go func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i+1)*time.Second)
				defer cancel()
				lease, err := l.Acquire(ctx, "k", time.Second)
				if err != nil {
					if i != 0 || !errors.Is(err, cluster.ErrLocked) || !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("%d: %v", i, err)
					}
					return
				}
				order = append(order, i)
				lease.Release()
			}()
			synctest.Wait()
		}
		time.Sleep(1500 * time.Millisecond) // the first waiter's patience ends
		first.Release()
		synctest.Wait()
		if len(order) != 2 || order[0] != 1 || order[1] != 2 {
			t.Errorf("order %v", order)
		}
	})
}

func TestWithLockGivesTheWorksOwnResultAndSurvivesPanics(t *testing.T) {
	l := NewLocks()
	own := errors.New("own")
	if err := cluster.WithLock(t.Context(), l, "k", time.Second, func(context.Context) error { return own }); err != own {
		t.Errorf("got %v", err)
	}
	func() {
		defer func() {
			if recover() != "boom" {
				t.Error("the panic was swallowed")
			}
		}()
		_ = cluster.WithLock(t.Context(), l, "k", time.Second, func(context.Context) error { panic("boom") })
	}()
	lease, err := l.Try(t.Context(), "k", time.Second)
	if err != nil {
		t.Fatalf("the lock was not released: %v", err)
	}
	lease.Release()
}

func TestLocksPassTheSuite(t *testing.T) {
	l := NewLocks()
	clustertest.Locker(t, func(*testing.T) cluster.Locker { return l })
}

func BenchmarkLockRoundTrip(b *testing.B) {
	locks := NewLocks()
	b.ReportAllocs()
	for b.Loop() {
		if err := cluster.WithLock(b.Context(), locks, "k", time.Second, func(context.Context) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
