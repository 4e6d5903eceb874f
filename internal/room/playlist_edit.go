package room

import (
	"context"
	"slices"
	"time"

	"synctv/internal/ident"
	"synctv/internal/problem"
	"synctv/internal/right"
)

// editPlaylist lets a rule change the list as it is now, then tells the room.
func (s *Service) editPlaylist(ctx context.Context, roomID string, rule func(Playlist) (Edit, error)) (int64, Edit, error) {
	var before Playlist
	var e Edit
	version, err := s.Playlists.ChangePlaylist(ctx, roomID, func(l Playlist) (_ Edit, err error) {
		before = l
		e, err = rule(l)
		return e, err
	})
	if err != nil {
		return 0, Edit{}, err
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

func (s *Service) announceEdit(ctx context.Context, roomID string, version int64, before Playlist, e Edit) {
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
		after := before.foldersAfter(e)
		ev.Folders = &after
	}
	s.Announcer.Announce(ctx, roomID, ev)
}

// foldersAfter is every folder once an edit is stored.
func (l Playlist) foldersAfter(e Edit) []Folder {
	touched := map[string]bool{}
	for _, f := range e.Folders {
		touched[f.ID] = true
	}
	after := []Folder{}
	for _, f := range slices.Concat(l.Folders, e.Folders) {
		if f.Gone.Batch == "" && (!touched[f.ID] || slices.Contains(e.Folders, f)) && !slices.Contains(after, f) {
			after = append(after, f)
		}
	}
	return after
}

// ItemChange is what a person wants to be different; nil stays.
type ItemChange struct {
	Title *string
	URL   *string // of a direct item
}

// EditItem changes an item: one's own with edit_media_self, anyone's with
// edit_media_any. Another address of what plays starts it anew.
func (s *Service) EditItem(ctx context.Context, roomID string, who Person, itemID string, c ItemChange) (int64, Item, error) {
	a, err := s.access(ctx, roomID, who)
	if err != nil {
		return 0, Item{}, err
	}
	var fresh *Description
	if c.URL != nil {
		d, err := s.Media.Describe(ctx, who, NewItem{URL: *c.URL})
		if err != nil {
			return 0, Item{}, err
		}
		fresh = &d
	}
	if c.Title != nil {
		title, err := checkText("body.title", *c.Title, 1, MaxTitle)
		if err != nil {
			return 0, Item{}, err
		}
		c.Title = &title
	}
	moved := false
	version, e, err := s.editPlaylist(ctx, roomID, func(l Playlist) (Edit, error) {
		it, ok := l.item(itemID)
		if !ok {
			return Edit{}, ErrItemNotFound
		}
		if !a.mayEdit(it.AddedBy) {
			return Edit{}, ErrPermission
		}
		var err error
		it, moved, err = it.with(c.Title, fresh)
		return Edit{Changed: []Item{it}}, err
	})
	if err != nil {
		return 0, Item{}, err
	}
	if moved {
		err = s.restart(ctx, a, e.Changed[0])
	}
	return version, e.Changed[0], err
}

func (a Access) mayEdit(addedBy By) bool {
	own := addedBy.ID == a.Member.PersonID && a.Can.Has(right.EditMediaSelf)
	return own || a.Can.Has(right.EditMediaAny)
}

// with is the item after a change; moved tells that it plays something else.
func (it Item) with(title *string, d *Description) (_ Item, moved bool, err error) {
	if title != nil {
		it.Title = *title
	}
	if d == nil || d.Source == it.Source {
		return it, false, nil
	}
	if it.Source.Type != SourceDirect {
		return it, false, problem.InvalidField("body.url", "not_direct", "Only an item with an address can get another one.")
	}
	it.Source, it.DurationS, it.Broken = d.Source, d.DurationS, ""
	return it, true, nil
}

// restart begins an item anew if it is the current one.
func (s *Service) restart(ctx context.Context, a Access, it Item) error {
	p, err := s.Playbacks.Playback(ctx, a.Room.ID)
	if err != nil || p.ItemID != it.ID {
		return err
	}
	_, err = s.swapPlayback(ctx, a, startOf(it))
	return err
}

// MoveItems brings items and folders to another place.
func (s *Service) MoveItems(ctx context.Context, roomID string, who Person, itemIDs, folderIDs []string, to Spot) (int64, []Item, error) {
	if _, err := s.require(ctx, roomID, who, right.ReorderPlaylist); err != nil {
		return 0, nil, err
	}
	version, e, err := s.editPlaylist(ctx, roomID, func(l Playlist) (Edit, error) { return l.move(itemIDs, folderIDs, to) })
	return version, e.Changed, err
}

// AddFolder makes an empty folder.
func (s *Service) AddFolder(ctx context.Context, roomID string, who Person, name, parentID string) (int64, Folder, error) {
	a, err := s.require(ctx, roomID, who, right.AddMedia)
	if err != nil {
		return 0, Folder{}, err
	}
	if name, err = checkText("body.name", name, 1, maxFolderName); err != nil {
		return 0, Folder{}, err
	}
	f := Folder{ID: ident.New(), ParentID: parentID, Name: name, AddedBy: a.By()}
	version, _, err := s.editPlaylist(ctx, roomID, func(l Playlist) (Edit, error) {
		return Edit{Folders: []Folder{f}}, l.mayNest("", parentID)
	})
	return version, f, err
}

// RenameFolder gives a folder another name; rights as with items.
func (s *Service) RenameFolder(ctx context.Context, roomID string, who Person, folderID, name string) (int64, Folder, error) {
	a, err := s.access(ctx, roomID, who)
	if err != nil {
		return 0, Folder{}, err
	}
	if name, err = checkText("body.name", name, 1, maxFolderName); err != nil {
		return 0, Folder{}, err
	}
	var f Folder
	version, _, err := s.editPlaylist(ctx, roomID, func(l Playlist) (Edit, error) {
		var ok bool
		if f, ok = l.folder(folderID); !ok {
			return Edit{}, ErrFolderNotFound
		}
		if !a.mayEdit(f.AddedBy) {
			return Edit{}, ErrPermission
		}
		f.Name = name
		return Edit{Folders: []Folder{f}}, nil
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
	return s.takeOut(ctx, a, func(l Playlist) ([]Item, []Folder, error) {
		items, folders, err := l.doomed(itemIDs, folderIDs)
		if err == nil && !a.mayDelete(items, folders) {
			err = ErrPermission
		}
		return items, folders, err
	})
}

func (a Access) mayDelete(items []Item, folders []Folder) bool {
	if a.Can.Has(right.DeleteMediaAny) {
		return true
	}
	me := a.Member.PersonID
	return a.Can.Has(right.DeleteMediaSelf) &&
		!slices.ContainsFunc(items, func(it Item) bool { return it.AddedBy.ID != me }) &&
		!slices.ContainsFunc(folders, func(f Folder) bool { return f.AddedBy.ID != me })
}

// Clear deletes everything, or everything in one folder; it can be undone.
func (s *Service) Clear(ctx context.Context, roomID string, who Person, folderID string) (int64, string, error) {
	a, err := s.require(ctx, roomID, who, right.ClearPlaylist)
	if err != nil {
		return 0, "", err
	}
	return s.takeOut(ctx, a, func(l Playlist) ([]Item, []Folder, error) {
		if folderID == "" {
			return l.Items, l.Folders, nil
		}
		if _, ok := l.folder(folderID); !ok {
			return nil, nil, ErrFolderNotFound
		}
		items, folders := l.below([]string{folderID})
		return items, slices.DeleteFunc(folders, func(f Folder) bool { return f.ID == folderID }), nil
	})
}

// takeOut asks the rule twice: first so that the playback leaves what is about
// to go, then for good, with the list held still.
func (s *Service) takeOut(ctx context.Context, a Access, doomed func(Playlist) ([]Item, []Folder, error)) (int64, string, error) {
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
	gone := Deletion{Batch: ident.New(), AtMS: s.nowMS(), By: a.Member.PersonID}
	version, e, err := s.editPlaylist(ctx, roomID, func(l Playlist) (Edit, error) {
		list = l
		items, folders, err := doomed(l)
		return remove(items, folders, gone), err
	})
	if err != nil {
		return 0, "", err
	}
	for _, it := range e.Removed {
		if it.Source.Type == SourceLive {
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
func (s *Service) leaveItems(ctx context.Context, a Access, list Playlist, items []Item) error {
	doomed := idsOf(items)
	current, err := s.Playbacks.Playback(ctx, a.Room.ID)
	if err != nil || !doomed[current.ItemID] {
		return err
	}
	next, round := list.following(afterRemoval(a.Room.Settings.Autoplay), current, func(it Item) bool {
		return !doomed[it.ID] && s.playable(it)
	}, s.nowMS())
	c := startOf(next)
	c.Epoch, c.Round = current.Epoch, round
	_, err = s.swapPlayback(ctx, a, c)
	if problem.KindOf(err) == problem.Conflict {
		return nil // it was left already
	}
	return err
}

// afterRemoval: what is gone cannot be repeated.
func afterRemoval(a Autoplay) Autoplay {
	if a.Mode == RepeatOne {
		a.Mode = Sequential
	}
	return a
}

// Undo brings back what one act deleted, within half a minute: one's own act,
// or anybody's with delete_media_any.
func (s *Service) Undo(ctx context.Context, roomID string, who Person, batch string) (int64, []Item, error) {
	a, err := s.access(ctx, roomID, who)
	if err != nil {
		return 0, nil, err
	}
	version, e, err := s.editPlaylist(ctx, roomID, func(l Playlist) (Edit, error) {
		gone, ok := l.batch(batch)
		switch {
		case !ok || s.nowMS()-gone.AtMS > undoTime.Milliseconds():
			return Edit{}, ErrUndoExpired
		case gone.By != a.Member.PersonID && !a.Can.Has(right.DeleteMediaAny):
			return Edit{}, ErrPermission
		}
		return l.restore(batch)
	})
	return version, e.Added, err
}

func (l Playlist) batch(id string) (Deletion, bool) {
	for _, it := range l.GoneItems {
		if it.Gone.Batch == id && id != "" {
			return it.Gone, true
		}
	}
	for _, f := range l.GoneFolders {
		if f.Gone.Batch == id && id != "" {
			return f.Gone, true
		}
	}
	return Deletion{}, false
}

// sweepBatch bounds one write of the clean-up.
const sweepBatch = 500

// SweepPlaylists removes for good what can no longer be brought back, some at
// a time; call it again while it removes any.
func (s *Service) SweepPlaylists(ctx context.Context) (removed int, err error) {
	return s.Playlists.PurgeDeleted(ctx, s.nowMS()-sweepTime.Milliseconds(), sweepBatch)
}
