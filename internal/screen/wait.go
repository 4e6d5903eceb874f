package screen

import (
	"math"
	"slices"

	"synctv/internal/ident"
	"synctv/internal/problem"
)

// The room waits for people whose player is not ready. A wait is no state of
// its own: the film stands because the record is true only from its deadline
// on, and then it plays. So no order of events, no lost message and no replica
// that dies can make a wait last longer.
const (
	// WaitLimitMS is how long the room waits at most; whoever is not ready by
	// then is excused.
	WaitLimitMS = 8000
	// Bounds of a group start, see GroupStart. Players that have not said yet how
	// soon they can move are taken for ordinary ones: 300 ms round trips with
	// jitter, and a slow start.
	groupStartLeastMS = 200
	groupStartMostMS  = 1500
	groupStartUsualMS = 400
	// groupStartOwnMS is what the room's own way takes, before the players' begins:
	// stored, and told to the other replicas.
	groupStartOwnMS = 50
	// waitedLifeMS: who has not been heard of for so long is not listed any more.
	// Players speak every five seconds, with a thousand people every 250.
	waitedLifeMS = 5 * 60_000
	// maxWaits bounds the list of who is not ready; more are not waited for.
	maxWaits = 100
)

// Reason is why a player is not ready.
type Reason string

// The reasons not to be ready.
const (
	Ready     Reason = ""
	Joining   Reason = "joining"   // the film is being opened
	Buffering Reason = "buffering" // it wants to play and has no data
	Tap       Reason = "tap"       // the browser wants a press before it plays
	Away      Reason = "away"      // the page does not run
)

// Known tells whether a reason is one of ours.
func (r Reason) Known() bool {
	return slices.Contains([]Reason{Ready, Joining, Buffering, Tap, Away}, r)
}

// WaitPolicy says when the room waits for members who are not ready.
type WaitPolicy struct {
	Mode WaitMode `json:"mode" enum:"never,up_to,always"`
	UpTo int      `json:"up_to" doc:"with up_to: wait as long as at most this many people are in"`
}

// WaitMode is the kind of a wait policy.
type WaitMode string

// The wait policies.
const (
	WaitNever  WaitMode = "never"
	WaitUpTo   WaitMode = "up_to"
	WaitAlways WaitMode = "always"
)

// Holds tells whether a room waits when so many people are in it.
func (p WaitPolicy) Holds(here int) bool {
	return p.Mode == WaitAlways || p.Mode == WaitUpTo && here <= p.UpTo
}

// Word is what one person's player says of itself, and what others hear.
type Word struct {
	ID      string   `json:"id" doc:"id of the person; the server fills it in"`
	Epoch   int64    `json:"epoch" doc:"of the playback it is about"`
	Reason  Reason   `json:"reason" enum:",joining,buffering,tap,away" doc:"why the player is not ready; empty: it is"`
	DriftMS *float64 `json:"drift_ms,omitempty" doc:"how far behind the room (above 0) or ahead it is, in ms of film; only while a film plays that is not live"`
	RTTMS   float64  `json:"rtt_ms" doc:"round trip of the clock's best probe, in ms"`
	StartMS float64  `json:"start_ms" doc:"how long after the server says play its picture can move, in ms: its line, nine times of ten, and what its starts take; 0: not known"`

	Page string `json:"-"` // the socket it came by: a person may have more than one page
}

// Check refuses what cannot be meant.
func (w Word) Check() error {
	sane := func(ms float64) bool { return math.Abs(ms) < MaxPositionS*1000 } // false for NaN
	if !w.Reason.Known() || w.DriftMS != nil && !sane(*w.DriftMS) || !sane(w.RTTMS) || !sane(w.StartMS) {
		return problem.New(problem.Invalid, "invalid_word", "No player says this of itself.")
	}
	return nil
}

// Waited is somebody whose player is not ready.
type Waited struct {
	ID      string `json:"id" doc:"id of the person"`
	Name    string `json:"name"`
	Reason  Reason `json:"reason" enum:"joining,buffering,tap,away"`
	Excused bool   `json:"excused,omitempty" doc:"nobody waits for them until they have been ready again"`
	HeardMS int64  `json:"heard_ms" doc:"server instant in ms at which they said so, give or take some minutes"`
}

// GroupStart is how long (ms) after the last one is ready the film starts: by
// then everybody who is ready has heard of it and can move their picture.
// startsMS are what ready players say of themselves (Word.StartMS).
func GroupStart(startsMS []int64) int64 {
	slowest := int64(0)
	for _, ms := range startsMS {
		if ms <= 0 {
			ms = groupStartUsualMS
		}
		slowest = max(slowest, ms+groupStartOwnMS)
	}
	if slowest == 0 {
		slowest = groupStartUsualMS
	}
	return min(max(slowest, groupStartLeastMS), groupStartMostMS)
}

