//go:build linux

package main

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// A core is full of sends, not of bytes, when pictures are small and many. Most
// of the viewers only take what comes: the load's core must not be full first.
const (
	saturateViewers = 500
	saturateBlind   = 450
	saturatePicture = 1000 // bytes
	saturateBase    = 60   // pictures a second, which no core minds
	// saturateMost is what p99 may grow to at twice what the core can do, ms.
	saturateMost = 500
)

// judgeSaturate finds out how many pictures a second one core can send one by
// one, and shows what becomes of viewers at that rate and beyond: nobody loses
// anything, delays grow smoothly, and sends carry several pictures.
func judgeSaturate(ctx context.Context, o options) error {
	fmt.Println("| run | of what the core can send one by one | pictures/s | CPU % | p50 ms | p99 ms | pictures a send | sends/s | missing, closed | handed back |")
	fmt.Println("|--|--|--|--|--|--|--|--|--|--|")
	kept := true
	for run := range o.runs {
		base, err := saturated(ctx, o, saturateBase)
		if err != nil {
			return err
		}
		can := saturateBase / max(base.CPU/o.measure.Seconds(), 0.01)
		var first, last burden
		for _, times := range []float64{0.5, 1, 1.5, 2} {
			m, err := saturated(ctx, o, int(can*times))
			if err != nil {
				return err
			}
			b := burdenOf(m, o.measure)
			fmt.Printf("| %d | %.1f | %.0f | %.0f | %.1f | %.1f | %.2f | %.0f | %d, %d | %d |\n", run+1, times, can*times,
				100*m.CPU/o.measure.Seconds(), m.P50, m.P99, b.pictures, b.sends, m.Missing, m.Closed, m.stats.HandedBack)
			if times == 0.5 {
				first = b
			}
			last = b
			kept = keep("missing or closed", float64(m.Missing+m.Closed), 0) && kept
			kept = keep("p99 ms", m.P99, saturateMost) && kept
		}
		kept = keep("pictures a send at half the rate, of those at twice", first.pictures/last.pictures, 0.9) && kept
	}
	if !kept {
		return errMissed
	}
	return nil
}

// burden is what sends of a measurement were like.
type burden struct{ pictures, sends float64 }

func burdenOf(m measurement, length time.Duration) burden {
	a := float64(m.stats.BytesOut) / float64(max(m.stats.Sends, 1)) // bytes in a send
	return burden{a / saturatePicture, m.Gbit * 1e9 / 8 / length.Seconds() / a}
}

func saturated(ctx context.Context, o options, fps int) (measurement, error) {
	return measure(ctx, o, relayAt("relay", 0), "-viewers", strconv.Itoa(saturateViewers), "-blind", strconv.Itoa(saturateBlind),
		"-picture", strconv.Itoa(saturatePicture), "-fps", strconv.Itoa(fps), "-gop", strconv.Itoa(2*fps))
}
