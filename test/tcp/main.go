//go:build linux

// Command tcp measures what settings of TCP do for one connection from this
// server to a person: which congestion control it uses, whether small writes
// wait (Nagle), how many connections may wait to be accepted. It knows two
// network namespaces of its own and a line between them that delays, loses and
// queues packets; it knows nothing of rooms. Needs root, Linux and ip(8); ends
// by itself.
//
//	go run ./test/tcp
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"time"
)

func main() {
	runs := flag.Int("runs", 3, "of each measurement, the median is printed")
	flag.Parse()
	if err := measure(*runs); err != nil {
		fmt.Fprintln(os.Stderr, "tcp:", err)
		os.Exit(1)
	}
}

func measure(runs int) error {
	if err := congestion(runs); err != nil {
		return fmt.Errorf("congestion control: %w", err)
	}
	if err := nagle(runs); err != nil {
		return fmt.Errorf("small writes: %w", err)
	}
	if err := backlog(runs); err != nil {
		return fmt.Errorf("backlog: %w", err)
	}
	return nil
}

// median of what one() gives in so many runs.
func median(runs int, one func() (float64, error)) (float64, error) {
	all := make([]float64, 0, runs)
	for range runs {
		v, err := one()
		if err != nil {
			return 0, err
		}
		all = append(all, v)
	}
	slices.Sort(all)
	return all[len(all)/2], nil
}

// on is done on a line made for it.
func on(l line, work func(s *street) error) error {
	s, err := build(l)
	if err != nil {
		return err
	}
	defer s.close()
	return work(s)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
