package room

import (
	"context"
	"slices"
	"time"

	"synctv/internal/ident"
	"synctv/internal/problem"
	"synctv/internal/right"
	"synctv/internal/screen"
	"synctv/internal/text"
)

// editPlaylist lets a rule change the list as it is now, then tells the room.
func (s *Service) editPlaylist(ctx context.Context, roomID string, rule func(screen.Playlist) (screen.Edit, error)) (int64, screen.Edit, error) {
	var before screen.Playlist
	var e screen.Edit
	version, err := s.Playlists.ChangePlaylist(ctx, roomID, func(l screen.Playlist) (_ screen.Edit, err error) {
		before = l
		e, err = rule(l)
		return e, err
	})
	if err != nil {
		return 0, screen.Edit{}, err
	}
	if !e.Empty() {
		s.announceEdit(ctx, roomID, version, before, e)
	}
	return version, e, nil
}

// An event bigger than this is not sent: it would not fit into the queue of a
// page's socket. Pages fetch the list instead.
const (
	maxEventItems   = 200
	maxEventRemoved = 2000
)

func (s *Service) announceEdit(ctx context.Context, roomID string, version int64, before screen.Playlist, e screen.Edit) {
	ev := Event{Type: EventPlaylist, Version: version}
	if len(e.Added)+len(e.Changed) > maxEventItems || len(e.Removed) > maxEventRemoved {
		ev.Refetch = true
		s.Announcer.Announce(ctx, roomID, ev)
		return
	}
	ev.Added, ev.Edited = s.ViewItems(e.Added), s.ViewItems(e.Changed)
	for _, it := range e.Removed {
		ev.Removed = append(ev.Removed, it.ID)
	}
	if len(e.Folders) > 0 {
		after := before.FoldersAfter(e)
		ev.Folders = &after
	}
	s.Announcer.Announce(ctx, roomID, ev)
}

// ItemChange is what a person wants to be different; nil stays.
type ItemChange struct {
	Title *string
	URL   *string // of a direct item
	Route *screen.Route
}

// EditItem changes an item: one's own with edit_media_self, anyone's with
// edit_media_any. Another address of what plays starts it anew.
func (s *Service) EditItem(ctx context.Context, roomID string, who Person, itemID string, c ItemChange) (int64, screen.Item, error) {
	a, err := s.access(ctx, roomID, who)
	if err != nil {
		return 0, screen.Item{}, err
	}
	var fresh *Description
	if c.URL != nil {
		d, err := s.Media.Describe(ctx, who, NewItem{URL: *c.URL})
		if err != nil {
			return 0, screen.Item{}, err
		}
		fresh = &d
	}
	if c.Title != nil {
		title, err := text.Check("body.title", *c.Title, 1, screen.MaxTitle)
		if err != nil {
			return 0, screen.Item{}, err
		}
		c.Title = &title
	}
	moved := false
	version, e, err := s.editPlaylist(ctx, roomID, func(l screen.Playlist) (screen.Edit, error) {
		it, ok := l.Item(itemID)
		if !ok {
			return screen.Edit{}, screen.ErrItemNotFound
		}
		if !a.mayEdit(it.AddedBy) {
			return screen.Edit{}, right.ErrMissing
		}
		var err error
		it, moved, err = changed(it, c, fresh)
		return screen.Edit{Changed: []screen.Item{it}}, err
	})
	if err != nil {
		return 0, screen.Item{}, err
	}
	if moved {
		err = s.restart(ctx, a, e.Changed[0])
	}
	return version, e.Changed[0], err
}

func (a Access) mayEdit(addedBy ident.By) bool {
	own := addedBy.ID == a.Member.PersonID && a.Can.Has(right.EditMediaSelf)
	return own || a.Can.Has(right.EditMediaAny)
}

// restart begins an item anew if it is the current one.
func (s *Service) restart(ctx context.Context, a Access, it screen.Item) error {
	p, err := s.Playbacks.Playback(ctx, a.Room.ID)
	if err != nil || p.ItemID != it.ID {
		return err
	}
	_, err = s.swapPlayback(ctx, a, screen.StartOf(it))
	return err
}

