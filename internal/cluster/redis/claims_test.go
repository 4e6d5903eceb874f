//go:build unix

package redis_test

import (
	"errors"
	"testing"
	"time"

	"synctv/internal/cluster"
	"synctv/internal/cluster/clustertest"
	"synctv/internal/cluster/redis"
)

func TestClaims(t *testing.T) {
	server := clustertest.StartRedis(t)
	client := open(t, server.URL)
	claims := redis.NewClaims(redis.NewLink(client))
	ctx := t.Context()
	owner := func(want string) {
		t.Helper()
		o, ok, err := claims.Owner(ctx, "s")
		if err != nil || ok != (want != "") || o.Replica != want {
			t.Errorf("owner %+v %v, %v; want %q", o, ok, err, want)
		}
	}
	owner("")
	a, err := claims.Claim(ctx, "s", cluster.Owner{Key: "k", Replica: "a", URL: "http://a"})
	if err != nil {
		t.Fatal(err)
	}
	owner("a")
	if _, err := claims.Claim(ctx, "s", cluster.Owner{Key: "other", Replica: "b"}); !errors.Is(err, cluster.ErrLocked) {
		t.Errorf("a second owner: %v", err)
	}
	b, err := claims.Claim(ctx, "s", cluster.Owner{Key: "k", Replica: "b"}) // the same key takes over
	if err != nil {
		t.Fatal(err)
	}
	owner("b")
	<-a.Lost()
	a.Release()
	owner("b") // what was lost is not given up
	// Redis restarts without its data: whoever has it says so again.
	run(t, client, client.B().Flushall().Build())
	deadline := time.Now().Add(20 * time.Second)
	for {
		if o, ok, err := claims.Owner(ctx, "s"); err == nil && ok && o.Replica == "b" {
			break
		} else if time.Now().After(deadline) {
			t.Fatal("not claimed again", o, err)
		}
		<-time.After(20 * time.Millisecond)
	}
	everyKeyHasALifetime(t, client)
	b.Release()
	b.Release()
	owner("")
	select {
	case <-b.Lost():
		t.Error("lost what was released")
	default:
	}
}
