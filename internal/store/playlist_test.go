//go:build unix

package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"synctv/internal/ident"
	"synctv/internal/room"
	"synctv/internal/screen"
	"synctv/internal/store"
	"synctv/internal/store/storetest"
)

func TestPlaylistStore(t *testing.T) {
	cases := map[string]func(*testing.T, *store.Store){
		"folders": testFolders, "edits": testEdits, "trading places": testTradingPlaces, "deleted": testDeleted,
		"due": testDue, "rounds": testRounds, "reports": testReports, "many": testManyItems, "edit storm": testEditStorm,
	}
	t.Run("sqlite", func(t *testing.T) {
		for name, work := range cases {
			t.Run(name, func(t *testing.T) { work(t, storetest.Open(t, storetest.SQLiteURL(t))) })
		}
	})
	t.Run("postgres", func(t *testing.T) {
		server := storetest.StartPostgres(t)
		for name, work := range cases {
			t.Run(name, func(t *testing.T) { work(t, storetest.Open(t, server.NewDatabase(t))) })
		}
	})
}

// addItems appends items in their folders, as the rule book does.
func addItems(ctx context.Context, s *store.Store, roomID string, items []screen.Item) (int64, error) {
	return s.ChangePlaylist(ctx, roomID, func(l screen.Playlist) (screen.Edit, error) {
		last := int64(0)
		for _, it := range slices.Concat(l.Items, l.GoneItems) {
			last = max(last, it.Position)
		}
		for i := range items {
			last += screen.PositionStep
			items[i].Position = last
		}
		return screen.Edit{Added: items}, nil
	})
}

// dropItem deletes one item, for a while.
func dropItem(ctx context.Context, s *store.Store, roomID, itemID string) (int64, error) {
	return s.ChangePlaylist(ctx, roomID, func(l screen.Playlist) (screen.Edit, error) {
		i := slices.IndexFunc(l.Items, func(it screen.Item) bool { return it.ID == itemID })
		if i < 0 {
			return screen.Edit{}, screen.ErrItemNotFound
		}
		gone := l.Items[i]
		gone.Gone = screen.Deletion{Batch: "batch", AtMS: 100, By: "a"}
		return screen.Edit{Removed: []screen.Item{gone}}, nil
	})
}

// edit stores one edit and gives the list after it.
func edit(t *testing.T, s *store.Store, roomID string, e screen.Edit) screen.Playlist {
	t.Helper()
	_, err := s.ChangePlaylist(t.Context(), roomID, func(screen.Playlist) (screen.Edit, error) { return e, nil })
	must(t, err)
	l, err := s.Playlist(t.Context(), roomID)
	must(t, err)
	return l
}

func titles(items []screen.Item) []string {
	out := []string{}
	for _, it := range items {
		out = append(out, it.Title)
	}
	return out
}

func testFolders(t *testing.T, s *store.Store) {
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 1)
	top := screen.Folder{ID: ident.New(), Name: "Series", AddedBy: ident.By{ID: "a", Name: "ada"}}
	inner := screen.Folder{ID: ident.New(), ParentID: top.ID, Name: "Season 1", AddedBy: top.AddedBy}
	items := newItems(r, "deep", "top")
	items[0].FolderID, items[0].Position, items[1].Position = inner.ID, 5, 5 // a position is the folder's own
	l := edit(t, s, r.ID, screen.Edit{Folders: []screen.Folder{top, inner}, Added: items})
	same(t, l.Folders, []screen.Folder{inner, top})
	slices.SortFunc(l.Items, func(a, b screen.Item) int { return len(a.FolderID) - len(b.FolderID) })
	same(t, l.Items, []screen.Item{items[1], items[0]})
	one, err := s.Item(t.Context(), r.ID, items[0].ID)
	must(t, err)
	same(t, one, items[0])
	inner.ParentID, inner.Name = "", "Specials"
	l = edit(t, s, r.ID, screen.Edit{Folders: []screen.Folder{inner}})
	same(t, l.Folders, []screen.Folder{top, inner})
}

