package main

import (
	"net/http"
	"strings"
	"testing"
)

func TestFirstStartMakesRootAndPrintsItsPasswordOnce(t *testing.T) {
	h := startHouse(t, map[string]string{"SYNCTV_ROOT_PASSWORD": ""})
	_, rest, ok := strings.Cut(h.out.String(), "with the password ")
	if !ok {
		t.Fatalf("nothing was printed: %q", h.out)
	}
	password, _, _ := strings.Cut(rest, " ")
	h.signIn("ROOT", password)
	if strings.Contains(h.log.String(), password) {
		t.Error("the password is in the log")
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	second := startHouse(t, map[string]string{"SYNCTV_ROOT_PASSWORD": "", "SYNCTV_DATA_DIR": h.dir + "/data"})
	if second.out.String() != "" {
		t.Errorf("the second start printed %q", second.out)
	}
	second.signIn("root", password)
}

func TestPeople(t *testing.T) {
	h := startHouse(t, nil)
	anon := h.anonymous()
	anon.get("/api/me").problem(401, "not_signed_in")
	ada := h.register("Ada")
	var me struct {
		User struct{ ID, Name, Role, Status, Color string }
	}
	ada.get("/api/me").ok(200, &me)
	if me.User.Name != "Ada" || me.User.Role != "user" || me.User.Status != "active" || len(me.User.ID) != 12 {
		t.Errorf("me: %+v", me)
	}
	anon.post("/api/auth/register", map[string]string{"name": "ADA", "password": "something long"}).problem(409, "name_taken")
	anon.post("/api/auth/login", map[string]string{"name": "ada", "password": "wrong password"}).problem(401, "wrong_credentials")
	anon.post("/api/auth/login", map[string]string{"name": "nobody", "password": "wrong password"}).problem(401, "wrong_credentials")
	for name, field := range map[string]string{"ab": "body.name", "a b": "body.name", "<script>": "body.name", strings.Repeat("x", 33): "body.name", "okay": "body.password"} {
		p := anon.post("/api/auth/register", map[string]string{"name": name, "password": "short"}).problem(400, "validation")
		if !strings.Contains(sprint(p["errors"]), field) {
			t.Errorf("%q: errors %v, want %s", name, p["errors"], field)
		}
	}
	anon.post("/api/auth/register", map[string]string{"name": "周五_影.迷-1", "password": "correct horse"}).ok(201, nil)
	ada.post("/api/auth/logout", nil).ok(204, nil)
	ada.get("/api/me").problem(401, "session_expired")
	ada.post("/api/auth/logout", nil).ok(204, nil)
}

func TestSignupClosed(t *testing.T) {
	h := startHouse(t, map[string]string{"SYNCTV_SIGNUP": "closed"})
	h.anonymous().post("/api/auth/register", map[string]string{"name": "ada", "password": "something long"}).problem(403, "signup_closed")
	var info struct{ Signup string }
	h.anonymous().get("/api/info").ok(200, &info)
	if info.Signup != "closed" {
		t.Errorf("info: %+v", info)
	}
}

func TestPendingPeopleMayLookButNotJoin(t *testing.T) {
	h := startHouse(t, map[string]string{"SYNCTV_SIGNUP": "approval"})
	room := h.root().createRoom(map[string]string{"name": "x"})
	ada := h.register("ada")
	ada.get("/api/rooms").ok(200, nil)
	ada.post("/api/rooms", map[string]string{"name": "y"}).problem(403, "user_pending")
	ada.post("/api/rooms/"+room+"/join", struct{}{}).problem(403, "user_pending")
}

func TestCookies(t *testing.T) {
	h := startHouse(t, nil)
	a := h.anonymous().post("/api/auth/register", map[string]string{"name": "ada", "password": "something long"})
	a.ok(201, nil)
	cookie := a.header.Get("Set-Cookie")
	for _, want := range []string{"synctv_session=", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie %q lacks %s", cookie, want)
		}
	}
	value, _, _ := strings.Cut(cookie, ";")
	write := func(headers map[string]string) answer {
		req, err := http.NewRequestWithContext(t.Context(), "POST", h.url+"/api/rooms", strings.NewReader(`{"name":"x"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Cookie", value)
		for k, v := range headers {
			req.Header.Set(k, v)
		}
		return h.send(req)
	}
	write(map[string]string{"Sec-Fetch-Site": "same-origin"}).ok(201, nil)
	write(map[string]string{"Sec-Fetch-Site": "cross-site"}).problem(403, "cross_origin")
	write(map[string]string{"Origin": "https://evil.example"}).problem(403, "cross_origin")
	write(map[string]string{"Origin": h.url}).ok(201, nil)
	write(nil).ok(201, nil)
}

func TestTokensAndKeysAreNotLogged(t *testing.T) {
	h := startHouse(t, nil)
	ada := h.register("ada")
	room := ada.createRoom(map[string]string{"name": "x", "password": "room-secret-1"})
	var k struct{ Key string }
	ada.post("/api/rooms/"+room+"/live-keys", struct{}{}).ok(201, &k)
	ada.get("/api/rooms/"+room+"/state?token="+ada.token).ok(200, nil)
	for _, secret := range []string{ada.token, k.Key, "room-secret-1", "password-ada", rootPassword} {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
}
