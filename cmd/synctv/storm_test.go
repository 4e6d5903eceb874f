package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"synctv/internal/store/storetest"
)

// TestLockedCommandsInAStorm sends each command that is serialised by a lock 64
// times at once, on both engines, and checks afterwards that what was
// acknowledged is there once, in order, and nothing else is.
func TestLockedCommandsInAStorm(t *testing.T) {
	for engine, url := range map[string]func(*testing.T) string{
		"sqlite":   func(*testing.T) string { return "" },
		"postgres": func(t *testing.T) string { return storetest.StartPostgres(t).NewDatabase(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			env := map[string]string{"SYNCTV_ROOM_QUOTA": "5"}
			if u := url(t); u != "" {
				env["SYNCTV_DATABASE_URL"] = u
			}
			l := startHouse(t, env).lobby()
			t.Run("create room", l.stormCreate)
			t.Run("settings", l.stormSettings)
			t.Run("member permissions", l.stormPermissions)
			t.Run("add media", l.stormMedia)
			l.consistent(t)
		})
	}
}

const stormSize = 64

// stormOf runs one request 64 times at once and counts the answers by status.
func stormOf(t *testing.T, ask func(i int) answer) map[int]int {
	t.Helper()
	answers := make([]answer, stormSize)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = ask(i) })
	}
	wg.Wait()
	count := map[int]int{}
	for _, a := range answers {
		count[a.status]++
		if a.status >= 500 || a.status == 409 && !strings.Contains(string(a.body), `"current"`) {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	return count
}

func (l *lobby) stormCreate(t *testing.T) {
	got := stormOf(t, func(i int) answer { return l.ada.post("/api/rooms", map[string]string{"name": fmt.Sprint("r", i)}) })
	var mine struct{ Rooms []struct{ ID string } }
	l.ada.get("/api/rooms?mine=true").ok(200, &mine)
	if got[201] != 4 || got[409] != stormSize-4 || len(mine.Rooms) != 5 { // the lobby is the fifth
		t.Errorf("%v, %d rooms", got, len(mine.Rooms))
	}
}

func (l *lobby) stormSettings(t *testing.T) {
	room := func() roomNow {
		var s struct{ Room roomNow }
		l.ada.get(l.path+"/state").ok(200, &s)
		return s.Room
	}
	before := room().Version
	got := stormOf(t, func(i int) answer { return l.patch(l.ada, fields("version", before, "name", fmt.Sprint("based ", i))) })
	if got[200] != 1 || got[409] != stormSize-1 {
		t.Errorf("based on one version: %v", got)
	}
	got = stormOf(t, func(i int) answer { return l.patch(l.ada, fields("name", fmt.Sprint("free ", i))) })
	if after := room().Version; got[200] != stormSize || after != before+1+stormSize {
		t.Errorf("one after the other: %v, version %d to %d", got, before, after)
	}
}

func (l *lobby) stormPermissions(t *testing.T) {
	bob := l.ada.h.register("bob")
	id := l.join(bob)
	before := l.me(bob).Version
	set := func(more ...any) func(int) answer {
		return func(i int) answer {
			right := []string{"play_control", "change_rate"}[i%2]
			return l.about(l.ada, id, "permissions", fields(append(more, "added", []string{right}, "removed", []string{})...))
		}
	}
	got := stormOf(t, set("version", before))
	if got[200] != 1 || got[409] != stormSize-1 {
		t.Errorf("based on one version: %v", got)
	}
	got = stormOf(t, set())
	if got[200] != stormSize || l.me(bob).Version > before+1+stormSize {
		t.Errorf("one after the other: %v, version %d", got, l.me(bob).Version)
	}
}

func (l *lobby) stormMedia(t *testing.T) {
	got := stormOf(t, func(i int) answer {
		return l.ada.post(l.path+"/playlist/items", map[string]any{"items": []map[string]string{{"url": fmt.Sprintf("https://example.org/%d.mp4", i)}}})
	})
	var list struct {
		Items []struct{ ID, Title string }
	}
	l.ada.get(l.path+"/playlist").ok(200, &list)
	if got[201] != stormSize || len(list.Items) != stormSize {
		t.Errorf("%v, %d items", got, len(list.Items))
	}
}

// consistent: one creator, and as many acts recorded as versions made.
func (l *lobby) consistent(t *testing.T) {
	t.Helper()
	var list struct{ Members []memberNow }
	l.ada.get(l.path+"/members").ok(200, &list)
	creators := 0
	for _, m := range list.Members {
		if m.Role == "creator" {
			creators++
		}
	}
	var record struct{ Entries []struct{ Action string } }
	l.ada.get(l.path+"/audit?limit=200").ok(200, &record)
	settings := 0
	for _, e := range record.Entries {
		if e.Action == "room.settings" {
			settings++
		}
	}
	if creators != 1 || settings != 1+stormSize {
		t.Errorf("%d creators, %d changes recorded", creators, settings)
	}
}
