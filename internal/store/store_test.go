//go:build unix

package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"synctv/internal/account"
	"synctv/internal/ident"
	"synctv/internal/right"
	"synctv/internal/room"
	"synctv/internal/screen"
	"synctv/internal/store"
	"synctv/internal/store/storetest"
	"synctv/internal/talk"
)

// One server for all cases of the suite; a database of its own for each.
func TestStore(t *testing.T) {
	cases := map[string]func(*testing.T, *store.Store){
		"users": testUsers, "sessions": testSessions, "rooms": testRooms, "list": testList, "members": testMembers,
		"member limit": testMemberLimit, "guests": testGuests, "playback": testPlayback, "playback race": testPlaybackRace,
		"playlist": testPlaylist, "playlist storm": testPlaylistStorm, "messages": testMessages, "message storm": testMessageStorm,
		"live keys": testLiveKeys, "cascade": testCascade,
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

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("got error %v, want %v", got, want)
	}
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func addUser(t testing.TB, s *store.Store, name string) account.User {
	t.Helper()
	u := account.User{
		ID: ident.New(), Name: name, PasswordHash: "hash", Role: account.Plain, Status: account.Active,
		Color: "#123456", Version: 1, CreatedMS: 1000,
	}
	must(t, s.CreateUser(t.Context(), u))
	return u
}

func addRoom(t testing.TB, s *store.Store, u account.User, name string, createdMS int64) room.Room {
	t.Helper()
	r := room.Room{
		ID: ident.New(), Name: name, CreatorID: u.ID, Visibility: room.Listed, Status: room.RoomActive,
		Settings: room.DefaultSettings(false), Version: 1, CreatedMS: createdMS,
	}
	creator := room.Member{RoomID: r.ID, PersonID: u.ID, Kind: room.KindUser, Role: room.Creator, Status: room.MemberActive, Version: 1, JoinedMS: createdMS}
	must(t, s.CreateRoom(t.Context(), r, creator, screen.NewPlayback(createdMS, ident.By{ID: u.ID, Name: u.Name}), 0))
	return r
}

func testRooms(t *testing.T, s *store.Store) {
	ctx := t.Context()
	u := addUser(t, s, "ada")
	r := addRoom(t, s, u, "Film night", 5)
	got, err := s.Room(ctx, r.ID)
	must(t, err)
	same(t, got, r)
	_, err = s.Room(ctx, "nothing")
	wantErr(t, err, room.ErrRoomNotFound)
	p, err := s.Playback(ctx, r.ID)
	must(t, err)
	same(t, p, screen.NewPlayback(5, ident.By{ID: u.ID, Name: "ada"}))
	l, err := s.Playlist(ctx, r.ID)
	must(t, err)
	same(t, l, screen.Playlist{Version: 1, Items: []screen.Item{}, Folders: []screen.Folder{}})
	// Half a room is no room: the creator does not exist, nothing stays.
	bad := r
	bad.ID = ident.New()
	if err := s.CreateRoom(ctx, bad, room.Member{RoomID: bad.ID, PersonID: "ghost", Kind: room.KindUser}, screen.Playback{}, 0); err == nil {
		t.Error("a room of a ghost was stored")
	}
	_, err = s.Room(ctx, bad.ID)
	wantErr(t, err, room.ErrRoomNotFound)
}

func testList(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ada, bob := addUser(t, s, "ada"), addUser(t, s, "bob")
	var ids []string
	for i := range 5 {
		ids = append(ids, addRoom(t, s, ada, fmt.Sprintf("Room %d%% É_", i), 10).ID) // all at once: the id decides
	}
	slices.SortFunc(ids, func(a, b string) int { return strings.Compare(b, a) })
	quiet := addRoom(t, s, bob, "quiet", 20)
	var got []string
	q := room.ListQuery{Viewer: ada.ID, Search: "% é_", Limit: 2}
	for range 4 {
		page, err := s.ListRooms(ctx, q)
		must(t, err)
		for _, r := range page {
			got = append(got, r.ID)
			same(t, []any{r.Creator.Name, r.Role, r.GuestsAllowed, r.HasPassword}, []any{"ada", room.Creator, true, false})
			q.Before = room.Cursor{CreatedMS: r.CreatedMS, ID: r.ID}
		}
	}
	same(t, got, ids)
	mine, err := s.ListRooms(ctx, room.ListQuery{Viewer: bob.ID, Mine: true, Limit: 9})
	must(t, err)
	same(t, len(mine), 1)
	same(t, mine[0].ID, quiet.ID)
	items := []screen.Item{{ID: ident.New(), RoomID: quiet.ID, Title: "The film", Live: true, Source: screen.Source{Type: screen.SourceLive, Stream: "s"}}}
	_, err = addItems(ctx, s, quiet.ID, items)
	must(t, err)
	swapped, err := s.SwapPlayback(ctx, quiet.ID, 1, screen.Playback{ItemID: items[0].ID, Status: screen.Playing, Rate: 1, Version: 2})
	must(t, err)
	same(t, swapped, true)
	all, err := s.ListRooms(ctx, room.ListQuery{Limit: 1})
	must(t, err)
	same(t, []any{all[0].Playing, all[0].Live, all[0].Role}, []any{"The film", true, room.Role("")})
}

func testMembers(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ada, bob := addUser(t, s, "ada"), addUser(t, s, "bob")
	r := addRoom(t, s, ada, "x", 1)
	m := room.Member{
		RoomID: r.ID, PersonID: bob.ID, Kind: room.KindUser, Name: "old name", Color: "#000000", Role: room.PlainUser,
		Status: room.MemberActive, Added: right.PlayControl, Removed: right.UseVoice, Version: 1, JoinedMS: 7,
	}
	_, err := s.AddMember(ctx, m, 10)
	must(t, err)
	m.Name, m.Color = "bob", "#123456" // as the account has them
	got, err := s.Member(ctx, r.ID, bob.ID)
	must(t, err)
	same(t, got, m)
	again := m
	again.Role = room.RoomAdmin
	got, err = s.AddMember(ctx, again, 10)
	must(t, err)
	same(t, got, m)
	list, err := s.Members(ctx, r.ID)
	must(t, err)
	same(t, len(list), 2)
	same(t, list[0].Role, room.Creator)
	must(t, s.RemoveMember(ctx, r.ID, bob.ID))
	wantErr(t, s.RemoveMember(ctx, r.ID, bob.ID), room.ErrMemberNotFound)
	_, err = s.Member(ctx, r.ID, bob.ID)
	wantErr(t, err, room.ErrMemberNotFound)
	_, err = s.AddMember(ctx, room.Member{RoomID: "nothing", PersonID: bob.ID, Kind: room.KindUser}, 10)
	wantErr(t, err, room.ErrRoomNotFound)
}

func testMemberLimit(t *testing.T, s *store.Store) {
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 1)
	users := make([]account.User, 20)
	for i := range users {
		users[i] = addUser(t, s, fmt.Sprintf("user%d", i))
	}
	results := make([]error, len(users))
	var wg sync.WaitGroup
	for i, u := range users {
		wg.Go(func() {
			_, results[i] = s.AddMember(context.Background(), room.Member{
				RoomID: r.ID, PersonID: u.ID, Kind: room.KindUser, Role: room.PlainUser, Status: room.MemberActive,
			}, 6)
		})
	}
	wg.Wait()
	full := 0
	for _, err := range results {
		if errors.Is(err, room.ErrRoomFull) {
			full++
		} else {
			must(t, err)
		}
	}
	same(t, full, 15)
	list, err := s.Members(t.Context(), r.ID)
	must(t, err)
	same(t, len(list), 6)
	_, err = s.AddMember(t.Context(), list[3], 6) // who is in needs no place
	must(t, err)
}

