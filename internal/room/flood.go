package room

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Chat takes ten lines a second from one person and a short burst above.
const (
	chatPerSecond = 10
	chatBurst     = 10
)

// maxFloodKeys bounds the memory of a flood guard; beyond it those who have
// been quiet are forgotten, which loses nothing (their buckets are full).
const maxFloodKeys = 10_000

// flood limits how often each key may act, within this process.
type flood struct {
	perSecond rate.Limit
	burst     int

	mu    sync.Mutex
	byKey map[string]*rate.Limiter // guarded by mu
}

func newFlood(perSecond float64, burst int) *flood {
	return &flood{perSecond: rate.Limit(perSecond), burst: burst, byKey: map[string]*rate.Limiter{}}
}

// take counts one act of key at now; a wait above zero refuses it and says
// when the next one will be taken.
func (f *flood) take(key string, now time.Time) (wait time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l, ok := f.byKey[key]
	if !ok {
		if len(f.byKey) >= maxFloodKeys {
			f.forgetQuiet(now)
		}
		l = rate.NewLimiter(f.perSecond, f.burst)
		f.byKey[key] = l
	}
	if l.AllowN(now, 1) {
		return 0
	}
	missing := 1 - l.TokensAt(now)
	return time.Duration(missing / float64(f.perSecond) * float64(time.Second))
}

// forgetQuiet drops everyone whose bucket is full again; if nobody is, it
// drops all, which lets a flood of that size through once.
func (f *flood) forgetQuiet(now time.Time) {
	for k, l := range f.byKey {
		if l.TokensAt(now) >= float64(f.burst) {
			delete(f.byKey, k)
		}
	}
	if len(f.byKey) >= maxFloodKeys {
		clear(f.byKey)
	}
}
