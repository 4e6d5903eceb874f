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
	room, person int64
	refused      atomic.Int64

	mu      sync.Mutex
	buckets map[string]*bucket // guarded by mu
}

type bucket struct {
	tokens *rate.Limiter // in KiB, which fit its numbers
	used   time.Time
}

// NewBudgets allows so many bytes a day.
func NewBudgets(room, person int64) *Budgets {
	return &Budgets{room: room, person: person, buckets: map[string]*bucket{}}
}

// ask tells whether anything is left.
func (b *Budgets) ask(v Visit) error { return b.spend(v, 0) }

// spend takes bytes that are about to be sent, if anything is left: the last
// piece may overdraw.
func (b *Budgets) spend(v Visit, n int64) error {
	if b.room == 0 && b.person == 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	for key, most := range map[string]int64{"room " + v.Room: b.room, "person " + v.Person: b.person} {
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
	k := b.buckets[key]
	if k == nil {
		if len(b.buckets) >= 10_000 { // those not used for a day are full again
			for id, old := range b.buckets {
				if now.Sub(old.used) > day {
					delete(b.buckets, id)
				}
			}
		}
		kib := max(1, most/1024)
		k = &bucket{tokens: rate.NewLimiter(rate.Limit(float64(kib)/day.Seconds()), int(kib))}
		b.buckets[key] = k
	}
	k.used = now
	return k.tokens
}
