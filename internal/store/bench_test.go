//go:build unix

package store_test

import (
	"fmt"
	"testing"

	"synctv/internal/ident"
	"synctv/internal/screen"
	"synctv/internal/store"
	"synctv/internal/store/storetest"
)

// BenchmarkStore is what the engines take for what docs/KEY-TECHNIQUES.md rests on.
func BenchmarkStore(b *testing.B) {
	urls := map[string]string{"sqlite": storetest.SQLiteURL(b), "postgres": storetest.StartPostgres(b).NewDatabase(b)}
	for _, engine := range []string{"sqlite", "postgres"} {
		url := urls[engine]
		s := storetest.Open(b, url)
		ada := addUser(b, s, "ada")
		roomID := addRoom(b, s, ada, "x", 1).ID
		b.Run("swap/"+engine, func(b *testing.B) { benchSwap(b, s, roomID) })
		b.Run("late/"+engine, func(b *testing.B) { benchLate(b, s, roomID) })
		b.Run("one/"+engine, func(b *testing.B) { benchItems(b, s, roomID, 1) })
		b.Run("many/"+engine, func(b *testing.B) { benchItems(b, s, roomID, store.ItemsAtOnce) })
		b.Run("trim/"+engine, func(b *testing.B) { benchTrim(b, s, addRoom(b, s, ada, "talk", 1).ID) })
		b.Run("open/"+engine, func(b *testing.B) { benchOpen(b, url) })
	}
}

// benchSwap is somebody who pauses and plays.
func benchSwap(b *testing.B, s *store.Store, roomID string) {
	p, err := s.Playback(b.Context(), roomID)
	must(b, err)
	b.ReportAllocs()
	for b.Loop() {
		from := p.Version
		p.Version++
		if swapped, err := s.SwapPlayback(b.Context(), roomID, from, p); err != nil || !swapped {
			b.Fatal(swapped, err)
		}
	}
}

// benchLate is somebody who pauses what has changed meanwhile: nothing is written.
func benchLate(b *testing.B, s *store.Store, roomID string) {
	p, err := s.Playback(b.Context(), roomID)
	must(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if swapped, err := s.SwapPlayback(b.Context(), roomID, p.Version-1, p); err != nil || swapped {
			b.Fatal(swapped, err)
		}
	}
}

// manyItems is a long evening.
const manyItems = 100

// benchItems writes the same films again and again, n in a statement.
func benchItems(b *testing.B, s *store.Store, roomID string, n int) {
	items := make([]screen.Item, manyItems)
	for i := range items {
		items[i] = screen.Item{
			ID: fmt.Sprint("film ", i), RoomID: roomID, Title: fmt.Sprint("Film ", i), Position: int64(i+1) * screen.PositionStep,
			Source: screen.Source{Type: screen.SourceDirect, URL: fmt.Sprintf("https://example.org/%d.mp4", i)}, AddedBy: ident.By{ID: "ada", Name: "ada"},
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		must(b, s.WriteItemsBy(b.Context(), roomID, items, n))
	}
}

// How many messages are there before the first batch, and go with each: what
// the program takes away at a time (trimBatch).
const (
	oldMessages = 20_000
	trimBatch   = 500
)

func benchTrim(b *testing.B, s *store.Store, roomID string) {
	left := 0
	b.ReportAllocs()
	for b.Loop() {
		if left == 0 {
			b.StopTimer()
			must(b, s.FillMessages(b.Context(), roomID, oldMessages))
			left = oldMessages
			b.StartTimer()
		}
		n, err := s.TrimMessages(b.Context(), oldMessages+1, trimBatch)
		if err != nil || n != trimBatch {
			b.Fatal(n, err)
		}
		left -= n
	}
	_, err := s.TrimMessages(b.Context(), oldMessages+1, oldMessages) // the next run begins with none
	must(b, err)
}

// benchOpen is a start on a schema that is up to date: connect, take the lock,
// see that nothing is to be done.
func benchOpen(b *testing.B, url string) {
	b.ReportAllocs()
	for b.Loop() {
		s, err := store.Open(b.Context(), store.Options{URL: url, MaxConns: 2})
		if err != nil {
			b.Fatal(err)
		}
		must(b, s.Close())
	}
}
