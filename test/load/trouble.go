//go:build linux

package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"
)

const stormViewers = 500

// judgeStorm lets everybody join at once.
func judgeStorm(ctx context.Context, o options) error {
	fmt.Println("| run | join storm of 500 | first key frame p50 ms | p99 ms | missing |")
	fmt.Println("|--|--|--|--|--|")
	p99 := map[bool][]float32{} // by whether it is the relay's
	for run := range o.runs {
		for _, s := range []subject{floorOf("floor", "frame", 0), relayAt("relay", 0)} {
			m, err := measure(ctx, o, s, "-viewers", strconv.Itoa(stormViewers), "-storm", "-measure", "1s")
			if err != nil {
				return err
			}
			fmt.Printf("| %d | %s | %.0f | %.0f | %d |\n", run+1, s.name, m.FirstP50, m.FirstP99, m.Missing+m.Closed)
			p99[s.relay] = append(p99[s.relay], float32(m.FirstP99))
		}
	}
	if !keep("join storm, first key frame p99 ms", percentile(p99[true], 50), max(120, 1.4*percentile(p99[false], 50))) {
		return errMissed
	}
	return nil
}

// judgeSlow compares the others' latency without and with viewers that are
// slow, or stop, in turn.
func judgeSlow(ctx context.Context, o options) error {
	counts, err := parseCounts(o.counts)
	if err != nil {
		return err
	}
	fmt.Println("| run | viewers | of them | others p50 ms | p99 ms | missing | laggards: skips, broken, closed | server: skipped, slow, stalled | RSS MB | sockets MB | s left out |")
	fmt.Println("|--|--|--|--|--|--|--|--|--|--|--|")
	var missed error
	for _, c := range []trouble{{100, 0, 20, 50 * time.Second}, {1000, 100, 0, 60 * time.Second}} {
		if !slices.Contains(counts, c.n) {
			continue
		}
		var change []float32
		for run := range o.runs {
			calm, err := trouble{c.n, 0, 0, 20 * time.Second}.measure(ctx, o, run+1)
			if err != nil {
				return err
			}
			troubled, err := c.measure(ctx, o, run+1)
			if err != nil {
				return err
			}
			change = append(change, float32(troubled.P99/calm.P99))
		}
		fmt.Printf("  %d viewers: the others' p99 changes by the factors %.2f\n", c.n, change)
		if !keep(fmt.Sprintf("%d viewers, the others' p99, times", c.n), percentile(change, 50), 1.2) {
			missed = errMissed
		}
	}
	return missed
}

// trouble is n viewers, of whom some are slow or stalled.
type trouble struct {
	n, slow, stalled int
	length           time.Duration
}

func (c trouble) measure(ctx context.Context, o options, run int) (measurement, error) {
	m, err := measure(ctx, o, relayAt("relay", 0), "-viewers", strconv.Itoa(c.n),
		"-slow", strconv.Itoa(c.slow), "-stalled", strconv.Itoa(c.stalled), "-measure", c.length.String())
	if err == nil {
		fmt.Printf("| %d | %d | %d slow, %d stalled | %.1f | %.1f | %d | %d, %d, %d | %d, %d, %d | %d | %d | %d |\n",
			run, c.n, c.slow, c.stalled, m.P50, m.P99, m.Missing+m.Closed, m.Slow.Gaps, m.Slow.Broken, m.Slow.Closed,
			m.stats.SkippedToKey, m.stats.DroppedSlow, m.stats.DroppedStalled, m.RSS>>20, m.Kernel>>20, m.LeftOut)
	}
	return m, err
}