func testGuests(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ada := addUser(t, s, "ada")
	r, other := addRoom(t, s, ada, "x", 1), addRoom(t, s, ada, "y", 1)
	g := room.Member{
		RoomID: r.ID, PersonID: ident.New(), Kind: room.KindGuest, Name: "Guest", Color: "#abcdef", Role: room.RoleGuest,
		Status: room.MemberActive, Version: 1, JoinedMS: 3,
	}
	must(t, s.AddGuest(ctx, g, "hash", 5))
	got, err := s.GuestByToken(ctx, r.ID, "hash")
	must(t, err)
	same(t, got, g)
	_, err = s.GuestByToken(ctx, other.ID, "hash")
	wantErr(t, err, room.ErrNotMember)
	must(t, s.RemoveMember(ctx, r.ID, g.PersonID))
	_, err = s.GuestByToken(ctx, r.ID, "hash")
	wantErr(t, err, room.ErrNotMember)
	g.PersonID = ident.New()
	wantErr(t, s.AddGuest(ctx, g, "hash2", 1), room.ErrRoomFull)
}

func testPlayback(t *testing.T, s *store.Store) {
	ctx := t.Context()
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 1)
	next := screen.Playback{
		ItemID: "i", Status: screen.Playing, PositionS: 1.0 / 3, Rate: 1.25, AtMS: 1 << 50, Epoch: 1 << 51, Version: 2, By: ident.By{ID: "b", Name: "名"},
	}
	swapped, err := s.SwapPlayback(ctx, r.ID, 1, next)
	must(t, err)
	same(t, swapped, true)
	got, err := s.Playback(ctx, r.ID)
	must(t, err)
	same(t, got, next)
	swapped, err = s.SwapPlayback(ctx, r.ID, 1, screen.Playback{Version: 2})
	must(t, err)
	same(t, swapped, false)
	_, err = s.Playback(ctx, "nothing")
	wantErr(t, err, room.ErrRoomNotFound)
}

