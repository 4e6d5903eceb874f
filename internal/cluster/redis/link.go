package redis

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"synctv/internal/cluster"
)

// Link is the way to Redis and the knowledge whether it is open. While it is
// not, everything that would ask Redis is answered with cluster.ErrAway at
// once instead of waiting for a deadline each time.
type Link struct {
	client rueidis.Client
	away   atomic.Bool
}

// How often Redis is asked whether it is there, and how long one answer may
// take. Together they are how late a loss is noticed at the most.
const (
	probeEvery = 500 * time.Millisecond
	probeLimit = time.Second
)

// NewLink works on a client it does not close. It takes the link for open
// until Run finds otherwise.
func NewLink(client rueidis.Client) *Link { return &Link{client: client} }

// Away tells whether Redis did not answer lately. It does not block.
func (l *Link) Away() bool { return l.away.Load() }

// Run watches Redis until ctx ends. changed is called when it went or came
// back, from this goroutine.
func (l *Link) Run(ctx context.Context, changed func(away bool)) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		away := l.probe(ctx) != nil
		if ctx.Err() == nil && l.away.Swap(away) != away {
			changed(away)
		}
	}
}

func (l *Link) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	return l.client.Do(ctx, l.client.B().Ping().Build()).Error()
}

// ask gives one call to Redis its deadline, and words for what went wrong.
func (l *Link) ask(ctx context.Context, what string, call func(context.Context) error) error {
	if l.Away() {
		return cluster.ErrAway
	}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	if err := call(ctx); err != nil && !rueidis.IsRedisNil(err) {
		return fmt.Errorf("%w: %s: %w", cluster.ErrAway, what, err)
	}
	return nil
}
