//go:build unix

package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// What an admin sets on one replica holds on all, goes over the configuration
// and can be taken back; the record says who did it.
func TestSettingsHoldOnAllReplicas(t *testing.T) {
	h, _ := replicas(t, 2)
	root := h[0].root()
	info := func(h *house) (v struct{ Signup, Announcement string }) {
		h.anonymous().get("/api/info").ok(200, &v)
		return v
	}
	root.do("PUT", "/api/admin/settings/signup", object{"value": "closed"}).ok(200, nil)
	root.do("PUT", "/api/admin/settings/announcement", object{"value": "Back at nine"}).ok(200, nil)
	root.do("PUT", "/api/admin/settings/room-quota", object{"value": "many"}).problem(400, "validation")
	root.do("PUT", "/api/admin/settings/http-addr", object{"value": ":1"}).problem(404, "setting_not_found")
	h[0].anonymous().post("/api/auth/register", object{"name": "ada", "password": "password-ada"}).problem(403, "signup_closed")
	h[1].await("the other replica to know", func() bool { v := info(h[1]); return v.Signup == "closed" && v.Announcement == "Back at nine" })
	h[1].anonymous().post("/api/auth/register", object{"name": "ada", "password": "password-ada"}).problem(403, "signup_closed")
	root.on(h[1]).delete("/api/admin/settings/signup").ok(200, nil)
	h[0].await("the configuration to hold again", func() bool { return info(h[0]).Signup == "open" })
	ada := h[0].register("ada")
	ada.get("/api/admin/settings").problem(403, "admin_required")
	root.do("PUT", "/api/admin/settings/room-quota", object{"value": "1"}).ok(200, nil)
	ada.createRoom(map[string]string{"name": "one"})
	ada.post("/api/rooms", object{"name": "two"}).problem(409, "room_limit")
	if record := string(root.get("/api/admin/audit").body); strings.Count(record, `"server.setting"`) != 4 || !strings.Contains(record, "Back at nine") {
		t.Errorf("the record: %s", record)
	}
}

func TestSettingsByCommand(t *testing.T) {
	h := startHouse(t, nil)
	c := &console{t, map[string]string{"SYNCTV_DATA_DIR": filepath.Join(h.dir, "data")}}
	if out := c.run("setting", "set", "signup", "approval"); !strings.Contains(out, "approval") || !strings.Contains(out, "set here") {
		t.Errorf("got %s", out)
	}
	c.fails(2, "setting", "set", "signup", "ajar")
	c.fails(3, "setting", "set", "colour", "red")
	h.await("the server to notice", func() bool { return strings.Contains(string(h.anonymous().get("/api/info").body), `"approval"`) })
	if out := c.run("setting", "reset", "signup"); strings.Contains(out, "approval  ") {
		t.Errorf("got %s", out)
	}
}