// Every one of many writers gets its turn exactly once.
func testPlaybackRace(t *testing.T, s *store.Store) {
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 1)
	const writers = 16
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range 1000 {
				p, err := s.Playback(context.Background(), r.ID)
				if err != nil {
					t.Error(err)
					return
				}
				next := p
				next.Version, next.PositionS = p.Version+1, p.PositionS+1
				swapped, err := s.SwapPlayback(context.Background(), r.ID, p.Version, next)
				if err != nil {
					t.Error(err)
				}
				if swapped || err != nil {
					return
				}
			}
			t.Error("never got a turn")
		})
	}
	wg.Wait()
	p, err := s.Playback(t.Context(), r.ID)
	must(t, err)
	same(t, []float64{p.PositionS, float64(p.Version)}, []float64{writers, writers + 1})
}

func newItems(r room.Room, titles ...string) []screen.Item {
	var items []screen.Item
	for _, title := range titles {
		items = append(items, screen.Item{
			ID: ident.New(), RoomID: r.ID, Title: title, DurationS: 1.5, AddedBy: ident.By{ID: "a", Name: "ada"}, CreatedMS: 9,
			Source: screen.Source{Type: screen.SourceDirect, URL: "https://example.org/" + title, Kind: screen.KindFile},
		})
	}
	return items
}

func testPlaylist(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ada := addUser(t, s, "ada")
	r, other := addRoom(t, s, ada, "x", 1), addRoom(t, s, ada, "y", 1)
	items := newItems(r, "a", "b", "c")
	v, err := addItems(ctx, s, r.ID, items)
	must(t, err)
	same(t, v, int64(2))
	l, err := s.Playlist(ctx, r.ID)
	must(t, err)
	same(t, l, screen.Playlist{Version: 2, Items: items, Folders: []screen.Folder{}})
	one, err := s.Item(ctx, r.ID, items[1].ID)
	must(t, err)
	same(t, one, items[1])
	_, err = s.Item(ctx, other.ID, items[1].ID)
	wantErr(t, err, screen.ErrItemNotFound)
	_, err = dropItem(ctx, s, other.ID, items[1].ID)
	wantErr(t, err, screen.ErrItemNotFound)
	v, err = dropItem(ctx, s, r.ID, items[1].ID)
	must(t, err)
	same(t, v, int64(3))
	_, err = dropItem(ctx, s, r.ID, items[1].ID)
	wantErr(t, err, screen.ErrItemNotFound)
	l, err = s.Playlist(ctx, r.ID)
	must(t, err)
	same(t, []any{l.Version, len(l.Items)}, []any{int64(3), 2}) // a failed change makes no version
	_, err = addItems(ctx, s, "nothing", newItems(r, "d"))
	wantErr(t, err, room.ErrRoomNotFound)
}

