// Package screen is what a room watches: its playlist, what of it plays and what
// comes next. Pure rules, functions from value and time to value; who may press
// what, and what is stored and told, is the room's business.
package screen

import (
	"cmp"
	"math"

	"synctv/internal/ident"
	"synctv/internal/problem"
)

// PlayStatus is what a room's film does.
type PlayStatus string

// A film plays or stands.
const (
	Playing PlayStatus = "playing"
	Paused  PlayStatus = "paused"
)

// Limits of the rate, and how far a client's word is taken.
const (
	MinRate = 0.25
	MaxRate = 3.0
	// stampWindowMS: a command's own stamp counts when it is at most this old
	// and not in the future; else the server's time does.
	stampWindowMS = 1000
	// startAheadMS: a start may be stamped so far ahead, for a picture moves
	// some time after its button was pressed (docs/decisions/start.md).
	startAheadMS = 500
	// pauseTrustS: a pause stands where its presser saw it when that is within
	// this of the server's own figure.
	pauseTrustS = 2.0
	// maxPositionS: four weeks; beyond it a number is a mistake.
	MaxPositionS = 28 * 24 * 3600
	// atEndS: this close to its end a film counts as ended.
	atEndS = 0.25
)

// Playback is the one record of what a room watches. It travels whole; of two
// the one with the higher (Epoch, Version) holds.
type Playback struct {
	ItemID    string     `json:"item_id" doc:"id of the current item, empty when nothing is chosen"`
	Status    PlayStatus `json:"status" enum:"playing,paused"`
	PositionS float64    `json:"position_s" doc:"film position in seconds, true at at_ms"`
	Rate      float64    `json:"rate"`
	AtMS      int64      `json:"at_ms" doc:"server instant in ms at which position_s held"`
	Epoch     int64      `json:"epoch" doc:"grows when the item changes or the record is made anew"`
	Version   int64      `json:"version" doc:"grows with every change"`
	By        ident.By   `json:"by" doc:"who changed it last; empty: autoplay did"`
	DurationS float64    `json:"duration_s" doc:"length of the current item in seconds, 0 = unknown"`

	// The countdown to the next item.
	NextItemID string `json:"next_item_id" doc:"what autoplay starts at next_ms; empty: no countdown runs"`
	NextMS     int64  `json:"next_ms" doc:"server instant in ms at which the countdown ends, 0 = none runs"`

	// Who is not ready, and until when the film stands because of them.
	WaitMS int64    `json:"wait_ms" doc:"the film stands until people are ready, but no longer than to this server instant in ms; 0 = it does not"`
	Waits  []Waited `json:"waits,omitempty" doc:"people whose player is not ready; nobody is listed unless the room waits for people"`

	Round   int64 `json:"-"` // the shuffle round; items played in it carry it
	Started bool  `json:"-"` // this change starts an item; not stored
}

// NewPlayback is the record of a new room: nothing chosen, standing. Its epoch
// is the time, so that a record made anew is newer than any it replaces.
func NewPlayback(nowMS int64, by ident.By) Playback {
	return Playback{Status: Paused, Rate: 1, AtMS: nowMS, Epoch: nowMS, Version: 1, By: by}
}

// PositionAt is where the film is at a server instant, in seconds:
// position when paused, else position + elapsed × rate; never before the
// position it started from, the start of the film, or beyond its end.
func (p Playback) PositionAt(nowMS int64) float64 {
	at := p.PositionS
	if p.Status == Playing {
		at += float64(max(0, nowMS-p.AtMS)) / 1000 * p.Rate
	}
	if p.DurationS > 0 {
		at = min(at, p.DurationS)
	}
	return max(0, at)
}

// Newer tells whether p holds over q.
func (p Playback) Newer(q Playback) bool {
	if p.Epoch != q.Epoch {
		return p.Epoch > q.Epoch
	}
	return p.Version > q.Version
}

// Action is what a command does to the playback.
type Action string

// The actions.
const (
	ActPlay  Action = "play"
	ActPause Action = "pause"
	ActSeek  Action = "seek"
	ActRate  Action = "rate"
	ActItem  Action = "item"
	ActStay  Action = "stay" // no next item: the countdown ends
)

