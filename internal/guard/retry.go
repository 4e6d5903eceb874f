package guard

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Retry is how often and how fast something is tried again.
type Retry struct {
	Tries    int           // in all
	First    time.Duration // the first pause is random below this; each next bound is double
	Longest  time.Duration // no pause is longer
	Deadline time.Duration // no pause begins that would end after this; 0 = none
	Budget   *Budget       // nil: none
}

// Do calls work until it succeeds, fails for good, or no try is left; the last
// error comes back. Only what is safe to do twice may be handed in.
func (r Retry) Do(ctx context.Context, work func(context.Context) error) error {
	began := time.Now()
	for try := 1; ; try++ {
		err := work(ctx)
		if err == nil {
			r.Budget.earn()
			return nil
		}
		if try >= r.Tries || !Temporary(err) || ctx.Err() != nil {
			return err
		}
		pause := r.Pause(try)
		if r.Deadline > 0 && time.Since(began)+pause > r.Deadline || !r.Budget.spend() {
			return err
		}
		if Wait(ctx, pause) != nil {
			return err
		}
	}
}

// Pause after the nth failure: anything from nothing to the doubled bound
// ("full jitter"), so that those who failed together do not come back together.
func (r Retry) Pause(n int) time.Duration {
	bound := r.Longest
	if shifted := r.First << min(n-1, 30); shifted > 0 {
		bound = min(bound, shifted)
	}
	if bound <= 0 {
		return 0
	}
	return rand.N(bound) //nolint:gosec // spreading load, no secret
}

// Wait is a pause that ends with the context, whose error it gives then.
func Wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Temporary tells whether trying again may help: the connection failed, it took
// too long, or the server said that it is overloaded. What was refused, is
// missing or was given up stays so.
func Temporary(err error) bool {
	if s, ok := errors.AsType[StatusError](err); ok {
		return temporaryStatus(s.Code)
	}
	if d, ok := errors.AsType[*net.DNSError](err); ok && d.IsNotFound {
		return false
	}
	return errors.Is(err, ErrTimeout) || errors.Is(err, ErrFailed)
}

func temporaryStatus(code int) bool {
	switch code {
	case 408, 429, 500, 502, 503, 504:
		return true
	}
	return false
}

// Budget keeps retries a small part of all calls, so that an outage is not
// multiplied: each success earns a tenth of a retry.
type Budget struct {
	mu     sync.Mutex
	tenths int // guarded by mu; starts full
	most   int
}

// NewBudget allows so many retries at once.
func NewBudget(most int) *Budget { return &Budget{tenths: most * 10, most: most * 10} }

func (b *Budget) earn() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tenths = min(b.tenths+1, b.most)
}

func (b *Budget) spend() bool {
	if b == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tenths < 10 {
		return false
	}
	b.tenths -= 10
	return true
}