// waiting tells whether the film stands because of somebody, at an instant.
func (p Playback) waiting(nowMS int64) bool { return p.WaitMS > nowMS && p.AtMS > nowMS }

// lapse is the record as time has changed it: who was not heard of for long is
// not listed, and who was not ready by the deadline is excused.
func (p Playback) lapse(nowMS int64) Playback {
	p = p.forget(func(w Waited) bool { return nowMS-w.HeardMS > waitedLifeMS })
	if p.WaitMS == 0 || p.WaitMS > nowMS {
		return p
	}
	p.WaitMS = 0
	return p.excuse(func(Waited) bool { return true })
}

// forget takes people off the list, which is copied: other records share it.
func (p Playback) forget(whom func(Waited) bool) Playback {
	if slices.ContainsFunc(p.Waits, whom) {
		p.Waits = slices.DeleteFunc(slices.Clone(p.Waits), whom)
	}
	if len(p.Waits) == 0 {
		p.Waits = nil
	}
	return p
}

// excuse copies the list, which other records share.
func (p Playback) excuse(whom func(Waited) bool) Playback {
	p.Waits = slices.Clone(p.Waits)
	for i, w := range p.Waits {
		p.Waits[i].Excused = w.Excused || whom(w)
	}
	return p
}

// Lists tells whether a person is known not to be ready.
func (p Playback) Lists(personID string) bool {
	return slices.ContainsFunc(p.Waits, func(w Waited) bool { return w.ID == personID })
}

// held tells whether somebody is waited for.
func (p Playback) held() bool {
	return slices.ContainsFunc(p.Waits, func(w Waited) bool { return !w.Excused })
}

// hold lets a film that plays stand when somebody is not ready, and start when
// nobody is waited for any more, startMS later. deadlineMS is when a wait that
// began earlier ends, 0 = a new one.
func (p Playback) hold(nowMS, deadlineMS, startMS int64) Playback {
	stands := p.Status == Playing && p.held()
	switch {
	case stands && !p.waiting(nowMS):
		if deadlineMS <= nowMS {
			deadlineMS = nowMS + WaitLimitMS
		}
		p.PositionS, p.AtMS, p.WaitMS = p.PositionAt(nowMS), deadlineMS, deadlineMS
	case !stands && p.waiting(nowMS):
		p.AtMS, p.WaitMS = min(p.AtMS, nowMS+startMS), 0
	case !stands:
		p.WaitMS = 0
	}
	return p
}

// changedWaits makes next the successor of p, unless nothing has changed.
func (p Playback) changedWaits(next Playback, nowMS, startMS int64) (Playback, bool) {
	next = next.hold(nowMS, 0, startMS)
	if slices.Equal(next.Waits, p.Waits) && next.WaitMS == p.WaitMS {
		return p, false
	}
	next.Version = p.Version + 1
	return next, true
}

// Hear is the record after somebody said whether their player is ready. When
// nobody is waited for any more the film starts startMS later (GroupStart).
func (p Playback) Hear(w Waited, nowMS, startMS int64) (next Playback, changed bool) {
	next = p.lapse(nowMS)
	same := func(known Waited) bool { return known.ID == w.ID }
	at := slices.IndexFunc(next.Waits, same)
	switch {
	case w.Reason == Ready:
		next = next.forget(same)
	case at >= 0:
		next.Waits = slices.Clone(next.Waits)
		next.Waits[at].Reason = w.Reason
		if nowMS-next.Waits[at].HeardMS > waitedLifeMS/2 {
			next.Waits[at].HeardMS = nowMS // seldom, for each time is told to all
		}
	case len(next.Waits) < maxWaits && p.ItemID != "":
		w.Excused, w.HeardMS = false, nowMS
		next.Waits = append(slices.Clip(next.Waits), w)
	}
	return p.changedWaits(next, nowMS, startMS)
}

// Without is the record when nobody who is not ready is waited for.
func (p Playback) Without(nowMS, startMS int64, by ident.By) (next Playback, changed bool) {
	next = p.lapse(nowMS).excuse(func(Waited) bool { return true })
	if next, changed = p.changedWaits(next, nowMS, startMS); changed {
		next.By = by
	}
	return next, changed
}

// Among is the record when only these people are here; the others are neither
// waited for nor remembered.
func (p Playback) Among(here map[string]bool, nowMS, startMS int64) (next Playback, changed bool) {
	next = p.lapse(nowMS).forget(func(w Waited) bool { return !here[w.ID] })
	return p.changedWaits(next, nowMS, startMS)
}
