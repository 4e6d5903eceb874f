package room

import (
	"context"
	"strconv"

	"synctv/internal/problem"
)

// swapTries bounds how often a command without a version is tried again when
// others are faster; with versions in the store one of them wins each round.
const swapTries = 16

// Control applies a play, pause, seek, rate or item command.
func (s *Service) Control(ctx context.Context, roomID string, who Person, c Command) (Playback, error) {
	a, err := s.require(ctx, roomID, who, c.needs())
	if err != nil {
		return Playback{}, err
	}
	if err := c.Check(); err != nil {
		return Playback{}, err
	}
	if c.Action == ActItem && c.ItemID != "" {
		if _, err := s.Playlists.Item(ctx, roomID, c.ItemID); err != nil {
			return Playback{}, err
		}
	}
	return s.swapPlayback(ctx, a, c)
}

// needs is the right a command takes.
func (c Command) needs() Permissions {
	switch c.Action {
	case ActItem:
		return ChangeCurrent
	case ActRate:
		return ChangeRate
	case ActPlay, ActPause, ActSeek:
		return PlayControl
	}
	return PlayControl
}

// Step moves to the next (+1) or the previous (-1) item of the list.
func (s *Service) Step(ctx context.Context, roomID string, who Person, step int, c Command) (Playback, error) {
	a, err := s.require(ctx, roomID, who, ChangeCurrent)
	if err != nil {
		return Playback{}, err
	}
	current, err := s.Playbacks.Playback(ctx, roomID)
	if err != nil {
		return Playback{}, err
	}
	if c.StaleFor(current) {
		return Playback{}, ErrPlaybackConflict.WithCurrent(current)
	}
	list, err := s.Playlists.Playlist(ctx, roomID)
	if err != nil {
		return Playback{}, err
	}
	id, ok := list.neighbour(current.ItemID, step)
	if !ok {
		return Playback{}, ErrNothingToPlay
	}
	// Bound to what was read: two people pressing "next" move one item on.
	return s.swapPlayback(ctx, a, Command{Action: ActItem, ItemID: id, Epoch: current.Epoch})
}

// swapPlayback is compare-and-swap: read, apply the rule, store if nobody was
// faster, tell the room. A command that names the state it was based on is
// refused with the current one when that has moved on; any other is applied
// to whatever is there.
func (s *Service) swapPlayback(ctx context.Context, a Access, c Command) (Playback, error) {
	roomID := a.Room.ID
	for range swapTries {
		current, err := s.Playbacks.Playback(ctx, roomID)
		if err != nil {
			return Playback{}, err
		}
		if c.StaleFor(current) {
			return Playback{}, ErrPlaybackConflict.WithCurrent(current)
		}
		next, changed := current.Apply(c, s.nowMS(), a.By())
		if !changed {
			return current, nil
		}
		swapped, err := s.Playbacks.SwapPlayback(ctx, roomID, current.Version, next)
		if err != nil {
			return Playback{}, err
		}
		if swapped {
			s.Announcer.Announce(ctx, roomID, Event{Type: EventPlayback, Playback: &next})
			if next.ItemID != "" && next.Epoch != current.Epoch {
				s.noteItem(ctx, roomID, a.By(), next)
			}
			return next, nil
		}
	}
	return Playback{}, problem.New(problem.Unavailable, "unavailable", "The room is too busy; try again.")
}

// Snapshot is everything a page begins with.
func (s *Service) Snapshot(ctx context.Context, roomID string, who Person) (Snapshot, error) {
	a, err := s.access(ctx, roomID, who)
	if err != nil {
		return Snapshot{}, err
	}
	online := s.Announcer.Online(ctx, roomID)
	snap := Snapshot{
		Type: EventSnapshot, Room: a.Room.Details(), Me: a.Member.View(a.Can, true),
		Playlist: PlaylistView{Items: []ItemView{}}, Members: []MemberView{}, Chat: []Message{}, Live: []Stream{},
	}
	if snap.Playback, err = s.Playbacks.Playback(ctx, roomID); err != nil {
		return Snapshot{}, err
	}
	if err := s.snapPlaylist(ctx, a, &snap); err != nil {
		return Snapshot{}, err
	}
	if a.Can.Has(ViewMemberList) {
		if snap.Members, err = s.viewMembers(ctx, a); err != nil {
			return Snapshot{}, err
		}
	}
	if a.Can.Has(ViewChatHistory) {
		if snap.Chat, err = s.Messages.MessagesBefore(ctx, roomID, 0, historyPage); err != nil {
			return Snapshot{}, err
		}
	}
	snap.Me.Online = online[who.ID]
	snap.ServerMS = float64(s.Now().UnixMicro()) / 1000
	return snap, nil
}

// snapPlaylist fills in the list and its streams. Without the right to see the
// list a person still gets the current item, or there would be nothing to watch.
func (s *Service) snapPlaylist(ctx context.Context, a Access, snap *Snapshot) error {
	list, err := s.Playlists.Playlist(ctx, a.Room.ID)
	if err != nil {
		return err
	}
	snap.Playlist.Version = list.Version
	for _, it := range list.Items {
		if !a.Can.Has(ViewPlaylist) && it.ID != snap.Playback.ItemID {
			continue
		}
		snap.Playlist.Items = append(snap.Playlist.Items, s.ViewItem(it))
		if it.Source.Type != SourceLive {
			continue
		}
		if st, ok := s.Streams.StreamInfo(it.Source.Stream); ok {
			st.ItemID = it.ID
			snap.Live = append(snap.Live, st)
		}
	}
	return nil
}

func itemLocation(i int) string { return "body.items[" + strconv.Itoa(i) + "]" }
