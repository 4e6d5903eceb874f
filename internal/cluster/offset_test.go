package cluster_test

import (
	"testing"
	"time"

	"synctv/internal/cluster"
)

const ms = time.Millisecond

func TestMeasure(t *testing.T) {
	// The other clock is 100 ms ahead; 8 ms there, 2 ms back, 1 ms inside.
	s := cluster.Measure(1000*ms, 1108*ms, 1109*ms, 1011*ms)
	if s.Delay != 10*ms || s.Offset != 103*ms {
		t.Errorf("%+v", s)
	}
	var all cluster.Samples
	all.Add(s)
	if best := all.Add(cluster.Sample{Offset: 100 * ms, Delay: ms}); best.Offset != 100*ms {
		t.Errorf("best %+v", best)
	}
	for range 40 { // old ones are forgotten
		s = all.Add(cluster.Sample{Offset: 90 * ms, Delay: 5 * ms})
	}
	if s.Offset != 90*ms {
		t.Errorf("best %+v", s)
	}
}

func TestSlew(t *testing.T) {
	s := cluster.Settled(50*ms).Toward(80*ms, time.Second)
	for at, want := range map[time.Duration]time.Duration{
		time.Second: 50 * ms, 2 * time.Second: 60 * ms, 4 * time.Second: 80 * ms, time.Minute: 80 * ms,
	} {
		if got := s.At(at); got != want {
			t.Errorf("at %v: %v, want %v", at, got, want)
		}
	}
	back := s.Toward(0, 2*time.Second) // turned round half-way
	last := time.Duration(0)
	for now := 2 * time.Second; now < 20*time.Second; now += ms {
		if shown := now + back.At(now); shown <= last {
			t.Fatalf("went back at %v", now)
		} else {
			last = shown
		}
	}
	if got := back.At(20 * time.Second); got != 0 {
		t.Errorf("ended at %v", got)
	}
	if got := cluster.Settled(50 * ms).At(-200 * ms); got != 50*ms {
		t.Errorf("settled, and %v before the clock's start", got)
	}
}
