//go:build unix

package store_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"synctv/internal/account"
	"synctv/internal/audit"
	"synctv/internal/ident"
	"synctv/internal/right"
	"synctv/internal/room"
	"synctv/internal/screen"
	"synctv/internal/store"
	"synctv/internal/store/storetest"
)

// TestRoomsAndMembers is the suite of what becomes of rooms and their people.
func TestRoomsAndMembers(t *testing.T) {
	cases := map[string]func(*testing.T, *store.Store){
		"swap a room": testSwapRoom, "rooms race": testRoomRace, "guests off": testGuestsOff, "quota": testQuota,
		"hand over": testHandOver, "hand over race": testHandOverRace, "idle": testIdle, "swap a member": testSwapMember,
		"last place": testLastPlace, "kick": testKick, "faces": testFaces, "audit": testAudit,
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

// storm runs 64 writers at once and tells how many reported success.
func storm(t *testing.T, write func(i int) (bool, error)) int64 {
	t.Helper()
	var done atomic.Int64
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			ok, err := write(i)
			if err != nil {
				t.Error(err)
			}
			if ok {
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return done.Load()
}

func addMember(t *testing.T, s *store.Store, r room.Room, u account.User, status room.MemberStatus, joinedMS int64) room.Member {
	t.Helper()
	m, err := s.AddMember(t.Context(), room.Member{
		RoomID: r.ID, PersonID: u.ID, Kind: room.KindUser, Name: u.Name, Color: u.Color, Role: room.PlainUser,
		Status: status, JoinedMS: joinedMS, Version: 1,
	}, 1000)
	must(t, err)
	return m
}

func addGuest(t *testing.T, s *store.Store, r room.Room, token string) string {
	t.Helper()
	id := ident.New()
	must(t, s.AddGuest(t.Context(), room.Member{
		RoomID: r.ID, PersonID: id, Kind: room.KindGuest, Name: "g", Color: "#000000", Role: room.RoleGuest,
		Status: room.MemberActive, JoinedMS: 1, Version: 1,
	}, token, 1000))
	return id
}

func testSwapRoom(t *testing.T, s *store.Store) {
	ctx := t.Context()
	r := addRoom(t, s, addUser(t, s, "ada"), "old", 5)
	names := []string{"send_chat"}
	next := r
	next.Name, next.Description, next.PasswordHash, next.Visibility, next.Version = "Néw", "d", "h", room.Hidden, 2
	next.Settings.MemberPermissions, next.Settings.SlowModeS = &names, 9
	gone, swapped, err := s.SwapRoom(ctx, 1, next)
	must(t, err)
	same(t, []any{len(gone), swapped}, []any{0, true})
	got, err := s.Room(ctx, r.ID)
	must(t, err)
	same(t, got, next)
	_, swapped, err = s.SwapRoom(ctx, 1, r)
	must(t, err)
	same(t, swapped, false)
	next.Visibility, next.Version = room.Listed, 3
	_, _, err = s.SwapRoom(ctx, 2, next)
	must(t, err)
	page, err := s.ListRooms(ctx, room.ListQuery{Search: "néw", Limit: 5})
	must(t, err)
	same(t, len(page), 1) // the key that is searched followed the name
	must(t, s.DeleteRoom(ctx, r.ID))
	wantErr(t, s.DeleteRoom(ctx, r.ID), room.ErrRoomNotFound)
}

func testRoomRace(t *testing.T, s *store.Store) {
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 5)
	won := storm(t, func(i int) (bool, error) {
		next := r
		next.Name, next.Version = fmt.Sprint("by ", i), 2
		_, swapped, err := s.SwapRoom(t.Context(), 1, next)
		return swapped, err
	})
	same(t, won, int64(1))
}

func testGuestsOff(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ada := addUser(t, s, "ada")
	r, other := addRoom(t, s, ada, "x", 5), addRoom(t, s, ada, "y", 5)
	id := addGuest(t, s, r, "token")
	addGuest(t, s, other, "other")
	next := r
	next.Settings.GuestsAllowed, next.Version = false, 2
	gone, _, err := s.SwapRoom(ctx, 1, next)
	must(t, err)
	same(t, gone, []string{id})
	_, err = s.GuestByToken(ctx, r.ID, "token")
	wantErr(t, err, room.ErrNotMember)
	_, err = s.GuestByToken(ctx, other.ID, "other")
	must(t, err)
	_, err = s.Member(ctx, r.ID, ada.ID)
	must(t, err)
}

func testQuota(t *testing.T, s *store.Store) {
	ada := addUser(t, s, "ada")
	made := storm(t, func(i int) (bool, error) {
		r := room.Room{
			ID: ident.New(), Name: fmt.Sprint(i), CreatorID: ada.ID, Visibility: room.Listed, Status: room.RoomActive,
			Settings: room.DefaultSettings(false), Version: 1, CreatedMS: int64(i),
		}
		creator := room.Member{RoomID: r.ID, PersonID: ada.ID, Kind: room.KindUser, Role: room.Creator, Status: room.MemberActive, Version: 1}
		err := s.CreateRoom(t.Context(), r, creator, screen.NewPlayback(1, ident.By{}), 5)
		if err != nil && strings.Contains(err.Error(), room.ErrRoomLimit.Code) {
			return false, nil
		}
		return err == nil, err
	})
	own, err := s.OwnRooms(t.Context(), ada.ID)
	must(t, err)
	same(t, []int64{made, int64(len(own))}, []int64{5, 5})
}

// creators counts the creators of a room, and tells whether the room's record
// and the membership name the same one.
func creators(t *testing.T, s *store.Store, roomID string) (n int, agrees bool) {
	t.Helper()
	r, err := s.Room(t.Context(), roomID)
	must(t, err)
	members, err := s.Members(t.Context(), roomID)
	must(t, err)
	for _, m := range members {
		if m.Role == room.Creator {
			n++
			agrees = m.PersonID == r.CreatorID
		}
	}
	return n, agrees
}

func testHandOver(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ada, bob, cat := addUser(t, s, "ada"), addUser(t, s, "bob"), addUser(t, s, "cat")
	r := addRoom(t, s, ada, "x", 5)
	addMember(t, s, r, bob, room.MemberActive, 6)
	addMember(t, s, r, cat, room.MemberPending, 7)
	guest := addGuest(t, s, r, "token")
	for _, c := range []struct{ from, to string }{{bob.ID, bob.ID}, {ada.ID, cat.ID}, {ada.ID, guest}, {ada.ID, "nobody"}} {
		if err := s.HandOver(ctx, r.ID, c.from, c.to); err == nil {
			t.Errorf("%v: handed over", c)
		}
	}
	must(t, s.HandOver(ctx, r.ID, ada.ID, bob.ID))
	was, err := s.Member(ctx, r.ID, ada.ID)
	must(t, err)
	same(t, []any{was.Role, was.Version}, []any{room.RoomAdmin, int64(2)})
	n, agrees := creators(t, s, r.ID)
	same(t, []any{n, agrees}, []any{1, true})
}

func testHandOverRace(t *testing.T, s *store.Store) {
	ada := addUser(t, s, "ada")
	r := addRoom(t, s, ada, "x", 5)
	heirs := make([]account.User, 64)
	for i := range heirs {
		heirs[i] = addUser(t, s, fmt.Sprint("heir", i))
		addMember(t, s, r, heirs[i], room.MemberActive, 6)
	}
	won := storm(t, func(i int) (bool, error) {
		return s.HandOver(t.Context(), r.ID, ada.ID, heirs[i].ID) == nil, nil
	})
	n, agrees := creators(t, s, r.ID)
	same(t, []any{won, n, agrees}, []any{int64(1), 1, true})
}

func testIdle(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ada := addUser(t, s, "ada")
	old, used := addRoom(t, s, ada, "old", 1_000), addRoom(t, s, ada, "used", 1_000)
	must(t, s.TouchRoom(ctx, used.ID, 2_000)) // within the minute: not written
	idle, err := s.IdleRooms(ctx, 1_500, 10)
	must(t, err)
	same(t, len(idle), 2)
	must(t, s.TouchRoom(ctx, used.ID, 100_000))
	must(t, s.TouchRoom(ctx, used.ID, 50_000)) // never back
	idle, err = s.IdleRooms(ctx, 100_000, 10)
	must(t, err)
	same(t, len(idle), 1)
	same(t, idle[0], old)
}

func testSwapMember(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ada, bob := addUser(t, s, "ada"), addUser(t, s, "bob")
	r := addRoom(t, s, ada, "x", 5)
	m := addMember(t, s, r, bob, room.MemberActive, 6)
	next := m
	next.Role, next.Added, next.Removed, next.MutedUntilMS, next.Version = room.RoomAdmin, right.PlayControl, right.UseVoice, 99, 2
	next.Ban = room.Ban{Reason: "r", ByName: "ada", AtMS: 7}
	won := storm(t, func(int) (bool, error) { return s.SwapMember(ctx, 1, next, 10) })
	same(t, won, int64(1))
	got, err := s.Member(ctx, r.ID, bob.ID)
	must(t, err)
	same(t, got, next)
	// Whatever races, a room has one creator.
	next.Role, next.Version = room.Creator, 3
	if swapped, err := s.SwapMember(ctx, 2, next, 10); swapped || err == nil {
		t.Errorf("a second creator: %v, %v", swapped, err)
	}
}

func testLastPlace(t *testing.T, s *store.Store) {
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 5)
	waiting := make([]room.Member, 64)
	for i := range waiting {
		waiting[i] = addMember(t, s, r, addUser(t, s, fmt.Sprint("u", i)), room.MemberPending, int64(i))
	}
	won := storm(t, func(i int) (bool, error) {
		next := waiting[i]
		next.Status, next.Version = room.MemberActive, 2
		swapped, err := s.SwapMember(t.Context(), 1, next, 5)
		if err != nil && strings.Contains(err.Error(), room.ErrRoomFull.Code) {
			return false, nil
		}
		return swapped, err
	})
	same(t, won, int64(4)) // the creator has the fifth
}

func testKick(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ada, bob := addUser(t, s, "ada"), addUser(t, s, "bob")
	r := addRoom(t, s, ada, "x", 5)
	addMember(t, s, r, bob, room.MemberActive, 6)
	guest := addGuest(t, s, r, "token")
	wantErr(t, s.Kick(ctx, r.ID, ada.ID, 10, 20), room.ErrMemberNotFound) // not the creator
	must(t, s.Kick(ctx, r.ID, guest, 10, 20))
	_, err := s.GuestByToken(ctx, r.ID, "token")
	wantErr(t, err, room.ErrNotMember)
	must(t, s.Kick(ctx, r.ID, bob.ID, 30, 40))
	for id, want := range map[string]int64{bob.ID: 40, guest: 0, ada.ID: 0} { // the guest's is over and forgotten
		until, err := s.KickedUntil(ctx, r.ID, id)
		must(t, err)
		same(t, until, want)
	}
	addMember(t, s, r, bob, room.MemberActive, 41)
	must(t, s.Kick(ctx, r.ID, bob.ID, 42, 50))
	until, err := s.KickedUntil(ctx, r.ID, bob.ID)
	must(t, err)
	same(t, until, int64(50))
}

func testFaces(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ada, bob := addUser(t, s, "ada"), addUser(t, s, "bob")
	r, other := addRoom(t, s, ada, "x", 5), addRoom(t, s, ada, "y", 5)
	addMember(t, s, r, bob, room.MemberActive, 6)
	got, err := s.Faces(ctx, nil)
	must(t, err)
	same(t, got, []room.Member{})
	got, err = s.Faces(ctx, []room.Seat{{RoomID: r.ID, PersonID: bob.ID}, {RoomID: other.ID, PersonID: bob.ID}, {RoomID: other.ID, PersonID: ada.ID}})
	must(t, err)
	names := []string{}
	for _, m := range got {
		names = append(names, m.RoomID+m.Name)
	}
	same(t, names, []string{other.ID + "ada", r.ID + "bob"})
	ids, err := s.RoomsOf(ctx, bob.ID)
	must(t, err)
	same(t, ids, []string{r.ID})
}

func testAudit(t *testing.T, s *store.Store) {
	ctx := t.Context()
	for i := range 5 {
		e := audit.Entry{
			ID: fmt.Sprint("e", i), AtMS: int64(10 + i/2), RoomID: []string{"a", "b"}[i%2], Action: "member.kick",
			Actor: audit.Party{ID: "1", Name: "ada"}, Target: audit.Party{ID: "2", Name: "bob"}, Reason: "r",
			Detail: map[string]string{"k": "v"}, RequestID: "q",
		}
		must(t, s.AddAudit(ctx, e))
	}
	read := func(q audit.Query) []string {
		ids := []string{}
		for {
			page, err := s.AuditPage(ctx, q)
			must(t, err)
			for _, e := range page {
				ids = append(ids, e.ID)
			}
			if len(page) < q.Limit {
				return ids
			}
			last := page[len(page)-1]
			q.Before = audit.Cursor{AtMS: last.AtMS, ID: last.ID}
		}
	}
	same(t, read(audit.Query{Everywhere: true, Limit: 2}), []string{"e4", "e3", "e2", "e1", "e0"})
	same(t, read(audit.Query{RoomID: "a", Limit: 1}), []string{"e4", "e2", "e0"})
	page, err := s.AuditPage(ctx, audit.Query{RoomID: "b", Limit: 1})
	must(t, err)
	same(t, page[0], audit.Entry{
		ID: "e3", AtMS: 11, RoomID: "b", Action: "member.kick", Actor: audit.Party{ID: "1", Name: "ada"},
		Target: audit.Party{ID: "2", Name: "bob"}, Reason: "r", Detail: map[string]string{"k": "v"}, RequestID: "q",
	})
	n, err := s.TrimAudit(ctx, 12, 3)
	must(t, err)
	same(t, n, 3)
	same(t, read(audit.Query{Everywhere: true, Limit: 9}), []string{"e4", "e3"})
}
