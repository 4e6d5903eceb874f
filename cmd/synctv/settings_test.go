package main

import (
	"strings"
	"testing"
)

func TestSettings(t *testing.T) {
	h := startHouse(t, nil)
	l := h.lobby()
	bob := h.register("bob")
	l.join(bob)
	page := bob.socket(l.id)
	page.next("snapshot")
	l.patch(bob, fields("name", "Mine")).problem(403, "permission_missing")
	l.patch(h.anonymous(), fields("name", "Mine")).problem(401, "not_signed_in")
	var r roomNow
	l.patch(l.ada, fields("version", 1, "name", " Film  night ", "visibility", "hidden", "settings", fields("slow_mode_s", 5))).ok(200, &r)
	if r.Name != "Film night" || r.Visibility != "hidden" || r.Version != 2 || r.Settings["slow_mode_s"] != 5.0 || r.Settings["chat"] != true {
		t.Errorf("changed: %+v", r)
	}
	if e := page.next("room"); sprint(e["changed"]) != "[name visibility settings.slow_mode_s]" {
		t.Errorf("event: %v", e)
	}
	p := l.patch(l.ada, fields("version", 1, "name", "late")).problem(409, "room_conflict")
	if p["current"].(map[string]any)["version"] != 2.0 {
		t.Errorf("current: %v", p)
	}
	for _, bad := range []any{
		fields("name", " "), fields("settings", fields("max_members", 0)), fields("settings", fields("nonsense", 1)),
		fields("preset", "chaos"), fields("settings", fields("guest_permissions", []string{"ban_member"})),
	} {
		l.patch(l.ada, bad).problem(400, "validation")
	}
}

func TestRoleSetsReachOpenPages(t *testing.T) {
	h := startHouse(t, nil)
	l := h.lobby()
	bob := h.register("bob")
	bobID := l.join(bob)
	guest := h.guest(l.id, "Gus")
	gpage, bpage := guest.socket(l.id), bob.socket(l.id)
	gpage.next("snapshot")
	bpage.next("snapshot")
	l.patch(l.ada, fields("preset", "everyone_controls")).ok(200, nil)
	for _, page := range []*socket{gpage, bpage} {
		if me := page.next("me")["member"]; !strings.Contains(sprint(me), "play_control") {
			t.Errorf("told %v", me)
		}
	}
	guest.post(l.path+"/playback/play", struct{}{}).ok(200, nil)
	l.patch(l.ada, fields("settings", fields("guest_permissions", nil))).ok(200, nil)
	guest.post(l.path+"/playback/play", struct{}{}).problem(403, "permission_missing")
	// An admin does not decide about admins by the back door of the sets.
	l.about(l.ada, bobID, "role", fields("role", "admin")).ok(200, nil)
	l.patch(bob, fields("settings", fields("member_permissions", []string{"delete_room"}))).problem(403, "not_yours_to_give")
	l.patch(bob, fields("settings", fields("admin_permissions", []string{}))).problem(403, "admin_fixed")
	// Guests off: their tokens die, also for later.
	l.patch(l.ada, fields("settings", fields("guests_allowed", false))).ok(200, nil)
	if code := gpage.ended(); code != 4503 {
		t.Errorf("guest ended with %d", code)
	}
	l.patch(l.ada, fields("settings", fields("guests_allowed", true))).ok(200, nil)
	guest.get(l.path+"/state").problem(401, "session_expired")
}

func TestCloseReopenDelete(t *testing.T) {
	h := startHouse(t, nil)
	l := h.lobby()
	bob := h.register("bob")
	bobID := l.join(bob)
	l.about(l.ada, bobID, "role", fields("role", "admin")).ok(200, nil)
	page := bob.socket(l.id)
	page.next("snapshot")
	bob.post(l.path+"/close", nil).problem(403, "permission_missing")
	l.ada.post(l.path+"/close", nil).ok(200, nil)
	if code := page.ended(); code != 4504 {
		t.Errorf("closed with %d", code)
	}
	bob.get(l.path+"/state").problem(403, "room_closed")
	bob.get(l.path).problem(403, "room_closed")
	bob.post(l.path+"/reopen", nil).problem(403, "room_closed")
	var gate struct{ Status, Role string }
	l.ada.get(l.path).ok(200, &gate)
	if gate.Status != "closed" || gate.Role != "creator" {
		t.Errorf("the creator's gate: %+v", gate)
	}
	l.ada.post(l.path+"/reopen", nil).ok(200, nil)
	page = bob.socket(l.id)
	page.next("snapshot")
	bob.delete(l.path).problem(403, "permission_missing")
	l.ada.delete(l.path).ok(204, nil)
	if code := page.ended(); code != 4504 {
		t.Errorf("deleted with %d", code)
	}
	l.ada.get(l.path).problem(404, "room_not_found")
}

