//go:build unix

package redis_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"go.uber.org/goleak"

	"synctv/internal/cluster"
	"synctv/internal/cluster/clustertest"
	"synctv/internal/cluster/redis"
)

func run(t *testing.T, client rueidis.Client, c rueidis.Completed) {
	t.Helper()
	if err := client.Do(t.Context(), c).Error(); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, url string) rueidis.Client {
	t.Helper()
	client, err := redis.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func TestLocks(t *testing.T) {
	server := clustertest.StartRedis(t)
	clustertest.Locker(t, func(t *testing.T) cluster.Locker { return redis.NewLocks(open(t, server.URL)) })
	everyKeyHasALifetime(t, open(t, server.URL))
}

func everyKeyHasALifetime(t *testing.T, client rueidis.Client) {
	t.Helper()
	keys, err := client.Do(t.Context(), client.B().Keys().Pattern("*").Build()).AsStrSlice()
	if err != nil || len(keys) == 0 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	for _, k := range keys {
		if ms, err := client.Do(t.Context(), client.B().Pttl().Key(k).Build()).AsInt64(); err != nil || ms <= 0 {
			t.Errorf("%s lives %d ms, %v", k, ms, err)
		}
	}
}

// A machine that stands still for longer than a lifetime loses the lock, rightly:
// then longer lifetimes are tried.
func TestALockIsKeptWhileHeld(t *testing.T) {
	server := clustertest.StartRedis(t)
	a, b := redis.NewLocks(open(t, server.URL)), redis.NewLocks(open(t, server.URL))
	for ttl := 300 * time.Millisecond; ttl < 5*time.Second; ttl *= 2 {
		if keptFor(t, a, b, ttl) {
			return
		}
	}
	t.Error("no lock was kept, however long it lived")
}

// keptFor holds a lock for several lifetimes; it says whether nobody else got it.
func keptFor(t *testing.T, a, b *redis.Locks, ttl time.Duration) bool {
	t.Helper()
	held, err := a.Acquire(t.Context(), "k", ttl)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Release()
	for until := time.Now().Add(4 * ttl); time.Now().Before(until); {
		other, err := b.Try(t.Context(), "k", ttl)
		if err == nil {
			other.Release()
			<-held.Context().Done() // whoever lost it is told
			return false
		}
		if !errors.Is(err, cluster.ErrLocked) {
			t.Fatal(err)
		}
		<-time.After(20 * time.Millisecond)
	}
	return held.Context().Err() == nil
}

func TestALostLockEndsItsLease(t *testing.T) {
	server := clustertest.StartRedis(t)
	client := open(t, server.URL)
	locks := redis.NewLocks(client)
	for name, lose := range map[string]func(){
		"another holder": func() {
			client.Do(t.Context(), client.B().Set().Key("synctv:lock:{k}").Value("x").Px(time.Second).Build())
		},
		"data lost":           func() { client.Do(t.Context(), client.B().Flushall().Build()) },
		"Redis not answering": server.Freeze,
	} {
		t.Run(name, func(t *testing.T) {
			defer server.Thaw()
			lease, err := locks.Acquire(t.Context(), "k", 300*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			fence := lease.Fence()
			lose()
			select {
			case <-lease.Context().Done():
			case <-time.After(5 * time.Second):
				t.Fatal("the holder was not told")
			}
			if !errors.Is(context.Cause(lease.Context()), cluster.ErrLost) {
				t.Errorf("cause %v", context.Cause(lease.Context()))
			}
			server.Thaw()
			lease.Release()
			next, err := locks.Acquire(t.Context(), "k", time.Second)
			if err != nil || next.Fence() <= fence {
				t.Fatalf("next holder: %v", err)
			}
			next.Release()
		})
	}
}

func TestReleaseOfALostLockLeavesTheNextHolderAlone(t *testing.T) {
	server := clustertest.StartRedis(t)
	client := open(t, server.URL)
	a, b := redis.NewLocks(client), redis.NewLocks(open(t, server.URL))
	first, err := a.Try(t.Context(), "k", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	client.Do(t.Context(), client.B().Del().Key("synctv:lock:{k}").Build())
	second, err := b.Try(t.Context(), "k", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Release()
	first.Release()
	if _, err := a.Try(t.Context(), "k", time.Minute); !errors.Is(err, cluster.ErrLocked) {
		t.Errorf("the second holder's lock is gone: %v", err)
	}
}

func TestNoGoroutineStays(t *testing.T) {
	server := clustertest.StartRedis(t)
	client := open(t, server.URL)
	before := goleak.IgnoreCurrent()
	locks := redis.NewLocks(client)
	for range 10 {
		if err := cluster.WithLock(t.Context(), locks, "k", time.Second, func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	goleak.VerifyNone(t, before)
}

func TestOpenHidesThePassword(t *testing.T) {
	for _, url := range []string{"redis://user:secret@127.0.0.1:1", "http://user:secret@x", "redis://:secret@[::"} {
		client, err := redis.Open(t.Context(), url)
		if err == nil {
			client.Close()
			t.Errorf("%s was opened", url)
		} else if got := err.Error(); len(got) == 0 || strings.Contains(got, "secret") {
			t.Errorf("got %v", err)
		}
	}
}

func BenchmarkLockRoundTrip(b *testing.B) {
	server := clustertest.StartRedis(b)
	client, err := redis.Open(b.Context(), server.URL)
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	locks := redis.NewLocks(client)
	for b.Loop() {
		if err := cluster.WithLock(b.Context(), locks, "k", time.Second, func(context.Context) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