// MoveItems brings items and folders to another place.
func (s *Service) MoveItems(ctx context.Context, roomID string, who Person, itemIDs, folderIDs []string, to screen.Spot) (int64, []screen.Item, error) {
	if _, err := s.require(ctx, roomID, who, right.ReorderPlaylist); err != nil {
		return 0, nil, err
	}
	version, e, err := s.editPlaylist(ctx, roomID, func(l screen.Playlist) (screen.Edit, error) { return l.Move(itemIDs, folderIDs, to) })
	return version, e.Changed, err
}

// AddFolder makes an empty folder.
func (s *Service) AddFolder(ctx context.Context, roomID string, who Person, name, parentID string) (int64, screen.Folder, error) {
	a, err := s.require(ctx, roomID, who, right.AddMedia)
	if err != nil {
		return 0, screen.Folder{}, err
	}
	if name, err = text.Check("body.name", name, 1, screen.MaxFolderName); err != nil {
		return 0, screen.Folder{}, err
	}
	f := screen.Folder{ID: ident.New(), ParentID: parentID, Name: name, AddedBy: a.By()}
	version, _, err := s.editPlaylist(ctx, roomID, func(l screen.Playlist) (screen.Edit, error) {
		return screen.Edit{Folders: []screen.Folder{f}}, l.MayNest("", parentID)
	})
	return version, f, err
}

// RenameFolder gives a folder another name; rights as with items.
func (s *Service) RenameFolder(ctx context.Context, roomID string, who Person, folderID, name string) (int64, screen.Folder, error) {
	a, err := s.access(ctx, roomID, who)
	if err != nil {
		return 0, screen.Folder{}, err
	}
	if name, err = text.Check("body.name", name, 1, screen.MaxFolderName); err != nil {
		return 0, screen.Folder{}, err
	}
	var f screen.Folder
	version, _, err := s.editPlaylist(ctx, roomID, func(l screen.Playlist) (screen.Edit, error) {
		var ok bool
		if f, ok = l.Folder(folderID); !ok {
			return screen.Edit{}, screen.ErrFolderNotFound
		}
		if !a.mayEdit(f.AddedBy) {
			return screen.Edit{}, right.ErrMissing
		}
		f.Name = name
		return screen.Edit{Folders: []screen.Folder{f}}, nil
	})
	return version, f, err
}

// undoTime is how long a deletion can be undone. What is older is swept away
// a little later, so that an undo in the last moment still finds it all.
const (
	undoTime  = 30 * time.Second
	sweepTime = time.Minute
)

// RemoveItems deletes items, and folders with all in them, in one batch that
// can be undone: one's own with delete_media_self, anyone's with
// delete_media_any. If the current item is among them autoplay goes on.
func (s *Service) RemoveItems(ctx context.Context, roomID string, who Person, itemIDs, folderIDs []string) (int64, string, error) {
	a, err := s.access(ctx, roomID, who)
	if err != nil {
		return 0, "", err
	}
	return s.takeOut(ctx, a, func(l screen.Playlist) ([]screen.Item, []screen.Folder, error) {
		items, folders, err := l.Doomed(itemIDs, folderIDs)
		if err == nil && !a.mayDelete(items, folders) {
			err = right.ErrMissing
		}
		return items, folders, err
	})
}

func (a Access) mayDelete(items []screen.Item, folders []screen.Folder) bool {
	if a.Can.Has(right.DeleteMediaAny) {
		return true
	}
	me := a.Member.PersonID
	return a.Can.Has(right.DeleteMediaSelf) &&
		!slices.ContainsFunc(items, func(it screen.Item) bool { return it.AddedBy.ID != me }) &&
		!slices.ContainsFunc(folders, func(f screen.Folder) bool { return f.AddedBy.ID != me })
}

// Clear deletes everything, or everything in one folder; it can be undone.
func (s *Service) Clear(ctx context.Context, roomID string, who Person, folderID string) (int64, string, error) {
	a, err := s.require(ctx, roomID, who, right.ClearPlaylist)
	if err != nil {
		return 0, "", err
	}
	return s.takeOut(ctx, a, func(l screen.Playlist) ([]screen.Item, []screen.Folder, error) {
		if folderID == "" {
			return l.Items, l.Folders, nil
		}
		if _, ok := l.Folder(folderID); !ok {
			return nil, nil, screen.ErrFolderNotFound
		}
		items, folders := l.Below([]string{folderID})
		return items, slices.DeleteFunc(folders, func(f screen.Folder) bool { return f.ID == folderID }), nil
	})
}

