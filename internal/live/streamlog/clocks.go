package streamlog

import "time"

// keyClock measures the distance of key frames.
type keyClock struct {
	seen     bool
	last     uint32
	interval time.Duration
}

func (k *keyClock) tick(dts uint32) {
	if k.seen {
		k.interval = since(dts, k.last)
	}
	k.seen, k.last = true, dts
}

// frameClock knows how far apart an encoder's pictures usually are, and counts
// those it left out because it was too slow, or its line was. An encoder that
// changes its rate is not taken for one that loses pictures.
type frameClock struct {
	seen   bool
	last   uint32
	usual  float64 // ms between two pictures; 0: unknown
	lost   int64
	sparse int   // gaps in a row
	doubt  int64 // pictures missing in these
}

const (
	// gapFrom is how many usual distances are a gap: stamps of 24 pictures a
	// second alternate by one millisecond, a lost picture doubles the distance.
	gapFrom = 1.75
	// newRate is how many gaps in a row are a new rate instead.
	newRate = 8
	// longGap, in ms, is a pause, of which nobody knows what was in it.
	longGap = 10_000
)

func (f *frameClock) tick(dts uint32) {
	d := float64(int32(dts - f.last))
	first := !f.seen
	f.seen, f.last = true, dts
	switch {
	case first || d <= 0 || d > longGap:
	case f.usual == 0:
		f.usual = d
	case d < f.usual*gapFrom:
		f.usual += (d - f.usual) / 16
		f.lost += f.doubt
		f.sparse, f.doubt = 0, 0
	default:
		f.sparse++
		f.doubt += int64(d/f.usual+0.5) - 1
		if f.sparse == newRate {
			f.usual, f.sparse, f.doubt = d, 0, 0
		}
	}
}

func (f *frameClock) rate() float64 {
	if f.usual == 0 {
		return 0
	}
	return 1000 / f.usual
}
