package room

import (
	"context"

	"synctv/internal/problem"
	"synctv/internal/right"
	"synctv/internal/screen"
	"synctv/internal/talk"
)

// swapTries bounds how often a command without a version is tried again when
// others are faster; with versions in the store one of them wins each round.
const swapTries = 16

// Control applies a play, pause, seek, rate or item command.
func (s *Service) Control(ctx context.Context, roomID string, who Person, c screen.Command) (screen.Playback, error) {
	a, err := s.require(ctx, roomID, who, needs(c))
	if err != nil {
		return screen.Playback{}, err
	}
	if err := c.Check(); err != nil {
		return screen.Playback{}, err
	}
	if c.Action == screen.ActItem && c.ItemID != "" {
		item, err := s.Playlists.Item(ctx, roomID, c.ItemID)
		if err != nil {
			return screen.Playback{}, err
		}
		if err := s.tryAgain(ctx, item); err != nil {
			return screen.Playback{}, err
		}
		c.DurationS = item.DurationS
	}
	return s.swapPlayback(ctx, a, c)
}

// tryAgain forgets what is known against an item: somebody chose it.
func (s *Service) tryAgain(ctx context.Context, it screen.Item) error {
	if it.Broken == "" {
		return nil
	}
	it.Broken = ""
	return s.learn(ctx, it)
}

// Step moves to the next (+1) or the previous (-1) item in the current one's
// folder. The next one is what autoplay would take if it took everything.
func (s *Service) Step(ctx context.Context, roomID string, who Person, step int, c screen.Command) (screen.Playback, error) {
	a, err := s.require(ctx, roomID, who, right.ChangeCurrent)
	if err != nil {
		return screen.Playback{}, err
	}
	current, err := s.Playbacks.Playback(ctx, roomID)
	if err != nil {
		return screen.Playback{}, err
	}
	if c.StaleFor(current) {
		return screen.Playback{}, ErrPlaybackConflict.WithCurrent(current)
	}
	list, err := s.Playlists.Playlist(ctx, roomID)
	if err != nil {
		return screen.Playback{}, err
	}
	to, ok := list.Step(a.Room.Settings.Autoplay, current, step, s.nowMS())
	if !ok {
		return screen.Playback{}, ErrNothingToPlay
	}
	// Bound to what was read: two people pressing "next" move one item on.
	to.Epoch = current.Epoch
	return s.swapPlayback(ctx, a, to)
}

// swapPlayback is compare-and-swap: read, apply the rule, store if nobody was
// faster, tell the room. A command that names the state it was based on is
// refused with the current one when that has moved on; any other is applied
// to whatever is there.
func (s *Service) swapPlayback(ctx context.Context, a Access, c screen.Command) (screen.Playback, error) {
	roomID := a.Room.ID
	for range swapTries {
		current, err := s.Playbacks.Playback(ctx, roomID)
		if err != nil {
			return screen.Playback{}, err
		}
		if c.StaleFor(current) {
			return screen.Playback{}, ErrPlaybackConflict.WithCurrent(current)
		}
		next, changed := current.Apply(c, s.nowMS(), a.By())
		if !changed {
			return current, nil
		}
		swapped, err := s.Playbacks.SwapPlayback(ctx, roomID, current.Version, next)
		if err != nil {
			return screen.Playback{}, err
		}
		if swapped {
			s.Announcer.Announce(ctx, roomID, Event{Type: EventPlayback, Playback: &next})
			if next.ItemID != "" && next.Epoch != current.Epoch {
				s.noteItem(ctx, roomID, a.By(), next)
			}
			return next, nil
		}
	}
	return screen.Playback{}, problem.New(problem.Unavailable, "unavailable", "The room is too busy; try again.")
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
		Playlist: screen.PlaylistView{Items: []screen.ItemView{}, Folders: []screen.Folder{}}, Members: []MemberView{}, Chat: []talk.Message{}, Live: []screen.Stream{},
	}
	if snap.Playback, err = s.Playbacks.Playback(ctx, roomID); err != nil {
		return Snapshot{}, err
	}
	if err := s.snapPlaylist(ctx, a, &snap); err != nil {
		return Snapshot{}, err
	}
	if a.Can.Has(right.ViewMemberList) {
		if snap.Members, err = s.viewMembers(ctx, a); err != nil {
			return Snapshot{}, err
		}
	}
	if a.Can.Has(right.ViewChatHistory) {
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
	if a.Can.Has(right.ViewPlaylist) {
		snap.Playlist.Folders = list.Folders
	}
	for _, it := range list.Items {
		if !a.Can.Has(right.ViewPlaylist) && it.ID != snap.Playback.ItemID {
			continue
		}
		snap.Playlist.Items = append(snap.Playlist.Items, s.ViewItem(it))
		if it.Source.Type != screen.SourceLive {
			continue
		}
		if st, ok := s.Streams.StreamInfo(it.Source.Stream); ok {
			st.ItemID = it.ID
			snap.Live = append(snap.Live, st)
		}
	}
	return nil
}

// needs is the right a command takes.
func needs(c screen.Command) right.Permissions {
	switch c.Action {
	case screen.ActItem, screen.ActStay:
		return right.ChangeCurrent
	case screen.ActRate:
		return right.ChangeRate
	case screen.ActPlay, screen.ActPause, screen.ActSeek:
		return right.PlayControl
	}
	return right.PlayControl
}