func testEdits(t *testing.T, s *store.Store) {
	ctx := t.Context()
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 1)
	items := newItems(r, "a", "b")
	items[0].Position, items[1].Position = 1, 2
	edit(t, s, r.ID, screen.Edit{Added: items})
	items[0].Title, items[0].DurationS, items[0].Broken = "renamed", 7, "network"
	items[0].Source.URL = "https://example.org/other"
	l := edit(t, s, r.ID, screen.Edit{Changed: items[:1]})
	same(t, l.Items, items)
	same(t, l.Version, int64(3))
	refused := errors.New("refused")
	_, err := s.ChangePlaylist(ctx, r.ID, func(screen.Playlist) (screen.Edit, error) { return screen.Edit{Removed: items}, refused })
	wantErr(t, err, refused)
	v, err := s.ChangePlaylist(ctx, r.ID, func(l screen.Playlist) (screen.Edit, error) {
		same(t, l.Version, int64(3)) // neither a refusal nor nothing makes a version
		return screen.Edit{}, nil
	})
	must(t, err)
	same(t, v, int64(3))
	_, err = s.ChangePlaylist(ctx, "nothing", func(screen.Playlist) (screen.Edit, error) { return screen.Edit{}, nil })
	wantErr(t, err, room.ErrRoomNotFound)
}

// Rows whose positions rotate would meet on the way if each were written alone.
func testTradingPlaces(t *testing.T, s *store.Store) {
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 1)
	items := newItems(r, "a", "b", "c")
	for i := range items {
		items[i].Position = int64(i + 1)
	}
	edit(t, s, r.ID, screen.Edit{Added: items})
	items[0].Position, items[1].Position, items[2].Position = 2, 3, 1
	l := edit(t, s, r.ID, screen.Edit{Changed: items})
	same(t, titles(l.Items), []string{"c", "a", "b"})
}

func testDeleted(t *testing.T, s *store.Store) {
	ctx := t.Context()
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 1)
	f := screen.Folder{ID: ident.New(), Name: "F"}
	items := newItems(r, "in", "out")
	items[0].FolderID, items[0].Position = f.ID, 1
	items[1].Position, items[1].Live = 1, true
	items[1].Source = screen.Source{Type: screen.SourceLive, Stream: "s"}
	edit(t, s, r.ID, screen.Edit{Folders: []screen.Folder{f}, Added: items})
	must(t, s.AddLiveKey(ctx, screen.LiveKey{ID: "k", RoomID: r.ID, ItemID: items[1].ID, Stream: "s", Hash: "h"}))
	gone := screen.Deletion{Batch: "b", AtMS: 100, By: "ada"}
	f.Gone, items[0].Gone, items[1].Gone = gone, gone, gone
	l := edit(t, s, r.ID, screen.Edit{Folders: []screen.Folder{f}, Removed: items})
	same(t, []int{len(l.Items), len(l.Folders)}, []int{0, 0})
	_, err := s.Item(ctx, r.ID, items[0].ID)
	wantErr(t, err, screen.ErrItemNotFound)
	_, err = s.ItemByStream(ctx, r.ID, "s")
	wantErr(t, err, screen.ErrItemNotFound)
	keys, err := s.LiveKeys(ctx, r.ID)
	must(t, err)
	same(t, len(keys), 0)

	n, err := s.PurgeDeleted(ctx, 100, 10) // nothing is older than that
	must(t, err)
	same(t, n, 0)
	_, err = s.ChangePlaylist(ctx, r.ID, func(l screen.Playlist) (screen.Edit, error) {
		same(t, l.GoneFolders, []screen.Folder{f})
		same(t, len(l.GoneItems), 2)
		same(t, l.GoneItems[0].Gone, gone)
		back := items[1]
		back.Gone = screen.Deletion{}
		return screen.Edit{Added: []screen.Item{back}}, nil
	})
	must(t, err)
	keys, err = s.LiveKeys(ctx, r.ID)
	must(t, err)
	same(t, len(keys), 1) // its key came back with it
	n, err = s.PurgeDeleted(ctx, 101, 1)
	must(t, err)
	same(t, n, 2) // the item and then its empty folder
	l, err = s.Playlist(ctx, r.ID)
	must(t, err)
	same(t, titles(l.Items), []string{"out"})
}

