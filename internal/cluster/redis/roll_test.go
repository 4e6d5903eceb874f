//go:build unix

package redis_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"synctv/internal/cluster"
	"synctv/internal/cluster/clustertest"
	"synctv/internal/cluster/redis"
)

func TestRoll(t *testing.T) {
	server := clustertest.StartRedis(t)
	client := open(t, server.URL)
	clustertest.Roll(t, redis.NewRoll(redis.NewLink(client), "one"))
	everyKeyHasALifetime(t, client)
}

// Two replicas have the same person; a third dies with one of its own.
func TestARollIsShared(t *testing.T) {
	server := clustertest.StartRedis(t)
	client := open(t, server.URL)
	link := redis.NewLink(client)
	a, b := redis.NewRoll(link, "a"), redis.NewRoll(link, "b")
	ctx := t.Context()
	if first, err := a.Enter(ctx, "r", "ada"); !first || err != nil {
		t.Fatal(first, err)
	}
	if first, err := b.Enter(ctx, "r", "ada"); first || err != nil {
		t.Error("twice the first", err)
	}
	if last, err := a.Leave(ctx, "r", "ada"); last || err != nil {
		t.Error("left while still elsewhere", err)
	}
	if names, err := a.Names(ctx, "r"); !slices.Equal(names, []string{"ada"}) {
		t.Error(names, err)
	}
	// What a dead replica noted runs out: its entry is made old by hand.
	run(t, client, client.B().Zadd().Key("synctv:roll:{r}").ScoreMember().ScoreMember(1, "dead eve").ScoreMember(1, "dead ada").Build())
	if names, err := a.Names(ctx, "r"); !slices.Equal(names, []string{"ada"}) {
		t.Error("whoever ran out is still seen", names, err)
	}
	if gone, err := a.Renew(ctx, "r", nil); !slices.Equal(gone, []string{"eve"}) {
		t.Error("gone", gone, err)
	}
	if gone, err := b.Renew(ctx, "r", []string{"ada"}); len(gone) > 0 || err != nil {
		t.Error("told twice", gone, err)
	}
}

func TestALinkKnowsWhenRedisIsAway(t *testing.T) {
	server := clustertest.StartRedis(t)
	link := redis.NewLink(open(t, server.URL))
	roll := redis.NewRoll(link, "a")
	changes := make(chan bool, 10)
	done := make(chan struct{})
	go func() {
		defer close(done)
		link.Run(t.Context(), func(away bool) { changes <- away })
	}()
	t.Cleanup(func() { <-done })
	server.Freeze()
	next(t, changes, true)
	if _, err := roll.Names(t.Context(), "r"); !errors.Is(err, cluster.ErrAway) || !link.Away() {
		t.Error(err)
	}
	server.Thaw()
	next(t, changes, false)
	if _, err := roll.Names(t.Context(), "r"); err != nil {
		t.Error(err)
	}
}

func next(t *testing.T, changes chan bool, want bool) {
	t.Helper()
	select {
	case got := <-changes:
		if got != want {
			t.Fatalf("away %v", got)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("never away %v", want)
	}
}
