package streamlog

import (
	"math"
	"testing"
)

// stamps are times of pictures, rate a second, some of them left out.
func stamps(from, n int, rate float64, without func(i int) bool) (all []uint32) {
	for i := range n {
		if without == nil || !without(i) {
			all = append(all, uint32(from)+uint32(float64(i)*1000/rate))
		}
	}
	return all
}

func TestFrameClock(t *testing.T) {
	for name, c := range map[string]struct {
		at   []uint32
		rate float64
		lost int64
	}{
		"nothing":          {nil, 0, 0},
		"one":              {stamps(0, 1, 30, nil), 0, 0},
		"24 a second":      {stamps(0, 240, 24, nil), 24, 0},
		"60 a second":      {stamps(0, 600, 60, nil), 60, 0},
		"each tenth lost":  {stamps(0, 300, 30, func(i int) bool { return i%10 == 9 && i < 299 }), 30, 29},
		"three in a row":   {stamps(0, 300, 30, func(i int) bool { return i >= 100 && i < 103 }), 30, 3},
		"30, then 15":      {append(stamps(0, 300, 30, nil), stamps(10000, 300, 15, nil)...), 15, 0},
		"a break of a day": {append(stamps(0, 300, 30, nil), stamps(86_400_000, 300, 30, nil)...), 30, 0},
		"wraps around":     {stamps(math.MaxUint32-3000, 300, 30, nil), 30, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var f frameClock
			for _, at := range c.at {
				f.tick(at)
			}
			if math.Abs(f.rate()-c.rate) > c.rate/50 || f.lost != c.lost {
				t.Errorf("%.2f a second, %d lost", f.rate(), f.lost)
			}
		})
	}
}
