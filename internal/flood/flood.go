// Package flood limits how often each of many may act, within this process and
// in bounded memory. It knows keys, not what they stand for; time comes in as a
// value.
package flood

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxFloodKeys bounds the memory of a flood guard; beyond it those who have
// been quiet are forgotten, which loses nothing (their buckets are full).
const maxFloodKeys = 10_000

// Guard limits how often each key may act, within this process.
type Guard struct {
	perSecond rate.Limit
	burst     int

	mu    sync.Mutex
	byKey map[string]*rate.Limiter // guarded by mu
}

// New makes a guard: so many acts a second, and so many at once.
func New(perSecond float64, burst int) *Guard {
	return &Guard{perSecond: rate.Limit(perSecond), burst: burst, byKey: map[string]*rate.Limiter{}}
}

// Take counts one act of key at now; a wait above zero refuses it and says
// when the next one will be taken.
func (f *Guard) Take(key string, now time.Time) (wait time.Duration) {
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
func (f *Guard) forgetQuiet(now time.Time) {
	for k, l := range f.byKey {
		if l.TokensAt(now) >= float64(f.burst) {
			delete(f.byKey, k)
		}
	}
	if len(f.byKey) >= maxFloodKeys {
		clear(f.byKey)
	}
}
