//go:build unix

package main

import (
	"log/slog"
	"testing"
	"time"

	"synctv/internal/cluster/clustertest"
	"synctv/internal/cluster/local"
	"synctv/internal/cluster/redis"
	"synctv/internal/room"
	"synctv/internal/store"
	"synctv/internal/store/storetest"
)

// BenchmarkLockedCommand creates rooms, which is one of the four commands that
// run under a lock: as one process alone has it, and as replicas have it.
func BenchmarkLockedCommand(b *testing.B) {
	client, err := redis.Open(b.Context(), clustertest.StartRedis(b).URL)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(client.Close)
	sqlite, _, ada := benchRoom(b, storetest.SQLiteURL(b))
	postgres, _, _ := benchRoom(b, storetest.StartPostgres(b).NewDatabase(b))
	for _, c := range []struct {
		name string
		db   *store.Store
		lock room.Locks
	}{
		{"sqlite", sqlite, locks{local.NewLocks()}}, {"postgres", postgres, locks{redis.NewLocks(client)}},
	} {
		b.Run(c.name, func(b *testing.B) {
			rooms := room.New(room.Ports{
				Rooms: c.db, Locks: c.lock, Now: time.Now, RoomQuota: func() int { return 0 },
				Audit: auditLog{db: c.db, log: slog.Default(), now: time.Now},
			})
			who := room.Person{ID: ada, Name: ada, Kind: room.KindUser, Color: "#aabbcc"}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := rooms.Create(b.Context(), who, room.Draft{Name: "Film night"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
