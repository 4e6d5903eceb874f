package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// When an account goes, its rooms go to the admin who is in longest, else the
// member who is, else with it.
func TestRoomsOutliveTheirCreator(t *testing.T) {
	h := startHouse(t, nil)
	l := h.lobby()
	bob, cat, dan := h.register("bob"), h.register("cat"), h.register("dan")
	alone := l.ada.createRoom(map[string]string{"name": "alone"})
	shared := &lobby{id: l.ada.createRoom(map[string]string{"name": "shared"}), ada: l.ada}
	shared.path = "/api/rooms/" + shared.id
	h.guest(alone, "Gus") // a guest inherits nothing
	l.join(bob)
	l.join(cat)
	l.about(l.ada, l.join(dan), "role", fields("role", "admin")).ok(200, nil)
	shared.join(bob)
	for joined := time.Now().UnixMilli(); time.Now().UnixMilli() == joined; { // who joined in one instant is of one age
		runtime.Gosched()
	}
	shared.join(cat)
	page := bob.socket(l.id)
	page.next("snapshot")
	own := l.ada.socket(l.id)
	own.next("snapshot")

	l.ada.post("/api/me/delete", map[string]string{"password": "password-ada"}).ok(204, nil)
	page.find("member_gone", func(e map[string]any) bool { return e["id"] == l.adaID })
	if code := own.ended(); code < 4500 {
		t.Errorf("the page of a deleted account ended with %d", code)
	}
	if m := l.me(dan); m.Role != "creator" {
		t.Errorf("the admin is %s", m.Role)
	}
	if m := shared.me(bob); m.Role != "creator" {
		t.Errorf("the longest member is %s", m.Role)
	}
	h.anonymous().get("/api/rooms/"+alone).problem(404, "room_not_found")
	var left struct{ Members []memberNow }
	dan.get(l.path+"/members").ok(200, &left)
	if len(left.Members) != 3 {
		t.Errorf("still listed: %+v", left)
	}
}

func TestIdleRoomsAreClosed(t *testing.T) {
	h := startHouse(t, map[string]string{"SYNCTV_ROOM_IDLE": "2s"})
	l := h.lobby()
	page := l.ada.socket(l.id)
	page.next("snapshot")
	empty := l.ada.createRoom(map[string]string{"name": "empty"})
	h.await("the empty room to be closed", func() bool {
		var gate struct{ Status string }
		l.ada.get("/api/rooms/"+empty).ok(200, &gate)
		return gate.Status == "closed"
	})
	l.ada.get(l.path+"/state").ok(200, nil) // somebody is in this one
	l.ada.post("/api/rooms/"+empty+"/reopen", nil).ok(200, nil)
}

// TestAllIdleRoomsAreClosedInOneRound: there are more than fit into one page, and
// the next round is an hour away.
func TestAllIdleRoomsAreClosedInOneRound(t *testing.T) {
	first := startHouse(t, nil)
	id := first.root().createRoom(map[string]string{"name": "copied"})
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+first.dir+"/data/synctv.db")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2*100 + 50 {
		copyRow(t, db, "rooms", map[string]any{"id": fmt.Sprintf("old%d", i), "active_ms": 1}, id)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	h := startHouse(t, map[string]string{"SYNCTV_DATA_DIR": first.dir + "/data", "SYNCTV_ROOM_IDLE": "2h"})
	h.await("the idle rooms to be closed", func() bool {
		return strings.Contains(h.log.String(), `"msg":"closed idle rooms","part":"jobs","closed":250`)
	})
	h.root().get("/api/rooms/"+id+"/state").ok(200, nil)
}

// copyRow puts a row like the one with that id beside it, with some columns changed.
func copyRow(t *testing.T, db *sql.DB, table string, changed map[string]any, id string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table+" WHERE id = ?", id) //nolint:gosec // a table's name
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil || rows.Next() && rows.Close() != nil || rows.Err() != nil {
		t.Fatal(err)
	}
	values, args := slices.Clone(columns), []any{}
	for i, c := range columns {
		if v, ok := changed[c]; ok {
			values[i] = "?"
			args = append(args, v)
		}
	}
	text := "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM " + table + " WHERE id = ?"
	if _, err := db.ExecContext(t.Context(), text, append(args, id)...); err != nil {
		t.Fatal(err)
	}
}

// TestAStartWarmsUpActiveRooms: who was in a room before a restart is answered
// from memory after it.
func TestAStartWarmsUpActiveRooms(t *testing.T) {
	first := startHouse(t, nil)
	l := first.lobby()
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	h := startHouse(t, map[string]string{"SYNCTV_DATA_DIR": first.dir + "/data"})
	h.await("the warm-up", func() bool { return strings.Contains(h.log.String(), `"msg":"warmed up"`) })
	_, rest, _ := strings.Cut(h.log.String(), `"msg":"warmed up",`)
	text, _, _ := strings.Cut(rest, "\n")
	var line struct {
		Places, Loaded int
		All            bool
	}
	if err := json.Unmarshal([]byte("{"+text), &line); err != nil {
		t.Fatal(err)
	}
	if line.Places < 1 || line.Loaded != line.Places || !line.All {
		t.Errorf("%+v of the room %s", line, l.id)
	}
}
