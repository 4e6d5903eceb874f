// Package cached keeps copies of what is asked for again and again and may be
// a moment old: in memory, behind that on the shelf that all replicas share,
// behind that in the store. It knows how copies come and go and which changes of
// rooms and members end them; what they mean it does not know.
package cached

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"synctv/internal/cluster"
)

const (
	// Life is how long a copy is used after the store was read, at whatever
	// level it lies; each copy has its own, up to Spread shorter or longer, so
	// that not all end at once.
	Life = 1800 * time.Millisecond
	// Spread is the most by which one copy's life differs.
	Spread = Life / 10
	// Bound is the oldest a copy can be when every word of a change was lost.
	Bound = Life + Spread
	// loadLimit bounds reading the store, shelfLimit asking the shelf: a help
	// that is slower than the store is none.
	loadLimit  = 3 * time.Second
	shelfLimit = 250 * time.Millisecond
)

// Level is where an answer came from.
type Level int

// The levels, nearest first. Joined answers waited for somebody else's load.
const (
	Memory Level = iota
	Joined
	Shelf
	Store
	levels
)

// String names a level, as the metrics do.
func (l Level) String() string { return [...]string{"memory", "joined", "shelf", "store"}[l] }

// Options of a cache.
type Options struct {
	Name    string           // begins its keys; another one when the shape of V changes
	Missing error            // what load says when there is nothing; that is kept, too
	Weight  uint64           // most bytes in memory
	Shelf   cluster.Shelf    // nil: alone
	Now     func() time.Time // the cluster's time
}

// Cache keeps copies of one kind of thing. Safe for use from many goroutines.
type Cache[V any] struct {
	o        Options
	memory   *otter.Cache[string, copied[V]]
	answered [levels]atomic.Int64

	mu    sync.Mutex
	loads map[string]*load[V] // guarded by mu
}

// copied is a value, or the knowledge that there is none.
type copied[V any] struct {
	Value   V     `json:"value"`
	None    bool  `json:"none,omitempty"`
	UntilUS int64 `json:"until"` // on the cluster's clock
	weight  uint32
}

// load is one reading of the levels below memory, and those who wait for it.
type load[V any] struct {
	done chan struct{}
	old  bool // the key was forgotten meanwhile; guarded by the cache's mu
	got  copied[V]
	err  error
}

// New makes an empty cache. It starts nothing: what is over makes room when
// something comes.
func New[V any](o Options) *Cache[V] {
	memory := otter.Must(&otter.Options[string, copied[V]]{
		MaximumWeight: o.Weight, Weigher: func(_ string, c copied[V]) uint32 { return c.weight },
		Executor: func(work func()) { work() }, Logger: &otter.NoopLogger{},
	})
	return &Cache[V]{o: o, memory: memory, loads: map[string]*load[V]{}}
}

// Answered counts answers by the level they came from.
func (c *Cache[V]) Answered(l Level) int64 { return c.answered[l].Load() }

// Weight is how many bytes the copies in memory take, about.
func (c *Cache[V]) Weight() uint64 { return c.memory.WeightedSize() }

// Get gives what is under a key, at most Bound old. read asks the store; it runs
// once however many ask at the same time, and goes on when the first of them
// gives up. A copy must not be changed: others have it, too.
func (c *Cache[V]) Get(ctx context.Context, key string, read func(context.Context) (V, error)) (V, error) {
	if got, ok := c.memory.GetIfPresent(key); ok && c.fresh(got) {
		c.answered[Memory].Add(1)
		return c.unwrap(got, nil)
	}
	c.mu.Lock()
	l, running := c.loads[key]
	if !running {
		l = &load[V]{done: make(chan struct{})}
		c.loads[key] = l
	}
	c.mu.Unlock()
	if !running {
		c.answered[c.run(ctx, key, l, read)].Add(1)
		return c.unwrap(l.got, l.err)
	}
	select {
	case <-l.done:
		c.answered[Joined].Add(1)
		return c.unwrap(l.got, l.err)
	case <-ctx.Done():
		var none V
		return none, context.Cause(ctx)
	}
}

func (c *Cache[V]) fresh(x copied[V]) bool { return c.o.Now().UnixMicro() < x.UntilUS }

func (c *Cache[V]) unwrap(x copied[V], err error) (V, error) {
	if err == nil && x.None {
		err = c.o.Missing
	}
	return x.Value, err
}

var errPanicked = errors.New("cached: the load panicked")

// run does a load for everybody who waits for it, and keeps what it got unless
// that was forgotten meanwhile.
func (c *Cache[V]) run(ctx context.Context, key string, l *load[V], read func(context.Context) (V, error)) (from Level) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadLimit)
	defer cancel()
	l.err = errPanicked
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !l.old {
			delete(c.loads, key)
			if l.err == nil {
				c.memory.Set(key, l.got)
			}
		}
		close(l.done)
	}()
	if got, ok := c.fromShelf(ctx, key); ok {
		l.got, l.err = got, nil
		return Shelf
	}
	l.got.Value, l.err = read(ctx)
	if l.err != nil && errors.Is(l.err, c.o.Missing) {
		l.got.None, l.err = true, nil
	}
	if l.err == nil {
		c.put(ctx, key, &l.got)
	}
	return Store
}

func (c *Cache[V]) fromShelf(ctx context.Context, key string) (got copied[V], ok bool) {
	if c.o.Shelf == nil {
		return got, false
	}
	ctx, cancel := context.WithTimeout(ctx, shelfLimit)
	defer cancel()
	raw, ok, err := c.o.Shelf.Get(ctx, c.o.Name+":"+key)
	if err != nil || !ok || json.Unmarshal(raw, &got) != nil || !c.fresh(got) {
		return copied[V]{}, false
	}
	got.weight = weigh(key, raw)
	return got, true
}

// put gives a value that was just read its end and its weight, and leaves a
// copy on the shelf.
func (c *Cache[V]) put(ctx context.Context, key string, got *copied[V]) {
	life := Life - Spread + rand.N(2*Spread) //nolint:gosec // no secret
	got.UntilUS = c.o.Now().Add(life).UnixMicro()
	raw, err := json.Marshal(got)
	got.weight = weigh(key, raw)
	if err != nil || c.o.Shelf == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, shelfLimit)
	defer cancel()
	_ = c.o.Shelf.Put(ctx, c.o.Name+":"+key, raw, life) // without it others read the store
}

// overhead is about what an entry costs besides what is in it.
const overhead = 128

func weigh(key string, raw []byte) uint32 {
	return uint32(overhead + 2*len(key) + 2*len(raw)) //nolint:gosec // a row of the store
}

// Forget drops a copy at every level that can be reached from here, after what
// it shows was changed in the store. Other replicas' memories are told by the
// caller.
func (c *Cache[V]) Forget(ctx context.Context, key string) {
	if c.o.Shelf != nil { // first: nobody is to fetch it from there into memory again
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shelfLimit)
		defer cancel()
		_ = c.o.Shelf.Drop(ctx, c.o.Name+":"+key) // else it ends by itself
	}
	c.ForgetHere(key)
}

// ForgetHere drops what this process has. A load that is running is not kept,
// and nobody joins it any more.
func (c *Cache[V]) ForgetHere(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.memory.Invalidate(key)
	if l := c.loads[key]; l != nil {
		l.old = true
		delete(c.loads, key)
	}
}
