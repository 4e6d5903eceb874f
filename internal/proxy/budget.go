package proxy

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"synctv/internal/problem"
)

// ErrBudget is for rooms and people who had their share of bytes.
var ErrBudget = problem.New(problem.RateLimited, "proxy_budget", "This room or person has had its share of traffic through the server for now.").WithRetryAfter(10 * time.Minute)

// day is what a budget is for: a bucket that fills up again within a day.
const day = 24 * time.Hour

// Budgets is how many bytes a room and a person may have sent through the
// proxy in a day, on this replica. 0 = no limit.
type Budgets struct {
	now     func() (room, person int64) // does not block
	refused atomic.Int64

	mu      sync.Mutex
	buckets map[string]*bucket // guarded by mu
}

type bucket struct {
	tokens *rate.Limiter // in KiB, which fit its numbers
	used   time.Time
}

// NewBudgets allows as many bytes a day as now says at the moment; it must not
// block.
func NewBudgets(now func() (room, person int64)) *Budgets {
	return &Budgets{now: now, buckets: map[string]*bucket{}}
}

// ask tells whether anything is left.
func (b *Budgets) ask(v Visit) error { return b.spend(v, 0) }

// spend takes bytes that are about to be sent, if anything is left: the last
// piece may overdraw.
func (b *Budgets) spend(v Visit, n int64) error {
	room, person := b.now()
	if room == 0 && person == 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	for key, most := range map[string]int64{"room " + v.Room: room, "person " + v.Person: person} {
		if most == 0 {
			continue
		}
		k := b.bucket(key, most, now)
		if k.TokensAt(now) < 1 {
			b.refused.Add(1)
			return ErrBudget
		}
		kib := min(int((n+1023)/1024), k.Burst())
		k.ReserveN(now, kib) // overdrawn tokens are owed
	}
	return nil
}

// bucket finds or makes one; mu is held.
func (b *Budgets) bucket(key string, most int64, now time.Time) *rate.Limiter {
	k, kib := b.buckets[key], int(max(1, most/1024))
	if k == nil {
		if len(b.buckets) >= 10_000 { // those not used for a day are full again
			for id, old := range b.buckets {
				if now.Sub(old.used) > day {
					delete(b.buckets, id)
				}
			}
		}
		k = &bucket{tokens: rate.NewLimiter(perDay(kib), kib)}
		b.buckets[key] = k
	}
	if k.tokens.Burst() != kib { // the operator changed it: what was used stays used
		used := k.tokens.Burst() - int(k.tokens.TokensAt(now))
		k.tokens = rate.NewLimiter(perDay(kib), kib)
		k.tokens.ReserveN(now, min(used, kib))
	}
	k.used = now
	return k.tokens
}

// perDay is the rate that fills a bucket within a day.
func perDay(kib int) rate.Limit { return rate.Limit(float64(kib) / day.Seconds()) }
