//go:build linux

package main

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// memoryViewers are enough for what each of them takes to be seen.
const memoryViewers = 500

// judgeMemory compares what a viewer takes with the usual distance of key frames
// and with one four times as long. The log holds a whole GOP more then; that is
// the stream's, not a viewer's, and so is measured with nobody watching.
func judgeMemory(ctx context.Context, o options) error {
	fmt.Println("| run | key frames every | RSS MB, nobody watches | RSS MB, 500 viewers | KB a viewer |")
	fmt.Println("|--|--|--|--|--|")
	const usual, long = gopFrames, 4 * gopFrames
	kb := map[int][]float32{}
	for run := range o.runs {
		for _, gop := range []int{usual, long} {
			r, err := memoryOf(ctx, o, gop)
			if err != nil {
				return err
			}
			fmt.Printf("| %d | %d pictures | %.1f | %.1f | %.0f |\n", run+1, gop, float64(r.RSSIdle)/1e6, float64(r.RSS)/1e6, r.perViewer(memoryViewers))
			kb[gop] = append(kb[gop], float32(r.perViewer(memoryViewers)))
		}
	}
	kept := keep("KB a viewer", percentile(kb[usual], 50), 60)
	kept = keep("KB a viewer, long GOP", percentile(kb[long], 50), 60) && kept
	kept = keep("long GOP, of the usual", percentile(kb[long], 50)/percentile(kb[usual], 50), 1.2) && kept
	if !kept {
		return errMissed
	}
	return nil
}

// memoryOf measures a stream that has been on air for more than two GOPs.
func memoryOf(ctx context.Context, o options, gop int) (result, error) {
	o.warmup = time.Duration(5*gop/2) * time.Second / frameRate
	idle, err := measure(ctx, o, relayAt("relay, nobody watches", 0), "-viewers", "0", "-gop", strconv.Itoa(gop))
	if err != nil {
		return result{}, err
	}
	m, err := measure(ctx, o, relayAt("relay", 0), "-viewers", strconv.Itoa(memoryViewers), "-gop", strconv.Itoa(gop))
	m.RSSIdle = idle.RSS
	return m.result, err
}
