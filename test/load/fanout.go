//go:build linux

package main

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

const mergeWindow = 100 * time.Millisecond

// judgeFanout compares the relay with floors of the same run.
func judgeFanout(ctx context.Context, o options) error {
	counts, err := parseCounts(o.counts)
	if err != nil {
		return err
	}
	fmt.Println("| run | viewers | what | CPU s/Gbit | of floor | of per-tag | p50 ms | p99 ms | first p99 ms | KB/viewer | missing | core wait s | s left out |")
	fmt.Println("|--|--|--|--|--|--|--|--|--|--|--|--|--|")
	var all summary
	for run := range o.runs {
		idle, err := measure(ctx, o, relayAt("relay, nobody watches", 0), "-viewers", "0")
		if err != nil {
			return err
		}
		for _, n := range counts {
			if err := fanoutRun(ctx, o, run+1, n, idle.RSS, &all); err != nil {
				return err
			}
		}
	}
	all.print()
	return all.judge(counts)
}

// fanoutRun measures everything at one number of viewers, in turns: the machine
// is faster one minute and slower the next, for all of them alike. The relay is
// compared with the floors. Its memory is that above one with the same stream
// and no viewers.
func fanoutRun(ctx context.Context, o options, run, n int, idle int64, all *summary) error {
	blast, err := blastCost(ctx, n)
	if err != nil {
		return err
	}
	subjects := []subject{
		floorOf("floor, goroutines, per tag", "gotag", 0),
		floorOf("floor, goroutines, per frame", "goframe", 0),
		floorOf("floor, bare, per frame", "frame", 0),
		floorOf("floor, bare, per frame, two pieces", "vector", 0),
		relayAt("relay", 0),
		floorOf("floor, bare, 100 ms", "frame", mergeWindow),
		relayAt("relay, 100 ms", mergeWindow),
	}
	got := make([]result, len(subjects))
	for range o.turns {
		for i, s := range subjects {
			m, err := measure(ctx, o, s, "-viewers", strconv.Itoa(n))
			if err != nil {
				return err
			}
			got[i].add(m.result)
		}
	}
	perTag, floor := 0.0, 0.0
	send := sendCost(got[2])
	valid := send <= 1.3*blast
	for i, s := range subjects {
		m := got[i]
		if s.relay {
			m.RSSIdle = idle
		}
		if i == 0 {
			perTag = m.perGbit()
		}
		if !s.relay && i != 3 {
			floor = m.perGbit()
		}
		report(run, n, s, m, floor, perTag)
		if valid {
			all.add(n, s.name, m, floor, perTag)
		}
	}
	fmt.Printf("  floor %.2f µs a send, one socket %.2f µs: %s\n", send, blast, verdict(valid))
	return nil
}

// sendCost is what a send of the floor that sends a picture at a time took, µs.
func sendCost(m result) float64 {
	sends := m.Gbit * 1e9 / 8 / (float64(frameBytes) + keyBytes/gopFrames + 47.0/30*(audioBytes+15))
	return m.CPU / sends * 1e6
}

// summary collects the runs that are valid: one slow moment of the machine
// spoils a run, not the median.
type summary struct {
	order []string
	rows  map[string]*row
}

type row struct{ cost, ofFloor, ofTag, p50, p99, kb, missing []float32 }

func (s *summary) add(n int, name string, m result, floor, perTag float64) {
	if s.rows == nil {
		s.rows = make(map[string]*row)
	}
	id := rowID(n, name)
	r := s.rows[id]
	if r == nil {
		r = &row{}
		s.rows[id] = r
		s.order = append(s.order, id)
	}
	r.cost = append(r.cost, float32(m.perGbit()))
	r.ofFloor = append(r.ofFloor, float32(m.perGbit()/floor))
	r.ofTag = append(r.ofTag, float32(m.perGbit()/perTag))
	r.p50, r.p99 = append(r.p50, float32(m.P50)), append(r.p99, float32(m.P99))
	r.kb, r.missing = append(r.kb, float32(m.perViewer(n))), append(r.missing, float32(m.Missing+m.Closed))
}

func rowID(n int, name string) string { return fmt.Sprintf("%d | %s", n, name) }

func (s *summary) print() {
	fmt.Println("\n| viewers | what, medians of all runs | CPU s/Gbit | of floor | of per-tag | p50 ms | p99 ms |")
	fmt.Println("|--|--|--|--|--|--|--|")
	for _, id := range s.order {
		r := s.rows[id]
		fmt.Printf("| %s | %.3f | %.2f | %.2f | %.1f | %.1f |\n", id,
			percentile(r.cost, 50), percentile(r.ofFloor, 50), percentile(r.ofTag, 50), percentile(r.p50, 50), percentile(r.p99, 50))
	}
}

func verdict(ok bool) string {
	if ok {
		return "ok"
	}
	return "VOID, the machine is busy elsewhere"
}

func report(run, n int, s subject, m result, floor, perTag float64) {
	fmt.Printf("| %d | %d | %s | %.3f | %.2f | %.2f | %.1f | %.1f | %.0f | %.0f | %d | %.2f | %d |\n",
		run, n, s.name, m.perGbit(), m.perGbit()/floor, m.perGbit()/perTag, m.P50, m.P99, m.FirstP99,
		m.perViewer(n), m.Missing+m.Closed, m.Waited, m.LeftOut)
}
