//go:build linux

package main

import "testing"

// The medians of the valid runs are judged: a run that is void says nothing,
// and none at all keeps no promise.
func TestPromisesAreJudgedOnMedians(t *testing.T) {
	good := result{CPU: 1, Gbit: 10, P50: 4, P99: 20}
	slow := result{CPU: 1, Gbit: 10, P50: 9, P99: 20}
	fill := func(runs ...result) *summary {
		s := &summary{}
		for _, r := range runs {
			s.add(100, "relay", r, 0.1, 0.5)
			s.add(100, "relay, 100 ms", r, 0.1, 0.5)
		}
		return s
	}
	for name, c := range map[string]struct {
		of   *summary
		kept bool
	}{
		"all good":       {fill(good, good), true},
		"one spoilt":     {fill(good, slow, good), true},
		"most of them":   {fill(slow, slow, good), false},
		"none was valid": {fill(), false},
	} {
		if err := c.of.judge([]int{100}); (err == nil) != c.kept {
			t.Errorf("%s: %v", name, err)
		}
	}
}