func testPlaylistStorm(t *testing.T, s *store.Store) {
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 1)
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			if _, err := addItems(context.Background(), s, r.ID, newItems(r, fmt.Sprint(i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	l, err := s.Playlist(t.Context(), r.ID)
	must(t, err)
	seen := map[int64]bool{}
	for _, it := range l.Items {
		seen[it.Position] = true
	}
	same(t, []any{len(seen), l.Version}, []any{64, int64(65)})
}

func testMessages(t *testing.T, s *store.Store) {
	ctx := t.Context()
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 1)
	var sent []talk.Message
	for i := range 5 {
		m, err := s.AddMessage(ctx, r.ID, talk.Message{
			ID: ident.New(), Kind: talk.UserMessage, Author: talk.Author{ID: "a", Name: "ada", Color: "#123456"},
			Text: fmt.Sprintf("<b>%d</b> 你好", i), ItemID: "i", PositionS: 0.25, CreatedMS: int64(i),
		})
		must(t, err)
		same(t, m.Seq, int64(i+1))
		sent = append(sent, m)
	}
	got, err := s.MessagesBefore(ctx, r.ID, 0, 10)
	must(t, err)
	same(t, got, sent)
	got, err = s.MessagesBefore(ctx, r.ID, 4, 2)
	must(t, err)
	same(t, got, sent[1:3])
	got, err = s.MessagesBefore(ctx, r.ID, 1, 2)
	must(t, err)
	same(t, got, []talk.Message{})
	_, err = s.AddMessage(ctx, "nothing", talk.Message{ID: ident.New()})
	wantErr(t, err, room.ErrRoomNotFound)
}

func testMessageStorm(t *testing.T, s *store.Store) {
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 1)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := s.AddMessage(context.Background(), r.ID, talk.Message{ID: ident.New()}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := s.MessagesBefore(t.Context(), r.ID, 0, 100)
	must(t, err)
	for i, m := range got {
		if m.Seq != int64(i+1) {
			t.Fatalf("line %d has number %d", i+1, m.Seq)
		}
	}
	same(t, len(got), 50)
}

func testLiveKeys(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ada := addUser(t, s, "ada")
	r, other := addRoom(t, s, ada, "x", 1), addRoom(t, s, ada, "y", 1)
	item := screen.Item{ID: ident.New(), RoomID: r.ID, Title: "live", Live: true, Source: screen.Source{Type: screen.SourceLive, Stream: "stream1"}}
	_, err := addItems(ctx, s, r.ID, []screen.Item{item})
	must(t, err)
	found, err := s.ItemByStream(ctx, "", "stream1")
	must(t, err)
	same(t, found.ID, item.ID)
	_, err = s.ItemByStream(ctx, other.ID, "stream1")
	wantErr(t, err, screen.ErrItemNotFound)
	k := screen.LiveKey{ID: ident.New(), RoomID: r.ID, ItemID: item.ID, Stream: "stream1", Hash: "h", Hint: "…abcd", CreatedBy: ident.By{ID: "a", Name: "ada"}, CreatedMS: 4}
	must(t, s.AddLiveKey(ctx, k))
	got, err := s.LiveKeyByHash(ctx, "h")
	must(t, err)
	same(t, got, k)
	_, err = s.LiveKeyByHash(ctx, "other")
	wantErr(t, err, room.ErrKeyRefused)
	list, err := s.LiveKeys(ctx, r.ID)
	must(t, err)
	same(t, list, []screen.LiveKey{k})
	wantErr(t, s.RemoveLiveKey(ctx, other.ID, k.ID), room.ErrKeyNotFound)
	must(t, s.RemoveLiveKey(ctx, r.ID, k.ID))
	_, err = s.LiveKeyByHash(ctx, "h")
	wantErr(t, err, room.ErrKeyRefused)
}

// Deleting an item takes its keys along.
func testCascade(t *testing.T, s *store.Store) {
	ctx := t.Context()
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 1)
	items := []screen.Item{{ID: ident.New(), RoomID: r.ID, Title: "live", Live: true, Source: screen.Source{Type: screen.SourceLive, Stream: "s1"}}}
	_, err := addItems(ctx, s, r.ID, items)
	must(t, err)
	must(t, s.AddLiveKey(ctx, screen.LiveKey{ID: ident.New(), RoomID: r.ID, ItemID: items[0].ID, Stream: "s1", Hash: "h"}))
	_, err = dropItem(ctx, s, r.ID, items[0].ID)
	must(t, err)
	_, err = s.PurgeDeleted(ctx, 101, 1)
	must(t, err)
	_, err = s.LiveKeyByHash(ctx, "h")
	wantErr(t, err, room.ErrKeyRefused)
}

func TestOpenTwiceKeepsEverything(t *testing.T) {
	url := storetest.SQLiteURL(t)
	first := storetest.Open(t, url)
	u := addUser(t, first, "ada")
	second := storetest.Open(t, url) // a second process, as the CLI is
	got, err := second.UserByName(t.Context(), "ada")
	must(t, err)
	same(t, got.ID, u.ID)
	must(t, second.RemoveUser(t.Context(), u.ID))
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, url := range []string{"", "mysql://x", "sqlite:" + filepath.Join(dir, "a\x00b"), "postgres://user:secret@127.0.0.1:1/none?connect_timeout=1"} {
		s, err := store.Open(t.Context(), store.Options{URL: url})
		if err == nil {
			_ = s.Close()
			t.Errorf("%q was opened", url)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the password is in the error: %v", err)
		}
	}
}