// Command is one press of a button.
type Command struct {
	Action    Action
	PositionS *float64 // pause: what the presser saw; seek: where to
	Rate      float64  // rate
	ItemID    string   // item; empty = nothing
	DurationS float64  // item: its length, 0 = unknown
	Round     int64    // item: the shuffle round from then on, 0 = as it was
	AtMS      int64    // presser's estimate of server time at the press, of a play: when its picture moves; 0 = unknown
	Epoch     int64    // the state it was based on; 0 = any
	Version   int64    // the state it was based on; 0 = any
}

// stamp is the instant a command counts from.
func (c Command) stamp(nowMS int64) int64 {
	latest := nowMS
	if c.Action == ActPlay {
		latest += startAheadMS
	}
	if c.AtMS > latest || c.AtMS < nowMS-stampWindowMS {
		return nowMS
	}
	return c.AtMS
}

// Check refuses numbers that cannot be meant.
func (c Command) Check() error {
	if p := c.PositionS; p != nil && (math.IsNaN(*p) || *p < 0 || *p > MaxPositionS) {
		return problem.InvalidField("body.position_s", "out_of_range", "A position is between 0 and four weeks.")
	}
	if c.Action == ActSeek && c.PositionS == nil {
		return problem.InvalidField("body.position_s", "required", "A seek needs a position.")
	}
	if c.Action == ActRate && !(c.Rate >= MinRate && c.Rate <= MaxRate) {
		return problem.InvalidField("body.rate", "out_of_range", "The rate is between 0.25 and 3.")
	}
	return nil
}

// StaleFor tells whether a command was based on another state than p.
func (c Command) StaleFor(p Playback) bool {
	return c.Epoch != 0 && c.Epoch != p.Epoch || c.Version != 0 && c.Version != p.Version
}

// Apply gives the playback after a checked command at a server instant.
// changed is false when the command asks for what already is; then nothing is
// stored and nobody is told.
func (p Playback) Apply(c Command, nowMS int64, by ident.By) (next Playback, changed bool) {
	// A stamp before the state it changes would let a late command rewrite
	// the past: it counts from that state at the earliest.
	at := max(c.stamp(nowMS), min(p.AtMS, nowMS))
	p = p.lapse(nowMS)
	next = p
	next.PositionS, next.AtMS = p.PositionAt(at), at
	if c.Action != ActRate {
		next.NextItemID, next.NextMS = "", 0 // whoever presses something decides what is next
	}
	switch c.Action {
	case ActPlay:
		if p.Status == Playing || p.ItemID == "" {
			return p, false
		}
		next.Status = Playing
		if p.DurationS > 0 && next.PositionS >= p.DurationS-atEndS {
			next.PositionS = 0 // from its end a film plays again
		}
	case ActPause:
		if p.Status == Paused {
			return p, false
		}
		next.Status = Paused
		if c.PositionS != nil && math.Abs(*c.PositionS-next.PositionS) <= pauseTrustS {
			next.PositionS = *c.PositionS
		}
	case ActSeek:
		if p.ItemID == "" {
			return p, false
		}
		next.PositionS = *c.PositionS
	case ActRate:
		if p.Rate == c.Rate {
			return p, false
		}
		next.Rate = c.Rate
	case ActItem:
		next = p.withItem(c, nowMS)
	case ActStay:
		if p.NextMS == 0 {
			return p, false
		}
	}
	deadlineMS := next.WaitMS
	next.WaitMS = 0
	next = next.hold(nowMS, deadlineMS, 0) // a press ends no wait by a group start
	next.Version, next.By = p.Version+1, by
	return next, true
}

// withItem starts another item from its beginning. The epoch follows the
// clock where it can, so that it also grows over a restored older record.
func (p Playback) withItem(c Command, nowMS int64) Playback {
	p.ItemID, p.DurationS, p.PositionS, p.AtMS = c.ItemID, c.DurationS, 0, nowMS
	p.NextItemID, p.NextMS, p.Started = "", 0, true
	p.Waits, p.WaitMS = nil, 0 // whoever is not ready for this one will say so
	if p.Round = cmp.Or(c.Round, p.Round); p.Round == 0 {
		p.Round = nowMS
	}
	p.Epoch = max(p.Epoch+1, nowMS)
	p.Status = Playing
	if c.ItemID == "" {
		p.Status = Paused
	}
	return p
}
