//go:build unix

package main

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"synctv/internal/account"
	"synctv/internal/cached"
	"synctv/internal/cluster/clustertest"
	"synctv/internal/cluster/redis"
	"synctv/internal/ident"
	"synctv/internal/room"
	"synctv/internal/screen"
	"synctv/internal/store"
	"synctv/internal/store/storetest"
)

// Whoever was put out on one replica gets nothing more from another, and whoever
// came in on one is in on the other at once: though it had looked before.
func TestCopiesOfPlacesAreForgottenEverywhere(t *testing.T) {
	h, server := replicas(t, 2)
	written := overhear(t, server.Addr)
	ada := h[0].register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	var k struct {
		Item struct{ Play struct{ URL string } }
	}
	ada.post("/api/rooms/"+id+"/live-keys", struct{}{}).ok(201, &k)
	watch := func(c *client) string {
		var p struct{ Code string }
		if err := json.Unmarshal(c.get(k.Item.Play.URL).body, &p); err != nil {
			t.Fatal(err)
		}
		return p.Code
	}
	bob := h[1].register("bob")
	if code := watch(bob); code != "not_a_member" {
		t.Errorf("before joining: %s", code)
	}
	bob.on(h[0]).post("/api/rooms/"+id+"/join", map[string]string{}).ok(200, nil)
	bob.h.await("the other replica to know", func() bool { return watch(bob) == "stream_offline" })
	for range 50 {
		if code := watch(bob); code != "stream_offline" {
			t.Fatalf("a member: %s", code)
		}
	}
	ada.post("/api/rooms/"+id+"/members/"+memberID(bob, "/api/rooms/"+id)+"/kick", map[string]string{}).ok(204, nil)
	bob.h.await("the other replica to forget", func() bool { return watch(bob) == "not_a_member" })
	ada.delete("/api/rooms/"+id).ok(204, nil)
	bob.h.await("the room to be gone", func() bool { return watch(bob) == "room_not_found" })
	everyKeyHasALifetime(t, written, server.Addr)
}

// BenchmarkEntry is what every command, and every request for media, asks first.
func BenchmarkEntry(b *testing.B) {
	for name, url := range map[string]func(b *testing.B) string{
		"sqlite":   func(b *testing.B) string { return storetest.SQLiteURL(b) },
		"postgres": func(b *testing.B) string { return storetest.StartPostgres(b).NewDatabase(b) },
	} {
		b.Run(name, func(b *testing.B) {
			db, roomID, personID := benchRoom(b, url(b))
			copies := cached.NewRooms(db, nil, time.Now, nil)
			two := func(ctx context.Context, roomID, personID string) (r room.Room, m room.Member, err error) {
				if r, err = db.Room(ctx, roomID); err == nil {
					m, err = db.Member(ctx, roomID, personID)
				}
				return r, m, err
			}
			for how, ask := range map[string]func(ctx context.Context, roomID, personID string) (room.Room, room.Member, error){
				"two statements": two, "one statement": db.Entry, "a glance": copies.Glance,
			} {
				b.Run(how, func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						if _, m, err := ask(b.Context(), roomID, personID); err != nil || m.PersonID != personID {
							b.Fatal(m, err)
						}
					}
				})
			}
		})
	}
}

// BenchmarkCache is a glance (a room and somebody's place in it) answered by
// each level: what is in memory, what another replica left in Redis, the store.
func BenchmarkCache(b *testing.B) {
	link, err := redis.Open(b.Context(), clustertest.StartRedis(b).URL)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(link.Close)
	sqlite, roomID, personID := benchRoom(b, storetest.SQLiteURL(b))
	postgres, _, _ := benchRoom(b, storetest.StartPostgres(b).NewDatabase(b))
	shared := cached.NewRooms(sqlite, redis.NewShelf(redis.NewLink(link)), time.Now, nil)
	for _, level := range []struct {
		name   string
		copies *cached.Rooms
		forget bool
	}{
		{"memory", shared, false}, {"redis", shared, true},
		{"sqlite", cached.NewRooms(sqlite, nil, time.Now, nil), true}, {"postgres", cached.NewRooms(postgres, nil, time.Now, nil), true},
	} {
		b.Run(level.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if level.forget {
					level.copies.Forget(roomID + "/")
					level.copies.Forget(roomID + "/" + personID)
				}
				if _, m, err := level.copies.Glance(b.Context(), roomID, personID); err != nil || m.PersonID != personID {
					b.Fatal(m, err)
				}
			}
		})
	}
}

func benchRoom(b *testing.B, url string) (db *store.Store, roomID, personID string) {
	b.Helper()
	db = storetest.Open(b, url)
	u := account.User{ID: "ada", Name: "ada", Role: account.Plain, Status: account.Active, Color: "#aabbcc", Version: 1, CreatedMS: 1}
	if err := db.CreateUser(b.Context(), u); err != nil {
		b.Fatal(err)
	}
	r := room.Room{ID: "room", Name: "x", CreatorID: u.ID, Visibility: room.Listed, Status: room.RoomActive, Settings: room.DefaultSettings(false), Version: 1, CreatedMS: 1}
	m := room.Member{RoomID: r.ID, PersonID: u.ID, Kind: room.KindUser, Role: room.Creator, Status: room.MemberActive, Version: 1, JoinedMS: 1}
	if err := db.CreateRoom(b.Context(), r, m, screen.NewPlayback(1, ident.By{ID: u.ID, Name: u.Name}), 0); err != nil {
		b.Fatal(err)
	}
	return db, r.ID, u.ID
}
