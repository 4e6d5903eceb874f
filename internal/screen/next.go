package screen

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"slices"

	"synctv/internal/ident"
)

// Autoplay is what happens when an item has ended.
type Autoplay struct {
	On     bool         `json:"on"`
	Mode   AutoplayMode `json:"mode" enum:"sequential,repeat_one,repeat_all,shuffle"`
	DelayS int          `json:"delay_s" doc:"seconds of countdown before the next item"`
}

// AutoplayMode says which item is next.
type AutoplayMode string

// The modes of autoplay.
const (
	Sequential AutoplayMode = "sequential"
	RepeatOne  AutoplayMode = "repeat_one"
	RepeatAll  AutoplayMode = "repeat_all"
	Shuffle    AutoplayMode = "shuffle"
)

// Following is what autoplay plays after the current item, always in the same
// folder; the zero Item when there is nothing. round is the shuffle round that
// holds from then on.
func (l Playlist) Following(a Autoplay, p Playback, playable func(Item) bool, nowMS int64) (next Item, round int64) {
	current, known := l.Item(p.ItemID)
	if !a.On || !known {
		return Item{}, p.Round
	}
	items := l.in(current.FolderID)
	at := slices.IndexFunc(items, func(it Item) bool { return it.ID == current.ID })
	switch {
	case a.Mode == RepeatOne && playable(current):
		return current, p.Round
	case a.Mode == Shuffle:
		return shuffled(items, current, p.Round, playable, nowMS)
	case a.Mode == RepeatAll:
		items = slices.Concat(items[at+1:], items[:at+1]) // the current one last
	default:
		items = items[at+1:]
	}
	if i := slices.IndexFunc(items, playable); i >= 0 {
		next = items[i]
	}
	return next, p.Round
}

// shuffled takes the first item of the round's permutation that was not played
// in it. A permutation is stored as its seed, the round: the order of the
// items' hashes. When all were played a new round begins, not with the item
// that has just ended.
func shuffled(items []Item, current Item, round int64, playable func(Item) bool, nowMS int64) (Item, int64) {
	candidates := slices.DeleteFunc(slices.Clone(items), func(it Item) bool { return it.ID == current.ID || !playable(it) })
	left := slices.DeleteFunc(slices.Clone(candidates), func(it Item) bool { return it.Played == round })
	if len(left) == 0 {
		left, round = candidates, max(round+1, nowMS)
	}
	switch {
	case len(left) > 0:
		return slices.MinFunc(left, func(a, b Item) int { return cmp.Compare(rank(round, a.ID), rank(round, b.ID)) }), round
	case playable(current):
		return current, round
	}
	return Item{}, round
}

// rank is an item's place in the permutation of a round.
func rank(round int64, id string) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, round, " ", id) // a hash takes everything
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd // spreads similar inputs (finaliser of MurmurHash3)
	return x ^ x>>33
}

// StartOf is the command that starts an item; the zero Item means nothing.
func StartOf(it Item) Command {
	return Command{Action: ActItem, ItemID: it.ID, DurationS: it.DurationS}
}

// DueMS is the server instant at which autoplay has to look at this playback
// again, in ms: the end of the countdown or of the film; 0 = not by itself.
func (p Playback) DueMS() int64 {
	switch {
	case p.NextMS > 0:
		return p.NextMS
	case p.Status == Playing && p.DurationS > 0:
		left := max(0, p.DurationS-p.PositionS) / p.Rate
		return max(1, p.AtMS+int64(math.Ceil(left*1000)))
	}
	return 0
}

// Due is a room whose playback is due (DueMS) at an instant.
type Due struct {
	RoomID string
	AtMS   int64
}

// Finish is the playback once its item has ended: it stands at the end, and
// the next item waits for its countdown. A next item without delay starts.
func (p Playback) Finish(next Item, round, delayMS, nowMS int64) Playback {
	end := p
	end.PositionS, end.AtMS, end.Status = p.PositionAt(nowMS), nowMS, Paused
	end.NextItemID, end.NextMS, end.Round = "", 0, round
	switch {
	case next.ID == "":
	case delayMS <= 0:
		c := StartOf(next)
		c.Round = round
		end = end.withItem(c, nowMS)
	default:
		end.NextItemID, end.NextMS = next.ID, nowMS+delayMS
	}
	end.Version, end.By = p.Version+1, ident.By{}
	return end
}

// Step is the command for the next (+1) or previous (-1) item; false: there is none.
func (l Playlist) Step(rule Autoplay, p Playback, step int, nowMS int64) (Command, bool) {
	if waiting, ok := l.Item(p.NextItemID); ok && step > 0 {
		return StartOf(waiting), true // the countdown's, at once
	}
	if _, known := l.Item(p.ItemID); known && step > 0 && (rule.Mode == Shuffle || rule.Mode == RepeatAll) {
		rule.On = true
		next, round := l.Following(rule, p, func(Item) bool { return true }, nowMS)
		c := StartOf(next)
		c.Round = round
		return c, next.ID != ""
	}
	next, ok := l.Neighbour(p.ItemID, step)
	return StartOf(next), ok
}
