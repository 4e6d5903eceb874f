//go:build unix

package cached_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"synctv/internal/cached"
	"synctv/internal/cluster/clustertest"
	"synctv/internal/cluster/redis"
)

var errNone = errors.New("there is none")

func alone(weight uint64) *cached.Cache[string] {
	return cached.New[string](cached.Options{Name: "t", Missing: errNone, Weight: weight, Now: time.Now})
}

// slow is a store that takes a second and counts how often it is asked.
type slow struct {
	asked atomic.Int64
	value atomic.Pointer[string] // nil: none
}

func (s *slow) set(v string) { s.value.Store(&v) }

func (s *slow) read(context.Context) (string, error) {
	s.asked.Add(1)
	v := s.value.Load()
	<-time.After(time.Second)
	if v == nil {
		return "", errNone
	}
	return *v, nil
}

func (s *slow) want(t *testing.T, asked int64) {
	t.Helper()
	if n := s.asked.Load(); n != asked {
		t.Errorf("the store was asked %d times, not %d", n, asked)
	}
}

func get(t *testing.T, c *cached.Cache[string], s *slow, want string) {
	t.Helper()
	got, err := c.Get(t.Context(), "k", s.read)
	if got != want || (want == "") != errors.Is(err, errNone) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestAThousandReadersLoadAColdKeyOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := alone(1<<20), &slow{}
		s.set("v")
		var readers sync.WaitGroup
		for range 1000 {
			readers.Go(func() { get(t, c, s, "v") })
		}
		readers.Wait()
		s.want(t, 1)
		if n := c.Answered(cached.Joined); n != 999 {
			t.Errorf("%d joined", n)
		}
	})
}

// Whoever asked first may give up: the load goes on for the others. A failure is
// everybody's, and is not kept.
func TestALoadBelongsToAllWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := alone(1<<20), &slow{}
		s.set("v")
		ctx, cancel := context.WithCancel(t.Context())
		var readers sync.WaitGroup
		readers.Go(func() { _, _ = c.Get(ctx, "k", s.read) })
		synctest.Wait()
		readers.Go(func() { get(t, c, s, "v") })
		synctest.Wait()
		cancel()
		readers.Wait()
		s.want(t, 1)
		broken := errors.New("broken")
		for range 2 {
			if _, err := c.Get(t.Context(), "other", func(context.Context) (string, error) { return "", broken }); !errors.Is(err, broken) {
				t.Error(err)
			}
		}
		if n := c.Answered(cached.Memory); n != 0 {
			t.Errorf("a failure was kept: %d", n)
		}
	})
}

// Nothing says that the value changed: it is old until its copy ends, and no
// longer than Bound. Lifetimes differ by a tenth either way.
func TestADroppedWordIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shortest, longest := time.Hour, time.Duration(0)
		for range 300 {
			c := alone(1 << 20)
			read := func(v string) func(context.Context) (string, error) {
				return func(context.Context) (string, error) { return v, nil }
			}
			began := time.Now()
			_, _ = c.Get(t.Context(), "k", read("old"))
			for {
				if v, _ := c.Get(t.Context(), "k", read("new")); v == "new" {
					break
				}
				<-time.After(time.Millisecond)
			}
			shortest, longest = min(shortest, time.Since(began)), max(longest, time.Since(began))
		}
		t.Logf("lifetimes from %v to %v", shortest, longest)
		if longest > cached.Bound+time.Millisecond {
			t.Errorf("old for %v", longest)
		}
		if shortest > cached.Life*92/100 || longest < cached.Life*108/100 {
			t.Error("lifetimes are not spread")
		}
	})
}

func TestThatThereIsNothingIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := alone(1<<20), &slow{}
		for range 100 {
			get(t, c, s, "")
		}
		s.want(t, 1)
		s.set("v")
		c.Forget(t.Context(), "k")
		get(t, c, s, "v")
		s.want(t, 2)
	})
}

// What was read before a change and comes after it is not kept, and nobody who
// asks after the change gets it.
func TestAForgottenLoadIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := alone(1<<20), &slow{}
		s.set("old")
		var readers sync.WaitGroup
		readers.Go(func() { get(t, c, s, "old") })
		synctest.Wait()
		s.set("new")
		c.Forget(t.Context(), "k")
		get(t, c, s, "new")
		readers.Wait()
		get(t, c, s, "new")
		s.want(t, 2)
	})
}

func TestTheWeightBoundHolds(t *testing.T) {
	const bound = 64 << 10
	c := alone(bound)
	var readers sync.WaitGroup
	for r := range 8 {
		readers.Go(func() {
			for i := range 2000 {
				_, err := c.Get(t.Context(), fmt.Sprint(r, i), func(context.Context) (string, error) { return strings.Repeat("x", i), nil })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	readers.Wait()
	_, _ = c.Get(t.Context(), "last", func(context.Context) (string, error) { return "", nil })
	if w := c.Weight(); w > bound || w < bound/2 {
		t.Errorf("%d bytes, bound %d", w, bound)
	}
	huge := func(context.Context) (string, error) { return strings.Repeat("x", bound), nil }
	if v, err := c.Get(t.Context(), "huge", huge); len(v) != bound || err != nil {
		t.Error(len(v), err)
	}
	if w := c.Weight(); w > bound {
		t.Errorf("%d bytes with one that is larger than all", w)
	}
}

// Two replicas: the second has from the shelf what the first read; what either
// forgets the other does not find there again, not even when a third one, who
// had read before, puts it down after.
func TestLevels(t *testing.T) {
	server := clustertest.StartRedis(t)
	client, err := redis.Open(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	shelf := redis.NewShelf(redis.NewLink(client))
	replica := func() *cached.Cache[string] {
		return cached.New[string](cached.Options{Name: "t", Missing: errNone, Weight: 1 << 20, Shelf: shelf, Now: time.Now})
	}
	a, b, late := replica(), replica(), replica()
	read := func(v string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) { return v, nil }
	}
	expect := func(c *cached.Cache[string], stored, want string, from cached.Level) {
		t.Helper()
		before := c.Answered(from)
		if got, err := c.Get(t.Context(), "k", read(stored)); got != want || err != nil {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
		if c.Answered(from) != before+1 {
			t.Errorf("not from %v", from)
		}
	}
	expect(a, "1", "1", cached.Store)
	expect(a, "2", "1", cached.Memory)
	expect(b, "2", "1", cached.Shelf)
	_, _ = late.Get(t.Context(), "other", func(ctx context.Context) (string, error) {
		b.Forget(ctx, "other") // between its reading and its putting down
		return "old", nil
	})
	if _, ok, err := shelf.Get(t.Context(), "t:other"); ok || err != nil {
		t.Error("what was read before the change is there after it", err)
	}
	a.Forget(t.Context(), "k")
	b.ForgetHere("k")
	expect(b, "2", "2", cached.Store)
	expect(a, "2", "2", cached.Store) // its word came before b's copy; a dropped key takes none for a while
	_, _ = a.Get(t.Context(), "no", func(context.Context) (string, error) { return "", errNone })
	if _, err := b.Get(t.Context(), "no", read("asked again")); !errors.Is(err, errNone) {
		t.Errorf("that there is nothing was not shared: %v", err)
	}
	server.Freeze() // a help that does not answer is none
	defer server.Thaw()
	if got, err := a.Get(t.Context(), "alone", read("v")); got != "v" || err != nil {
		t.Error(got, err)
	}
}

func BenchmarkMemory(b *testing.B) {
	c := alone(1 << 20)
	read := func(context.Context) (string, error) { return "v", nil }
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, _ = c.Get(b.Context(), "k", read)
		}
	})
}
