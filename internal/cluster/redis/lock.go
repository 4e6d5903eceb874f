package redis

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"synctv/internal/cluster"
)

// Locks is the lock across processes. A lock is a key with a random value and
// a lifetime (SET NX PX); only who knows the value releases or extends it. Each
// holder gets a fence, a number that grows with every holder and survives the
// lock's own expiry, for the store to check: a process that slept through its
// lifetime may still believe it holds the lock, and only the fence stops it.
//
// Inside one process waiters stand in one line, so that Redis sees one of them
// at a time however many there are.
type Locks struct {
	client  rueidis.Client
	line    *cluster.Line
	acquire *rueidis.Lua
	extend  *rueidis.Lua
	release *rueidis.Lua
}

// The fence is max(previous + 1, Redis TIME in µs): neither the loss of the key
// nor a restart without data takes it back. It outlives the lock by a day.
const acquireScript = `
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return false end
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
local fence = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, now)
redis.call('SET', KEYS[2], string.format('%.0f', fence), 'PX', 86400000)
return string.format('%.0f', fence)`

const extendScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`

const releaseScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`

// Waiting for a lock that another process holds: tried again after a random
// time between these.
const (
	retryLeast = 5 * time.Millisecond
	retryMost  = 50 * time.Millisecond
	callLimit  = 2 * time.Second // one call to Redis
)

// NewLocks works on a client it does not close.
func NewLocks(client rueidis.Client) *Locks {
	return &Locks{
		client: client, line: cluster.NewLine(),
		acquire: rueidis.NewLuaScript(acquireScript), extend: rueidis.NewLuaScript(extendScript), release: rueidis.NewLuaScript(releaseScript),
	}
}

// Try implements cluster.Locker.
func (l *Locks) Try(ctx context.Context, key string, ttl time.Duration) (cluster.Lease, error) {
	leave, err := l.line.TryEnter(key)
	if err != nil {
		return nil, err
	}
	lease, err := l.take(ctx, key, ttl, leave)
	if err != nil {
		leave()
		return nil, err
	}
	return lease, nil
}

// Acquire implements cluster.Locker.
func (l *Locks) Acquire(ctx context.Context, key string, ttl time.Duration) (cluster.Lease, error) {
	leave, err := l.line.Enter(ctx, key)
	if err != nil {
		return nil, err
	}
	for {
		lease, err := l.take(ctx, key, ttl, leave)
		if err == nil {
			return lease, nil
		}
		if ctx.Err() != nil {
			leave()
			return nil, fmt.Errorf("%w: %w", cluster.ErrLocked, context.Cause(ctx))
		}
		if !errors.Is(err, cluster.ErrLocked) {
			leave()
			return nil, err
		}
		pause := time.NewTimer(retryLeast + rand.N(retryMost-retryLeast)) //nolint:gosec // jitter
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			leave()
			return nil, fmt.Errorf("%w: %w", cluster.ErrLocked, context.Cause(ctx))
		}
	}
}

// keys of a lock and its fence; the braces keep both in one slot of a cluster.
func keys(key string) []string {
	return []string{prefix + "lock:{" + key + "}", prefix + "fence:{" + key + "}"}
}

// take asks Redis once. ErrLocked: somebody else holds it.
func (l *Locks) take(ctx context.Context, key string, ttl time.Duration, leave func()) (*lease, error) {
	value := strconv.FormatUint(rand.Uint64(), 36) + strconv.FormatUint(rand.Uint64(), 36) //nolint:gosec // told apart, not guessed
	began := time.Now()
	call, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	raw, err := l.acquire.Exec(call, l.client, keys(key), []string{value, millis(ttl)}).ToString()
	switch {
	case rueidis.IsRedisNil(err):
		return nil, cluster.ErrLocked
	case err != nil:
		// The answer may be lost and the lock ours: give it back rather than
		// let everybody wait for its end.
		l.drop(key, value)
		return nil, fmt.Errorf("lock %s: %w", key, err)
	}
	fence, err := strconv.ParseInt(raw, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("lock %s: fence %q: %w", key, raw, err)
	}
	return l.hold(ctx, key, value, ttl, began, fence, leave), nil
}

func millis(d time.Duration) string { return strconv.FormatInt(max(1, d.Milliseconds()), 10) }

// drop deletes the lock if it is still ours. It works after a cancellation.
func (l *Locks) drop(key, value string) {
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	// If Redis is away the lock ends by its lifetime.
	_ = l.release.Exec(ctx, l.client, keys(key)[:1], []string{value}).Error()
}

// lease is a held lock with the goroutine that renews it.
type lease struct {
	ctx     context.Context //nolint:containedctx // a lease is a lifetime
	fence   int64
	release func()
}

func (h *lease) Context() context.Context { return h.ctx }
func (h *lease) Fence() int64             { return h.fence }
func (h *lease) Release()                 { h.release() }

func (l *Locks) hold(ctx context.Context, key, value string, ttl time.Duration, began time.Time, fence int64, leave func()) *lease {
	held, end := context.WithCancelCause(ctx)
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	var renewal sync.WaitGroup
	renewal.Go(func() {
		if l.renew(renewing, key, value, ttl, began) {
			end(cluster.ErrLost)
		}
	})
	return &lease{ctx: held, fence: fence, release: sync.OnceFunc(func() {
		stop()
		renewal.Wait()
		end(context.Canceled)
		l.drop(key, value)
		leave()
	})}
}

// renew extends the lock at a third of its lifetime until ctx ends; lost is
// true when the lock turned out to be somebody else's, or could not be
// extended before its lifetime ran out. The lifetime counts from before each
// call, so that this side never believes longer than Redis does.
func (l *Locks) renew(ctx context.Context, key, value string, ttl time.Duration, since time.Time) (lost bool) {
	tick := time.NewTicker(ttl / 3)
	defer tick.Stop()
	for {
		dead := time.NewTimer(time.Until(since.Add(ttl)))
		select {
		case <-ctx.Done():
			dead.Stop()
			return false
		case <-dead.C:
			return true
		case <-tick.C:
			dead.Stop()
		}
		began := time.Now()
		call, cancel := context.WithDeadline(ctx, since.Add(ttl))
		n, err := l.extend.Exec(call, l.client, keys(key)[:1], []string{value, millis(ttl)}).AsInt64()
		cancel()
		switch {
		case ctx.Err() != nil:
			return false
		case err == nil && n == 1:
			since = began
		case err == nil:
			return true
		}
		// An error: Redis may be away for a moment; there is time until the end.
	}
}
