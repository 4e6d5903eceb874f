//go:build unix

package redis_test

import (
	"sync"
	"testing"
	"time"

	"synctv/internal/cluster/clustertest"
	"synctv/internal/cluster/redis"
)

func TestClock(t *testing.T) {
	server := clustertest.StartRedis(t)
	// Their machines' clocks are 400 ms apart.
	a, err := redis.NewClock(t.Context(), open(t, server.URL), time.Now().Add(-200*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	b, err := redis.NewClock(t.Context(), open(t, server.URL), time.Now().Add(200*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { a.Run(t.Context()) })
	t.Cleanup(running.Wait)
	// One machine, so Redis' clock is this one. Both are read at once.
	x, y := a.Now(), b.Now()
	t.Logf("%v apart", y.Sub(x))
	if apart := y.Sub(x).Abs(); apart > 20*time.Millisecond || a.Skew().Abs() > 20*time.Millisecond {
		t.Errorf("%v apart, %v from the wall", apart, a.Skew())
	}
	server.Freeze() // goes on counting while Redis is away
	for last, until := a.Now(), time.Now().Add(1500*time.Millisecond); time.Now().Before(until); {
		now := a.Now()
		if now.Before(last) {
			t.Fatalf("went back by %v", last.Sub(now))
		}
		last = now
	}
	server.Thaw()
	if a.Skew().Abs() > 20*time.Millisecond {
		t.Errorf("%v from the wall", a.Skew())
	}
}