// takeOut asks the rule twice: first so that the playback leaves what is about
// to go, then for good, with the list held still.
func (s *Service) takeOut(ctx context.Context, a Access, doomed func(screen.Playlist) ([]screen.Item, []screen.Folder, error)) (int64, string, error) {
	roomID := a.Room.ID
	list, err := s.Playlists.Playlist(ctx, roomID)
	if err != nil {
		return 0, "", err
	}
	items, _, err := doomed(list)
	if err != nil {
		return 0, "", err
	}
	if err := s.leaveItems(ctx, a, list, items); err != nil {
		return 0, "", err
	}
	gone := screen.Deletion{Batch: ident.New(), AtMS: s.nowMS(), By: a.Member.PersonID}
	version, e, err := s.editPlaylist(ctx, roomID, func(l screen.Playlist) (screen.Edit, error) {
		list = l
		items, folders, err := doomed(l)
		return screen.Remove(items, folders, gone), err
	})
	if err != nil {
		return 0, "", err
	}
	for _, it := range e.Removed {
		if it.Source.Type == screen.SourceLive {
			s.Streams.Cut(it.Source.Stream)
		}
	}
	if e.Empty() {
		return version, "", nil
	}
	// Somebody may have chosen one of them meanwhile.
	return version, gone.Batch, s.leaveItems(ctx, a, list, e.Removed)
}

// leaveItems moves the playback off items that go, as autoplay would at the
// end of the current one, but at once.
func (s *Service) leaveItems(ctx context.Context, a Access, list screen.Playlist, items []screen.Item) error {
	doomed := screen.IdsOf(items)
	current, err := s.Playbacks.Playback(ctx, a.Room.ID)
	if err != nil || !doomed[current.ItemID] {
		return err
	}
	next, round := list.Following(afterRemoval(a.Room.Settings.Autoplay), current, func(it screen.Item) bool {
		return !doomed[it.ID] && s.playable(it)
	}, s.nowMS())
	c := screen.StartOf(next)
	c.Epoch, c.Round = current.Epoch, round
	_, err = s.swapPlayback(ctx, a, c)
	if problem.KindOf(err) == problem.Conflict {
		return nil // it was left already
	}
	return err
}

// afterRemoval: what is gone cannot be repeated.
func afterRemoval(a screen.Autoplay) screen.Autoplay {
	if a.Mode == screen.RepeatOne {
		a.Mode = screen.Sequential
	}
	return a
}

// Undo brings back what one act deleted, within half a minute: one's own act,
// or anybody's with delete_media_any.
func (s *Service) Undo(ctx context.Context, roomID string, who Person, batch string) (int64, []screen.Item, error) {
	a, err := s.access(ctx, roomID, who)
	if err != nil {
		return 0, nil, err
	}
	version, e, err := s.editPlaylist(ctx, roomID, func(l screen.Playlist) (screen.Edit, error) {
		gone, ok := l.Batch(batch)
		switch {
		case !ok || s.nowMS()-gone.AtMS > undoTime.Milliseconds():
			return screen.Edit{}, screen.ErrUndoExpired
		case gone.By != a.Member.PersonID && !a.Can.Has(right.DeleteMediaAny):
			return screen.Edit{}, right.ErrMissing
		}
		return l.Restore(batch)
	})
	return version, e.Added, err
}

// sweepBatch bounds one write of the clean-up.
const sweepBatch = 500

// SweepPlaylists removes for good what can no longer be brought back, some at
// a time; call it again while it removes any.
func (s *Service) SweepPlaylists(ctx context.Context) (removed int, err error) {
	return s.Playlists.PurgeDeleted(ctx, s.nowMS()-sweepTime.Milliseconds(), sweepBatch)
}

// changed is an item after a change; moved tells that it plays something else.
func changed(it screen.Item, c ItemChange, d *Description) (_ screen.Item, moved bool, err error) {
	if c.Title != nil {
		it.Title = *c.Title
	}
	if it, err = it.Routed(c.Route); err != nil || d == nil || d.Source.URL == it.Source.URL {
		return it, false, err
	}
	if it.Source.Type != screen.SourceDirect {
		return it, false, problem.InvalidField("body.url", "not_direct", "Only an item with an address can get another one.")
	}
	d.Source.Route = it.Source.Route
	it.Source, it.Live, it.DurationS, it.Broken = d.Source, d.Live, d.DurationS, ""
	return it, true, nil
}
