package main

import (
	"net/http"
	"strings"
	"testing"
)

type sessionView struct {
	ID, Kind, Name, Agent, Address string
	Current                        bool
}

func (c *client) sessions() []sessionView {
	c.h.t.Helper()
	var l struct{ Sessions []sessionView }
	c.get("/api/me/sessions").ok(200, &l)
	return l.Sessions
}

func password(old, next string) map[string]string {
	return map[string]string{"old_password": old, "new_password": next}
}

func TestSessionsOfOnesOwn(t *testing.T) {
	h := startHouse(t, nil)
	ada, bob := h.register("ada"), h.register("bob")
	id := ada.createRoom(map[string]string{"name": "x"})
	phone := h.signIn("ada", "password-ada")
	s := phone.socket(id)
	s.next("snapshot")
	list := ada.sessions()
	if len(list) != 2 || list[0].Current == list[1].Current || list[0].Address != "127.0.0.1" || list[0].Kind != "device" {
		t.Fatalf("sessions %+v", list)
	}
	other := list[0]
	if other.Current {
		other = list[1]
	}
	bob.delete("/api/me/sessions/"+other.ID).problem(404, "session_not_found")
	ada.delete("/api/me/sessions/"+other.ID).ok(204, nil)
	if code := s.ended(); code != 4501 {
		t.Errorf("its socket ended with %d", code)
	}
	phone.get("/api/me").problem(401, "session_expired")
	h.signIn("ada", "password-ada")
	var n struct{ Ended int }
	ada.delete("/api/me/sessions").ok(200, &n)
	if n.Ended != 1 || len(ada.sessions()) != 1 {
		t.Errorf("%d ended, left %+v", n.Ended, ada.sessions())
	}
	h.anonymous().get("/api/me/sessions").problem(401, "not_signed_in")
	h.guest(id, "Kim").get("/api/me/sessions").problem(401, "session_expired")
}

func TestAccessTokens(t *testing.T) {
	h := startHouse(t, nil)
	ada := h.register("ada")
	var made struct {
		Token   string
		Session sessionView
	}
	ada.post("/api/me/tokens", map[string]string{"name": "my bot"}).ok(201, &made)
	ada.post("/api/me/tokens", map[string]string{"name": " "}).problem(400, "validation")
	bot := &client{h: h, token: made.Token}
	id := bot.createRoom(map[string]string{"name": "x"})
	bot.socket(id).next("snapshot")
	for _, n := range ada.sessions() {
		if n.ID == made.Session.ID && (n.Kind != "token" || n.Name != "my bot") {
			t.Errorf("%+v", n)
		}
	}
	ada.delete("/api/me/sessions/"+made.Session.ID).ok(204, nil)
	bot.get("/api/rooms/"+id+"/state").problem(401, "session_expired")
	if strings.Contains(h.log.String(), made.Token) {
		t.Error("the token is in the log")
	}
}

func TestChangeOnesPassword(t *testing.T) {
	h := startHouse(t, nil)
	ada := h.register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	phone := h.signIn("ada", "password-ada")
	s := phone.socket(id)
	s.next("snapshot")
	ada.do("PUT", "/api/me/password", password("wrong", "another long one")).problem(403, "wrong_password")
	ada.do("PUT", "/api/me/password", password("password-ada", "short")).problem(400, "validation")
	ada.do("PUT", "/api/me/password", password("password-ada", "another long one")).ok(204, nil)
	if code := s.ended(); code != 4501 {
		t.Errorf("the other device's socket ended with %d", code)
	}
	phone.get("/api/me").problem(401, "session_expired")
	ada.get("/api/me").ok(200, nil)
	h.anonymous().post("/api/auth/login", map[string]string{"name": "ada", "password": "password-ada"}).problem(401, "wrong_credentials")
	h.signIn("ada", "another long one")
}

