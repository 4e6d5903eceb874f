//go:build linux

package main

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"time"
)

// A core is full of sends, not of bytes, when pictures are small and many. The
// load's core must not be full first: most of the viewers only take what comes,
// and the server has a quarter of its core, the rest of which is burnt.
const (
	saturateBurners = 3
	saturateViewers = 500
	saturateBlind   = 450
	saturatePicture = 1000 // bytes
	saturateBase    = 60   // pictures a second, which no core minds
	// saturateMost is what p99 may grow to at twice what the core can do, ms.
	saturateMost = 500
)

// judgeSaturate finds out how many pictures a second the server can send one by
// one, and shows what becomes of viewers at that rate and beyond: nobody loses
// anything, delays grow smoothly, and sends carry several pictures.
func judgeSaturate(ctx context.Context, o options) error {
	burnt, err := burn(ctx, saturateBurners)
	if err != nil {
		return err
	}
	defer burnt()
	fmt.Println("| run | of what it can send one by one | pictures/s | CPU % | p50 ms | p99 ms | pictures a send | sends/s | missing, closed | handed back |")
	fmt.Println("|--|--|--|--|--|--|--|--|--|--|")
	kept := true
	for run := range o.runs {
		base, err := saturated(ctx, o, saturateBase)
		if err != nil {
			return err
		}
		can := float64(saturateBase) / (saturateBurners + 1) / max(base.CPU/o.measure.Seconds(), 0.01)
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

// burn keeps the server's core busy with so many processes until stop.
func burn(ctx context.Context, n int) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	var burning []*exec.Cmd
	stop = func() {
		cancel()
		for _, cmd := range burning {
			_ = cmd.Wait() // it was killed
		}
	}
	for range n {
		cmd, err := pinned(ctx, serverCore, "-role", "burn")
		if err == nil {
			_, err = cmd.StdinPipe() // ends with this program, whatever ends it
		}
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			stop()
			return nil, err
		}
		burning = append(burning, cmd)
	}
	return stop, nil
}

// spin uses up its core until its input ends.
func spin(ctx context.Context) error {
	ctx, cancel := untilInputEnds(ctx)
	defer cancel()
	for ctx.Err() == nil {
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
