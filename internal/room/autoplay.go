package room

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"

	"synctv/internal/right"
)

// following is what autoplay plays after the current item, always in the same
// folder; the zero Item when there is nothing. round is the shuffle round that
// holds from then on.
func (l Playlist) following(a Autoplay, p Playback, playable func(Item) bool, nowMS int64) (next Item, round int64) {
	current, known := l.item(p.ItemID)
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

// playable tells whether autoplay tries an item: nothing is known against it,
// and a live one is on air.
func (s *Service) playable(it Item) bool {
	if it.Source.Type == SourceLive {
		_, ok := s.Streams.StreamInfo(it.Source.Stream)
		return ok
	}
	return it.Broken == ""
}

// startOf is the command that starts an item; the zero Item means nothing.
func startOf(it Item) Command {
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

// finish is the playback once its item has ended: it stands at the end, and
// the next item waits for its countdown. A next item without delay starts.
func (p Playback) finish(next Item, round, delayMS, nowMS int64) Playback {
	at := p.PositionAt(nowMS)
	if p.DurationS > 0 {
		at = min(at, p.DurationS)
	}
	end := p
	end.PositionS, end.AtMS, end.Status = at, nowMS, Paused
	end.NextItemID, end.NextMS, end.Round = "", 0, round
	switch {
	case next.ID == "":
	case delayMS <= 0:
		c := startOf(next)
		c.Round = round
		end = end.withItem(c, nowMS)
	default:
		end.NextItemID, end.NextMS = next.ID, nowMS+delayMS
	}
	end.Version, end.By = p.Version+1, By{}
	return end
}

// AdvanceDue moves on every room whose film or countdown has ended. Any number
// of replicas may call it at once: each step is taken by one of them.
func (s *Service) AdvanceDue(ctx context.Context) (advanced int, err error) {
	const most = 100 // rooms at a time; the rest is due at the next call
	rooms, err := s.Endings.DuePlaybacks(ctx, s.nowMS(), most)
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, roomID := range rooms {
		swapped, err := s.advance(ctx, roomID)
		if err != nil {
			failed = append(failed, fmt.Errorf("room %s: %w", roomID, err))
		}
		if swapped {
			advanced++
		}
	}
	return advanced, errors.Join(failed...)
}

func (s *Service) advance(ctx context.Context, roomID string) (bool, error) {
	p, err := s.Playbacks.Playback(ctx, roomID)
	if err != nil {
		return false, err
	}
	if due := p.DueMS(); due == 0 || due > s.nowMS() {
		return false, nil // somebody was faster, or pressed something
	}
	return s.conclude(ctx, roomID, p)
}

// conclude takes the one step that follows from a playback whose item or
// countdown has ended. swapped is false when somebody else was faster.
func (s *Service) conclude(ctx context.Context, roomID string, p Playback) (swapped bool, err error) {
	r, err := s.Rooms.Room(ctx, roomID)
	if err != nil {
		return false, err
	}
	list, err := s.Playlists.Playlist(ctx, roomID)
	if err != nil {
		return false, err
	}
	rule := r.Settings.Autoplay
	rule.On = rule.On && r.Open() == nil
	next, round := list.following(rule, p, s.playable, s.nowMS())
	delayMS := int64(rule.DelayS) * 1000
	if p.NextMS > 0 {
		delayMS = 0 // this was the countdown
		if chosen, ok := list.item(p.NextItemID); ok && rule.On && s.playable(chosen) {
			next, round = chosen, p.Round
		}
	} else if rule.Mode == RepeatOne {
		delayMS = 0
	}
	return s.swapTo(ctx, roomID, p, p.finish(next, round, delayMS, s.nowMS()))
}

// swapTo stores what follows from p, and tells.
func (s *Service) swapTo(ctx context.Context, roomID string, p, next Playback) (bool, error) {
	swapped, err := s.Playbacks.SwapPlayback(ctx, roomID, p.Version, next)
	if err != nil || !swapped {
		return false, err
	}
	s.Announcer.Announce(ctx, roomID, Event{Type: EventPlayback, Playback: &next})
	if next.ItemID != "" && next.ItemID != p.ItemID {
		s.noteItem(ctx, roomID, next.By, next)
	}
	return true, nil
}

// CancelNext stops the countdown; the room stays at the end of its film.
func (s *Service) CancelNext(ctx context.Context, roomID string, who Person) (Playback, error) {
	a, err := s.require(ctx, roomID, who, right.ChangeCurrent)
	if err != nil {
		return Playback{}, err
	}
	return s.swapPlayback(ctx, a, Command{Action: ActStay})
}