func TestANewNameReachesOpenRooms(t *testing.T) {
	h := startHouse(t, nil)
	ada := h.register("ada")
	h.register("bob")
	id := ada.createRoom(map[string]string{"name": "x"})
	s := h.guest(id, "Kim").socket(id)
	s.next("snapshot")
	ada.do("PATCH", "/api/me", map[string]string{"name": "BOB"}).problem(409, "name_taken")
	ada.do("PATCH", "/api/me", map[string]string{"color": "red"}).problem(400, "validation")
	ada.do("PATCH", "/api/me", map[string]string{"name": "Ada_L", "color": "#123abc"}).ok(200, nil)
	s.find("member", func(e map[string]any) bool {
		m := e["member"].(map[string]any)
		return m["name"] == "Ada_L" && m["color"] == "#123abc"
	})
}

func TestDeleteOnesAccount(t *testing.T) {
	h := startHouse(t, nil)
	root, ada := h.root(), h.register("ada")
	id := root.createRoom(map[string]string{"name": "x"})
	ada.post("/api/rooms/"+id+"/join", struct{}{}).ok(200, nil)
	s := ada.socket(id)
	s.next("snapshot")
	root.post("/api/me/delete", map[string]string{"password": rootPassword}).problem(403, "root_stays")
	ada.post("/api/me/delete", map[string]string{"password": "wrong"}).problem(403, "wrong_password")
	a := ada.post("/api/me/delete", map[string]string{"password": "password-ada"})
	a.ok(204, nil)
	if c := a.header.Get("Set-Cookie"); !strings.HasPrefix(c, "synctv_session=;") {
		t.Errorf("cookie %q", c)
	}
	if code := s.ended(); code != 4501 {
		t.Errorf("socket ended with %d", code)
	}
	ada.get("/api/me").problem(401, "session_expired")
	h.register("ada")
}

func TestAdminsLookAfterUsers(t *testing.T) {
	h := startHouse(t, map[string]string{"SYNCTV_SIGNUP": "approval"})
	root, ada, boss := h.root(), h.register("ada"), h.register("boss")
	user := "/api/admin/users/" + ada.id()
	ada.get("/api/admin/users").problem(403, "admin_required")
	h.anonymous().get("/api/admin/users").problem(401, "not_signed_in")
	var list struct {
		Users []struct{ ID, Name, Status, Role string }
		Next  string
	}
	root.get("/api/admin/users?status=pending&q=AD").ok(200, &list)
	if len(list.Users) != 1 || list.Users[0].Name != "ada" {
		t.Fatalf("%+v", list)
	}
	root.get("/api/admin/users?limit=1").ok(200, &list)
	root.get("/api/admin/users?limit=2&cursor="+list.Next).ok(200, &list)
	if len(list.Users) != 2 || list.Next != "" {
		t.Errorf("second page %+v", list)
	}
	root.get("/api/admin/users?cursor=x").problem(400, "validation")
	root.post(user+"/approve", nil).ok(200, nil)
	id := ada.createRoom(map[string]string{"name": "x"})
	rootUser := "/api/admin/users/" + root.id()
	root.post("/api/admin/users/"+boss.id()+"/approve", struct{}{}).ok(200, nil)
	root.do("PUT", "/api/admin/users/"+boss.id()+"/role", map[string]string{"role": "admin"}).ok(200, nil)
	boss.do("PUT", user+"/role", map[string]string{"role": "admin"}).problem(403, "root_required")
	boss.post(rootUser+"/ban", struct{}{}).problem(403, "target_protected")
	boss.post(rootUser+"/password", struct{}{}).problem(403, "target_protected")
	root.do("PUT", rootUser+"/role", map[string]string{"role": "user"}).problem(403, "target_protected")

	s := ada.socket(id)
	s.next("snapshot")
	boss.post(user+"/ban", map[string]string{"reason": "spam"}).ok(200, nil)
	if code := s.ended(); code != 4501 {
		t.Errorf("socket of a banned person ended with %d", code)
	}
	ada.get("/api/me").problem(401, "session_expired")
	h.anonymous().post("/api/auth/login", map[string]string{"name": "ada", "password": "password-ada"}).problem(403, "user_banned")
	boss.post(user+"/unban", struct{}{}).ok(200, nil)
	var p struct{ Password string }
	boss.post(user+"/password", struct{}{}).ok(200, &p)
	h.anonymous().post("/api/auth/login", map[string]string{"name": "ada", "password": "password-ada"}).problem(401, "wrong_credentials")
	h.signIn("ada", p.Password)
	if strings.Contains(h.log.String(), p.Password) {
		t.Error("the new password is in the log")
	}
}

