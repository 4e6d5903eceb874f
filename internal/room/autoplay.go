package room

import (
	"context"
	"errors"
	"fmt"

	"synctv/internal/right"
	"synctv/internal/screen"
)

// playable tells whether autoplay tries an item: nothing is known against it,
// and a live one is on air.
func (s *Service) playable(it screen.Item) bool {
	if it.Source.Type == screen.SourceLive && it.Source.URL == "" {
		_, ok := s.Streams.StreamInfo(it.Source.Stream)
		return ok
	}
	return it.Broken == ""
}

// AdvanceDue moves on every room whose film or countdown has ended, and tells
// when the next one will, in ms; 0 = none that is stored now. Any number of
// replicas may call it at once: each step is taken by one of them.
func (s *Service) AdvanceDue(ctx context.Context) (nextMS int64, err error) {
	const most = 100 // rooms at a time; the rest is due at the next call
	rooms, err := s.Endings.DuePlaybacks(ctx, most)
	var failed []error
	for _, due := range rooms {
		if nextMS = due.AtMS; nextMS > s.nowMS() {
			return nextMS, errors.Join(failed...)
		}
		if err := s.advance(ctx, due.RoomID); err != nil {
			failed = append(failed, fmt.Errorf("room %s: %w", due.RoomID, err))
		}
	}
	if len(rooms) < most || failed != nil {
		nextMS = 0
	}
	return nextMS, errors.Join(append(failed, err)...)
}

func (s *Service) advance(ctx context.Context, roomID string) error {
	p, err := s.Playbacks.Playback(ctx, roomID)
	if err != nil {
		return err
	}
	if due := p.DueMS(); due == 0 || due > s.nowMS() {
		return nil // somebody was faster, or pressed something
	}
	return s.conclude(ctx, roomID, p)
}

// conclude takes the one step that follows from a playback whose item or
// countdown has ended, unless somebody else was faster.
func (s *Service) conclude(ctx context.Context, roomID string, p screen.Playback) error {
	r, err := s.Rooms.Room(ctx, roomID)
	if err != nil {
		return err
	}
	list, err := s.Playlists.Playlist(ctx, roomID)
	if err != nil {
		return err
	}
	rule := r.Settings.Autoplay
	rule.On = rule.On && r.Open() == nil
	next, round := list.Following(rule, p, s.playable, s.nowMS())
	delayMS := int64(rule.DelayS) * 1000
	if p.NextMS > 0 {
		delayMS = 0 // this was the countdown
		if chosen, ok := list.Item(p.NextItemID); ok && rule.On && s.playable(chosen) {
			next, round = chosen, p.Round
		}
	} else if rule.Mode == screen.RepeatOne {
		delayMS = 0
	}
	_, err = s.swapTo(ctx, roomID, p, p.Finish(next, round, delayMS, s.nowMS()))
	return err
}

// swapTo stores what follows from p, and tells.
func (s *Service) swapTo(ctx context.Context, roomID string, p, next screen.Playback) (bool, error) {
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
func (s *Service) CancelNext(ctx context.Context, roomID string, who Person) (screen.Playback, error) {
	a, err := s.require(ctx, roomID, who, right.ChangeCurrent)
	if err != nil {
		return screen.Playback{}, err
	}
	return s.swapPlayback(ctx, a, screen.Command{Action: screen.ActStay})
}
