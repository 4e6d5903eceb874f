//go:build unix

package redis_test

import (
	"testing"
	"time"

	"synctv/internal/cluster/clustertest"
	"synctv/internal/cluster/redis"
)

func TestShelf(t *testing.T) {
	server := clustertest.StartRedis(t)
	client := open(t, server.URL)
	s := redis.NewShelf(redis.NewLink(client))
	want := func(key, value string) {
		t.Helper()
		got, ok, err := s.Get(t.Context(), key)
		if string(got) != value || ok != (value != "") || err != nil {
			t.Errorf("%s: %q %v %v; want %q", key, got, ok, err, value)
		}
	}
	put := func(key, value string, life time.Duration) {
		t.Helper()
		if err := s.Put(t.Context(), key, []byte(value), life); err != nil {
			t.Error(err)
		}
	}
	want("a", "")
	put("a", "1", time.Minute)
	put("a", "2", time.Minute)
	want("a", "1") // whoever was first
	if err := s.Drop(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	want("a", "")
	put("a", "old", time.Minute)
	want("a", "") // it was read before the drop, perhaps
	put("b", "1", time.Minute)
	everyKeyHasALifetime(t, client)
	put("brief", "1", time.Nanosecond)
	deadline := time.Now().Add(10 * time.Second)
	for {
		if _, ok, _ := s.Get(t.Context(), "brief"); !ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("a copy outlived its life")
		}
		<-time.After(time.Millisecond)
	}
}
