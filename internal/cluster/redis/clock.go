package redis

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"synctv/internal/cluster"
)

// Clock is the one time of all replicas: what the monotonic clock of this one
// counts, plus the offset to the clock of one Redis node. The offset moves
// slowly, so time never goes back; while Redis is away it stays as it is.
type Clock struct {
	client  rueidis.Client
	time    *rueidis.Lua
	start   time.Time // with its monotonic reading; only differences count
	offset  atomic.Pointer[slew]
	samples cluster.Samples // belongs to Sync and Run, one after the other
}

type slew = cluster.Slew

// How often the offset is measured, and how many looks a start takes.
const (
	measureEvery = time.Second
	firstLooks   = 8
	clockLimit   = 500 * time.Millisecond // an answer that took longer says little
)

// NewClock asks for the time until it knows it well enough to serve. start is
// now; what the wall clock says in it does not matter.
func NewClock(ctx context.Context, client rueidis.Client, start time.Time) (*Clock, error) {
	c := &Clock{client: client, start: start, time: rueidis.NewLuaScript(`return redis.call('TIME')`)}
	for good, bad := 0, 0; good < firstLooks; {
		best, err := c.measure(ctx)
		if err != nil {
			if bad++; bad == firstLooks { // a busy machine may be late some of the times
				return nil, fmt.Errorf("ask Redis for the time: %w", err)
			}
			continue
		}
		good++
		settled := cluster.Settled(best.Offset)
		c.offset.Store(&settled)
	}
	return c, nil
}

// Now is the cluster's time. It never goes back and does not block.
func (c *Clock) Now() time.Time {
	since := time.Since(c.start)
	return time.Unix(0, int64(since+c.offset.Load().At(since)))
}

// Skew is by how much this machine's wall clock is behind the cluster's time,
// for a metric.
func (c *Clock) Skew() time.Duration { return time.Until(c.Now().Round(0)) }

// Run follows Redis' clock until ctx ends.
func (c *Clock) Run(ctx context.Context) {
	tick := time.NewTicker(measureEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if best, err := c.measure(ctx); err == nil {
			next := c.offset.Load().Toward(best.Offset, time.Since(c.start))
			c.offset.Store(&next)
		}
	}
}

// measure takes one more sample and gives the best of the last. The script has
// a key so that in a Redis Cluster the same node answers each time.
func (c *Clock) measure(ctx context.Context) (cluster.Sample, error) {
	ctx, cancel := context.WithTimeout(ctx, clockLimit)
	defer cancel()
	t1 := time.Since(c.start)
	said, err := c.time.Exec(ctx, c.client, []string{prefix + "{clock}"}, nil).AsIntSlice()
	t4 := time.Since(c.start)
	if err != nil {
		return cluster.Sample{}, err
	}
	if len(said) != 2 {
		return cluster.Sample{}, fmt.Errorf("%d numbers instead of seconds and microseconds", len(said))
	}
	there := time.Duration(said[0])*time.Second + time.Duration(said[1])*time.Microsecond
	return c.samples.Add(cluster.Measure(t1, there, there, t4)), nil
}
