// Package clustertest is the suite that every implementation of cluster's ports
// passes, and the real Redis server it runs them on. It knows the ports, not
// what is behind them.
package clustertest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"synctv/internal/cluster"
)

// ttl is long enough that nothing expires by accident on a busy machine.
const ttl = 5 * time.Second

// Locker runs the suite of locks. Each call of open gives a locker as another
// process would have it: all of them must see the same locks.
func Locker(t *testing.T, open func(t *testing.T) cluster.Locker) {
	t.Run("try", func(t *testing.T) { testTry(t, open(t), open(t)) })
	t.Run("waits", func(t *testing.T) { testWaits(t, open(t), open(t)) })
	t.Run("gives up", func(t *testing.T) { testGivesUp(t, open(t), open(t)) })
	t.Run("fences grow", func(t *testing.T) { testFences(t, open(t), open(t)) })
	t.Run("with lock", func(t *testing.T) { testWithLock(t, open(t)) })
	t.Run("released after cancellation", func(t *testing.T) { testCancelled(t, open(t), open(t)) })
	t.Run("a thousand contenders", func(t *testing.T) { testContenders(t, open(t), open(t), open(t)) })
}

func must(t *testing.T, l cluster.Lease, err error) cluster.Lease {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Release)
	return l
}

func testTry(t *testing.T, a, b cluster.Locker) {
	held, err := a.Try(t.Context(), "try", ttl)
	must(t, held, err)
	for _, l := range []cluster.Locker{a, b} {
		if _, err := l.Try(t.Context(), "try", ttl); !errors.Is(err, cluster.ErrLocked) {
			t.Errorf("taken twice: %v", err)
		}
	}
	other, err := b.Try(t.Context(), "another", ttl)
	must(t, other, err)
	if held.Context().Err() != nil {
		t.Error("the lease ended by itself")
	}
	held.Release()
	held.Release()
	if held.Context().Err() == nil {
		t.Error("the lease lives on after its release")
	}
	again, err := b.Try(t.Context(), "try", ttl)
	must(t, again, err)
}

func testWaits(t *testing.T, a, b cluster.Locker) {
	held, err := a.Acquire(t.Context(), "waits", ttl)
	must(t, held, err)
	got := make(chan error, 1)
	go func() {
		next, err := b.Acquire(t.Context(), "waits", ttl)
		if err == nil {
			next.Release()
		}
		got <- err
	}()
	select {
	case err := <-got:
		t.Fatalf("did not wait: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	held.Release()
	if err := <-got; err != nil {
		t.Error(err)
	}
}

func testGivesUp(t *testing.T, a, b cluster.Locker) {
	held, err := a.Acquire(t.Context(), "gives up", ttl)
	must(t, held, err)
	for _, l := range []cluster.Locker{a, b} {
		ctx, cancel := context.WithTimeout(t.Context(), 60*time.Millisecond)
		_, err := l.Acquire(ctx, "gives up", ttl)
		cancel()
		if !errors.Is(err, cluster.ErrLocked) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	}
	held.Release()
	again, err := b.Try(t.Context(), "gives up", ttl) // whoever gave up holds nothing
	must(t, again, err)
}

func testFences(t *testing.T, a, b cluster.Locker) {
	last := int64(0)
	for i := range 20 {
		l := []cluster.Locker{a, b}[i%2]
		lease, err := l.Acquire(t.Context(), "fence", ttl)
		must(t, lease, err)
		if lease.Fence() <= last {
			t.Fatalf("fence %d after %d", lease.Fence(), last)
		}
		last = lease.Fence()
		lease.Release()
	}
}

func testWithLock(t *testing.T, l cluster.Locker) {
	own := errors.New("own")
	for _, want := range []error{nil, own} {
		if err := cluster.WithLock(t.Context(), l, "with", ttl, func(context.Context) error { return want }); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	func() {
		defer func() {
			if recover() != "boom" {
				t.Error("the panic was swallowed")
			}
		}()
		_ = cluster.WithLock(t.Context(), l, "with", ttl, func(context.Context) error { panic("boom") })
	}()
	free, err := l.Try(t.Context(), "with", ttl)
	must(t, free, err)
}

// The work's context may be dead when it ends; the lock is let go all the same.
func testCancelled(t *testing.T, a, b cluster.Locker) {
	ctx, cancel := context.WithCancel(t.Context())
	err := cluster.WithLock(ctx, a, "cancelled", ttl, func(held context.Context) error {
		cancel()
		<-held.Done()
		return held.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	free, err := b.Try(t.Context(), "cancelled", ttl)
	must(t, free, err)
}

// Nobody is inside together, and all get their turn.
func testContenders(t *testing.T, lockers ...cluster.Locker) {
	const contenders = 1000
	var mu sync.Mutex
	inside, most, turns := 0, 0, 0
	longest := time.Duration(0)
	var wg sync.WaitGroup
	for i := range contenders {
		wg.Go(func() {
			began := time.Now()
			err := cluster.WithLock(t.Context(), lockers[i%len(lockers)], "crowd", ttl, func(context.Context) error {
				mu.Lock()
				inside++
				most, turns = max(most, inside), turns+1
				longest = max(longest, time.Since(began))
				mu.Unlock()
				mu.Lock()
				inside--
				mu.Unlock()
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if most != 1 || turns != contenders {
		t.Errorf("%d inside at once, %d turns", most, turns)
	}
	t.Logf("the longest wait was %v", longest)
}
