//go:build linux

package main

import (
	"errors"
	"fmt"
)

var errMissed = errors.New("a promise is not kept, or no run was valid")

// promise is a figure of a subject and what it may be at most, judged on the
// median of the valid runs.
type promise struct {
	subject, what string
	most          float64
	of            func(*row) []float32
}

// promises of the fan-out, at every number of viewers.
func promises() []promise {
	floor := func(r *row) []float32 { return r.ofFloor }
	tag := func(r *row) []float32 { return r.ofTag }
	return []promise{
		{"relay", "of the floor of the same writes", 1.10, floor},
		{"relay", "of the per-tag floor", 0.55, tag},
		{"relay", "p50 ms", 5, func(r *row) []float32 { return r.p50 }},
		{"relay", "p99 ms", 40, func(r *row) []float32 { return r.p99 }},
		{"relay", "KB a viewer", 60, func(r *row) []float32 { return r.kb }},
		{"relay", "pictures missing", 0, func(r *row) []float32 { return r.missing }},
		{"relay, 100 ms", "of the floor of the same writes", 1.10, floor},
		{"relay, 100 ms", "of the per-tag floor", 0.25, tag},
	}
}

// judge prints a line for each promise and says whether all are kept.
func (s *summary) judge(counts []int) error {
	var missed error
	fmt.Println()
	for _, n := range counts {
		for _, p := range promises() {
			r := s.rows[rowID(n, p.subject)]
			if r == nil {
				fmt.Printf("MISSED: %d viewers, %s: no run was valid\n", n, p.subject)
				missed = errMissed
				continue
			}
			if !keep(fmt.Sprintf("%d viewers, %s: %s", n, p.subject, p.what), percentile(p.of(r), 50), p.most) {
				missed = errMissed
			}
		}
	}
	return missed
}

// keep prints a figure beside its limit, and says whether it is within.
func keep(what string, is, most float64) bool {
	word := "kept"
	if is > most {
		word = "MISSED"
	}
	fmt.Printf("%s: %s %.2f (at most %.2f)\n", word, what, is, most)
	return is <= most
}
