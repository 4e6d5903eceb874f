package api

import (
	"context"
	"sync/atomic"
	"time"

	"synctv/internal/problem"
)

// A refused try is answered after tarpitTime: whoever guesses asks again as soon
// as they are answered, and answering is what a flood costs. A person who typed a
// wrong password is not refused yet, and waits no longer. At most mostHeld
// answers wait at once, each with its connection and a goroutine, some 30 KB;
// those beyond it go out at once and end their connection.
const (
	tarpitTime = time.Second
	mostHeld   = 512
)

// tarpit counts the answers that wait.
type tarpit struct{ held atomic.Int64 }

// hold waits until it is time to refuse somebody, or ctx ends. Without a place to
// wait it does not, and the connection should end.
func (t *tarpit) hold(ctx context.Context) bool {
	defer t.held.Add(-1)
	if t.held.Add(1) > mostHeld {
		return false
	}
	wait := time.NewTimer(tarpitTime)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
	}
	return true
}

// tried is work that refuses whoever tries too often, with its refusals in the
// tarpit.
func tried[I, O any](s *Server, work func(context.Context, *I) (*O, error)) func(context.Context, *I) (*O, error) {
	return func(ctx context.Context, in *I) (*O, error) {
		out, err := work(ctx, in)
		if problem.KindOf(err) == problem.RateLimited && !s.tarpit.hold(ctx) {
			callerOf(ctx).ends = true
		}
		return out, err
	}
}
