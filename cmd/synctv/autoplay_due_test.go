package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"synctv/internal/account"
	"synctv/internal/cached"
	"synctv/internal/cluster/local"
	"synctv/internal/ident"
	"synctv/internal/media"
	"synctv/internal/realtime"
	"synctv/internal/room"
	"synctv/internal/screen"
	"synctv/internal/store"
	"synctv/internal/store/storetest"
)

// mover is one replica's rooms and the autoplay that moves them on.
type mover struct {
	t     *testing.T
	db    *store.Store
	rooms *room.Service
	auto  *autoplay
	stop  func()
}

func startMover(t *testing.T, db *store.Store) *mover {
	t.Helper()
	node, err := realtime.NewNode(realtime.Options{Log: discard(), Roll: local.NewRoll()})
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	m := &mover{t: t, db: db, auto: &autoplay{log: discard(), now: time.Now, woken: make(chan struct{}, 1)}}
	copies := cached.NewRooms(db, nil, time.Now, nil)
	m.rooms = room.New(room.Ports{
		Audit: auditLog{db: db, log: discard(), now: time.Now}, Records: db, RoomChanges: db, MemberChanges: db, RoomQuota: func() int { return 0 },
		Entries: copies, Rooms: db, Members: db, Playbacks: timed{db, m.auto}, Playlists: db, Endings: db, Messages: db, Danmakus: db, LiveKeys: db,
		Announcer: node, Media: &media.Catalog{}, Streams: &relay{node: node, log: discard()}, Locks: locks{local.NewLocks()}, Now: time.Now,
	})
	m.auto.rooms = m.rooms
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.auto.Run(ctx) }()
	m.stop = func() {
		cancel()
		if err := errors.Join(<-ended, node.Stop(context.WithoutCancel(ctx))); err != nil {
			t.Error(err)
		}
	}
	return m
}

// plays starts a film of this length and gives the room, what plays and the
// item after it.
func (m *mover) plays(who room.Person, length time.Duration) (roomID string, p screen.Playback, next string) {
	m.t.Helper()
	ctx := m.t.Context()
	r, err := m.rooms.Create(ctx, who, room.Draft{Name: "cinema"})
	if err != nil {
		m.t.Fatal(err)
	}
	added, err := m.rooms.AddItems(ctx, r.ID, who, room.Addition{Items: []room.NewItem{
		{URL: "https://films.example/a.mp4", DurationS: length.Seconds()}, {URL: "https://films.example/b.mp4"},
	}})
	if err != nil {
		m.t.Fatal(err)
	}
	p, err = m.rooms.Control(ctx, r.ID, who, screen.Command{Action: screen.ActItem, ItemID: added.Items[0].ID})
	if err != nil {
		m.t.Fatal(err)
	}
	return r.ID, p, added.Items[1].ID
}

// at gives the playback once everybody has done what there is to do now.
func (m *mover) at(roomID string) screen.Playback {
	m.t.Helper()
	synctest.Wait()
	p, err := m.db.Playback(m.t.Context(), roomID)
	if err != nil {
		m.t.Fatal(err)
	}
	return p
}

func visitor(t *testing.T, db *store.Store) room.Person {
	t.Helper()
	u := account.User{ID: ident.New(), Name: "ada", PasswordHash: "x", Role: account.Plain, Status: account.Active, Version: 1, CreatedMS: 1}
	if err := db.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	return room.Person{ID: u.ID, Kind: room.KindUser, Name: u.Name}
}

// Nothing is looked for in between, and yet each step is taken at its instant.
func TestRoomsMoveOnAtTheInstant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := storetest.Open(t, storetest.SQLiteURL(t))
		m := startMover(t, db)
		defer m.stop()
		who := visitor(t, db)
		long, _, _ := m.plays(who, 10*time.Minute)
		short, p, next := m.plays(who, 1200*time.Millisecond) // due before what is known of
		time.Sleep(1199 * time.Millisecond)
		if now := m.at(short); now.Version != p.Version {
			t.Errorf("moved on before the end: %+v", now)
		}
		time.Sleep(time.Millisecond)
		countdown := m.at(short)
		if countdown.NextItemID != next || countdown.AtMS != p.DueMS() {
			t.Errorf("at its end, %d: %+v", p.DueMS(), countdown)
		}
		time.Sleep(time.Until(time.UnixMilli(countdown.DueMS())))
		if now := m.at(short); now.ItemID != next || now.AtMS != countdown.DueMS() {
			t.Errorf("at the end of the countdown, %d: %+v", countdown.DueMS(), now)
		}
		film := m.at(long)
		time.Sleep(time.Until(time.UnixMilli(film.DueMS())))
		if now := m.at(long); now.AtMS != film.DueMS() || now.NextItemID == "" {
			t.Errorf("ten minutes later, at %d: %+v", film.DueMS(), now)
		}
	})
}

// What a replica began that is no more is moved on by another: at the instant
// if it was seen before, else a look later.
func TestRoomsOfADeadReplicaMoveOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := storetest.Open(t, storetest.SQLiteURL(t))
		there, here := startMover(t, db), startMover(t, db)
		defer here.stop()
		synctest.Wait() // both have had their first look, at nothing
		who := visitor(t, db)
		early, began, _ := there.plays(who, time.Second)
		late, _, next := there.plays(who, strangersEvery+time.Second)
		there.stop()
		time.Sleep(strangersEvery)
		if p := here.at(early); p.NextItemID == "" || p.AtMS < began.DueMS() {
			t.Errorf("%v after it was due at %d: %+v", strangersEvery-time.Second, began.DueMS(), p)
		}
		film := here.at(late)
		time.Sleep(time.Until(time.UnixMilli(film.DueMS())))
		if p := here.at(late); p.NextItemID != next || p.AtMS != film.DueMS() {
			t.Errorf("what was seen before it was due at %d: %+v", film.DueMS(), p)
		}
	})
}