func TestHandOver(t *testing.T) {
	h := startHouse(t, map[string]string{"SYNCTV_ROOM_QUOTA": "2"})
	l := h.lobby()
	bob := h.register("bob")
	bobID := l.join(bob)
	guest := h.guest(l.id, "Gus")
	give := func(c *client, to string) answer { return c.post(l.path+"/hand-over", map[string]string{"to": to}) }
	give(bob, bobID).problem(403, "permission_missing")
	give(l.ada, l.me(guest).ID).problem(400, "guest_fixed")
	give(l.ada, l.adaID).problem(409, "already_creator")
	give(l.ada, bobID).ok(200, nil)
	if a, b := l.me(l.ada), l.me(bob); a.Role != "admin" || b.Role != "creator" {
		t.Errorf("now %+v and %+v", a, b)
	}
	l.ada.delete(l.path).problem(403, "permission_missing")

	l.ada.createRoom(map[string]string{"name": "one"})
	l.ada.createRoom(map[string]string{"name": "two"})
	p := l.ada.post("/api/rooms", map[string]string{"name": "three"}).problem(409, "room_limit")
	if names := sprint(p["current"]); !strings.Contains(names, "one") || !strings.Contains(names, "two") {
		t.Errorf("which rooms? %v", p["current"])
	}
	give(bob, l.adaID).problem(409, "heir_room_limit")
}

func TestAudit(t *testing.T) {
	h := startHouse(t, nil)
	l := h.lobby()
	bob := h.register("bob")
	bobID := l.join(bob)
	l.patch(l.ada, fields("name", "New name")).ok(200, nil)
	l.ada.do("PUT", l.path+"/password", map[string]string{"password": "sesame-1"}).ok(200, nil)
	l.about(l.ada, bobID, "mute", fields("seconds", 60, "reason", "loud")).ok(200, nil)
	res := l.about(l.ada, bobID, "kick", fields("reason", "rude"))
	res.ok(204, nil)
	type page struct {
		Entries []struct {
			Action, Reason string
			Actor, Target  struct{ ID, Name string }
			RequestID      string `json:"request_id"`
			Detail         map[string]string
		}
		Next string
	}
	var all, first, second, platform page
	l.ada.get(l.path+"/audit").ok(200, &all)
	got := []string{}
	for _, e := range all.Entries {
		got = append(got, e.Action)
	}
	if strings.Join(got, " ") != "member.kick member.mute room.password room.settings room.create" {
		t.Fatalf("recorded: %v", got)
	}
	kick := all.Entries[0]
	if kick.Actor.Name != "ada" || kick.Target.ID != bobID || kick.Target.Name != "bob" || kick.Reason != "rude" ||
		kick.RequestID != res.header.Get("X-Request-Id") || kick.RequestID == "" {
		t.Errorf("kick: %+v", kick)
	}
	if strings.Contains(sprint(all), "sesame") || all.Entries[3].Detail["changed"] != "name" {
		t.Errorf("details: %+v", all)
	}
	l.ada.get(l.path+"/audit?limit=3").ok(200, &first)
	l.ada.get(l.path+"/audit?limit=3&cursor="+first.Next).ok(200, &second)
	if len(first.Entries) != 3 || len(second.Entries) != 2 || second.Next != "" || second.Entries[1].Action != "room.create" {
		t.Errorf("pages: %+v, %+v", first, second)
	}
	bob.get(l.path+"/audit").problem(403, "not_a_member")
	l.ada.get("/api/admin/audit").problem(403, "permission_missing")
	h.anonymous().get("/api/admin/audit").problem(401, "not_signed_in")
	l.ada.delete(l.path).ok(204, nil) // the record outlives the room
	h.root().get("/api/admin/audit?limit=1").ok(200, &platform)
	if len(platform.Entries) != 1 || platform.Entries[0].Action != "room.delete" || platform.Next == "" {
		t.Errorf("after deletion: %+v", platform)
	}
}

func TestDiscoveryShowsWhoIsIn(t *testing.T) {
	h := startHouse(t, nil)
	l := h.lobby()
	h.guest(l.id, "away")
	for _, name := range []string{"g1", "g2", "g3", "g4", "g5", "g6"} {
		h.guest(l.id, name).socket(l.id).next("snapshot")
	}
	secret := l.ada.createRoom(map[string]string{"name": "secret", "password": "sesame-1"})
	l.ada.socket(secret).next("snapshot")
	var list struct {
		Rooms []struct {
			ID     string
			Online int
			Faces  []struct{ Name string }
		}
	}
	h.anonymous().get("/api/rooms").ok(200, &list)
	for _, r := range list.Rooms {
		if r.ID == l.id && (r.Online != 6 || len(r.Faces) != 5 || strings.Contains(sprint(r.Faces), "away")) || r.ID == secret && len(r.Faces) != 0 {
			t.Errorf("%+v", r)
		}
	}
	if len(list.Rooms) != 2 {
		t.Errorf("listed: %+v", list)
	}
}
