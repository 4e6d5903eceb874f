//go:build unix

package main

import (
	"context"
	"testing"

	"synctv/internal/cluster"
	"synctv/internal/cluster/clustertest"
	"synctv/internal/cluster/redis"
)

// TestAJobRunsOnOneReplicaAtATime: by a real Redis, as two processes have it.
func TestAJobRunsOnOneReplicaAtATime(t *testing.T) {
	server := clustertest.StartRedis(t)
	replica := func() *program {
		client, err := redis.Open(t.Context(), server.URL)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		return &program{shared: &shared{locks: cluster.Count(redis.NewLocks(client))}}
	}
	first, second := replica(), replica()
	runs := 0
	count := func(context.Context) error { runs++; return nil }
	err := first.alone(t.Context(), "sweep", func(ctx context.Context) error {
		if f := cluster.Fences(ctx); len(f) != 1 || f[0].Key != "job:sweep" || f[0].Number == 0 {
			t.Errorf("its writes carry the fences %v", f)
		}
		if err := second.alone(t.Context(), "sweep", count); err != nil || runs != 0 {
			t.Errorf("the other replica works, too: %d, %v", runs, err)
		}
		if err := second.alone(t.Context(), "another", count); err != nil || runs != 1 {
			t.Errorf("another job waits for this one: %d, %v", runs, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.alone(t.Context(), "sweep", count); err != nil || runs != 2 {
		t.Errorf("after the first is done: %d, %v", runs, err)
	}
}