func testDue(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ada := addUser(t, s, "ada")
	var ids []string
	for i, dueMS := range []int64{3000, 1000, 2000, 0} {
		r := addRoom(t, s, ada, fmt.Sprint(i), 1)
		p := screen.Playback{ItemID: "x", Status: screen.Paused, Rate: 1, Epoch: 1, Version: 2, NextItemID: "y", NextMS: dueMS, Round: 9, DurationS: 4}
		swapped, err := s.SwapPlayback(ctx, r.ID, 1, p)
		must(t, err)
		same(t, swapped, true)
		got, err := s.Playback(ctx, r.ID)
		must(t, err)
		same(t, got, p)
		ids = append(ids, r.ID)
	}
	due, err := s.DuePlaybacks(ctx, 10)
	must(t, err)
	same(t, due, []screen.Due{{RoomID: ids[1], AtMS: 1000}, {RoomID: ids[2], AtMS: 2000}, {RoomID: ids[0], AtMS: 3000}})
	playing := screen.Playback{Status: screen.Playing, Rate: 2, AtMS: 500, PositionS: 1, DurationS: 4, Version: 3}
	_, err = s.SwapPlayback(ctx, ids[3], 2, playing)
	must(t, err)
	due, err = s.DuePlaybacks(ctx, 3)
	must(t, err)
	same(t, len(due), 3)
	same(t, slices.Contains(due, screen.Due{RoomID: ids[3], AtMS: 2000}), true) // 500 ms + 3 s of film at double speed
}

// An item that is started is marked with the round; a lost race marks nothing.
func testRounds(t *testing.T, s *store.Store) {
	ctx := t.Context()
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 1)
	items := newItems(r, "a", "b")
	_, err := addItems(ctx, s, r.ID, items)
	must(t, err)
	start := func(from int64, it screen.Item) bool {
		swapped, err := s.SwapPlayback(ctx, r.ID, from, screen.Playback{ItemID: it.ID, Status: screen.Playing, Rate: 1, Version: from + 1, Round: 77, Started: true})
		must(t, err)
		return swapped
	}
	same(t, start(1, items[0]), true)
	same(t, start(1, items[1]), false)
	l, err := s.Playlist(ctx, r.ID)
	must(t, err)
	same(t, []int64{l.Items[0].Played, l.Items[1].Played}, []int64{77, 0})
	items[0].Title = "renamed"
	l = edit(t, s, r.ID, screen.Edit{Changed: items[:1]}) // read before it was started
	same(t, []any{l.Items[0].Title, l.Items[0].Played}, []any{"renamed", int64(77)})
}

func testReports(t *testing.T, s *store.Store) {
	ctx := t.Context()
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 1)
	put := func(who string, epoch int64, ended bool) screen.Report {
		rep := screen.Report{PersonID: who, Epoch: epoch, DurationS: 1.5, Ended: ended, Failed: "decode"}
		must(t, s.PutReport(ctx, r.ID, rep))
		return rep
	}
	put("ada", 1, false)
	put("bob", 1, false)
	last := put("ada", 2, true)
	got, err := s.Reports(ctx, r.ID, 2)
	must(t, err)
	same(t, got, []screen.Report{last})
	got, err = s.Reports(ctx, r.ID, 1)
	must(t, err)
	same(t, len(got), 1)
}

// More rows than one statement takes.
func testManyItems(t *testing.T, s *store.Store) {
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 1)
	names := make([]string, 1050)
	for i := range names {
		names[i] = fmt.Sprintf("%04d", i)
	}
	items := newItems(r, names...)
	_, err := addItems(t.Context(), s, r.ID, items)
	must(t, err)
	for i := range items {
		items[i].Position = int64(len(items) - i)
	}
	l := edit(t, s, r.ID, screen.Edit{Changed: items})
	same(t, []any{len(l.Items), l.Items[0].Title, l.Items[1049].Title}, []any{1050, "1049", "0000"})
}

// Writers who each turn the list around, one after another: nobody's turn is
// lost and no two items share a place.
func testEditStorm(t *testing.T, s *store.Store) {
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 1)
	_, err := addItems(t.Context(), s, r.ID, newItems(r, "a", "b", "c", "d"))
	must(t, err)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			_, err := s.ChangePlaylist(context.Background(), r.ID, func(l screen.Playlist) (screen.Edit, error) {
				n := len(l.Items)
				for i := range n / 2 {
					l.Items[i].Position, l.Items[n-1-i].Position = l.Items[n-1-i].Position, l.Items[i].Position
				}
				return screen.Edit{Changed: l.Items}, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	l, err := s.Playlist(t.Context(), r.ID)
	must(t, err)
	same(t, titles(l.Items), []string{"a", "b", "c", "d"}) // 64 times is even
	same(t, l.Version, int64(2+64))
}
