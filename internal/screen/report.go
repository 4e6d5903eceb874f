package screen

import (
	"math"
	"slices"

	"synctv/internal/problem"
)

// Report is what one person's player says about the current item.
type Report struct {
	PersonID  string
	ItemID    string
	Epoch     int64   // of the playback it is about
	DurationS float64 // how long the player found it to be; 0 = unknown
	Ended     bool
	Failed    string // why it does not play there, as a code; empty = it does
}

const (
	// sameLengthS: two players that differ by less mean the same length.
	sameLengthS = 0.5
	// earlyEndS: an end this long before the room's own position would be a
	// player that went ahead of the room.
	earlyEndS     = 5.0
	maxFailedCode = 32
)

// Check refuses what cannot be meant.
func (r Report) Check() error {
	if math.IsNaN(r.DurationS) || r.DurationS < 0 || r.DurationS > MaxPositionS {
		return problem.InvalidField("body.duration_s", "out_of_range", "A length is between 0 and four weeks.")
	}
	if len(r.Failed) > maxFailedCode {
		return problem.InvalidField("body.failed", "too_long", "This is too long.")
	}
	return nil
}

// Agreed is what enough of the people who are here say.
func Agreed(all []Report, online map[string]bool) Report {
	all = slices.DeleteFunc(slices.Clone(all), func(r Report) bool { return !online[r.PersonID] })
	var out Report
	ended, failed := 0, 0
	for i, r := range all {
		if r.Ended {
			ended++
		}
		if r.Failed != "" {
			failed++
			out.Failed = r.Failed
		}
		for _, other := range all[:i] {
			if r.DurationS > 0 && math.Abs(r.DurationS-other.DurationS) <= sameLengthS {
				out.DurationS = max(r.DurationS, other.DurationS)
			}
		}
	}
	out.Ended = 2*ended > len(online)
	if 2*failed <= len(online) {
		out.Failed = ""
	}
	return out
}

// EndedAt tells whether the room's own time bears out an end that players
// report: it is not far before it.
func (p Playback) EndedAt(nowMS int64, lengthS float64) bool {
	at := p.PositionAt(nowMS)
	if p.DurationS > 0 {
		lengthS = p.DurationS
	}
	return lengthS == 0 || at >= lengthS-earlyEndS
}
