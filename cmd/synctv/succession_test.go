package main

import (
	"runtime"
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