// A platform admin who is none any more is out of rooms they only visited.
func TestADemotedAdminLeavesRoomsTheyVisit(t *testing.T) {
	h := startHouse(t, nil)
	root, boss, ada := h.root(), h.register("boss"), h.register("ada")
	role := "/api/admin/users/" + boss.id() + "/role"
	root.do("PUT", role, map[string]string{"role": "admin"}).ok(200, nil)
	id := ada.createRoom(map[string]string{"name": "x"})
	s := boss.socket(id)
	s.next("snapshot")
	root.do("PUT", role, map[string]string{"role": "user"}).ok(200, nil)
	s.ended() // to connect again
	if code := boss.socket(id).ended(); code != 4503 {
		t.Errorf("the next socket ended with %d", code)
	}
	boss.get("/api/rooms/"+id+"/state").problem(403, "not_a_member")
}

func TestGuessingIsSlowedDown(t *testing.T) {
	h := startHouse(t, map[string]string{"SYNCTV_TRUSTED_PROXIES": "127.0.0.0/8"})
	h.register("ada")
	login := func(from, password string) answer {
		req, err := http.NewRequestWithContext(t.Context(), "POST", h.url+"/api/auth/login", strings.NewReader(`{"name":"ada","password":"`+password+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Forwarded-For", "192.0.2.99, "+from)
		return h.send(req)
	}
	for range 5 {
		login("203.0.113.1", "wrong password").problem(401, "wrong_credentials")
	}
	a := login("203.0.113.1", "password-ada")
	a.problem(429, "too_many_attempts")
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	login("203.0.113.2", "password-ada").ok(200, nil)
}

func TestAccountsFromOneAddressAreLimited(t *testing.T) {
	h := startHouse(t, map[string]string{"SYNCTV_SIGNUP_RATE": "2"})
	make := func(name, password string) answer {
		return h.anonymous().post("/api/auth/register", object{"name": name, "password": password})
	}
	make("no", "short").problem(400, "validation") // costs no hash and does not count
	make("ada", "password-ada").ok(201, nil)
	make("root", "password-root").problem(409, "name_taken")
	a := make("bob", "password-bob")
	a.problem(429, "too_many_accounts")
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	h.signIn("ada", "password-ada")
}

// Two replicas over one database: what one ends, the other refuses at once.
func TestTwoReplicasShareSessions(t *testing.T) {
	a := startHouse(t, nil)
	b := startHouse(t, map[string]string{"SYNCTV_DATA_DIR": a.dir + "/data"})
	ada := a.register("ada")
	there := &client{h: b, token: ada.token}
	there.get("/api/me").ok(200, nil)
	user := "/api/admin/users/" + ada.id()
	a.root().post(user+"/ban", struct{}{}).ok(200, nil)
	there.get("/api/me").problem(401, "session_expired")
	b.root().post(user+"/unban", struct{}{}).ok(200, nil)
	back := b.signIn("ada", "password-ada")
	here := &client{h: a, token: back.token}
	here.get("/api/me").ok(200, nil)
	here.post("/api/auth/logout", nil).ok(204, nil)
	back.get("/api/me").problem(401, "session_expired")
}
