package cluster

import "time"

// Sample is one look at another clock: when it was asked (t1) and answered (t4)
// by this one, and what it said in between.
type Sample struct {
	Offset time.Duration // the other clock minus this one
	Delay  time.Duration // of the exchange; half of it is the most Offset is wrong by
}

// Measure makes a sample of four instants: asked and answered here, received
// and sent there.
func Measure(t1, t2, t3, t4 time.Duration) Sample {
	return Sample{Offset: ((t2 - t1) + (t3 - t4)) / 2, Delay: (t4 - t1) - (t3 - t2)}
}

// samplesKept is of how many samples the best counts: the last half minute.
const samplesKept = 30

// Samples keeps the last ones. The zero value is ready; not safe for use from
// many goroutines.
type Samples struct{ last []Sample }

// Add takes one in and gives the one with the lowest delay of those kept.
func (s *Samples) Add(x Sample) (best Sample) {
	if len(s.last) == samplesKept {
		s.last = append(s.last[:0], s.last[1:]...)
	}
	s.last = append(s.last, x)
	best = s.last[0]
	for _, one := range s.last {
		if one.Delay < best.Delay {
			best = one
		}
	}
	return best
}

// slewPerSecond is how fast an offset moves to a new value. Players follow a
// clock that is 1 % off without a seek, and the clock never goes back.
const slewPerSecond = 10 * time.Millisecond

// Slew is an offset on its way from one value to another.
type Slew struct {
	from, to time.Duration
	since    time.Duration // on the clock that is corrected
}

// At is the offset at an instant.
func (s Slew) At(now time.Duration) time.Duration {
	most := max(0, time.Duration((now-s.since).Seconds()*float64(slewPerSecond)))
	return s.from + min(max(s.to-s.from, -most), most)
}

// Toward turns to a new value from wherever the offset is now.
func (s Slew) Toward(to, now time.Duration) Slew {
	return Slew{from: s.At(now), to: to, since: now}
}

// Settled is an offset that stays.
func Settled(at time.Duration) Slew { return Slew{from: at, to: at} }
