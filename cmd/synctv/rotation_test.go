//go:build unix

package main

import (
	"net/http"
	"strings"
	"testing"

	"synctv/internal/ident"
	"synctv/internal/store"
	"synctv/internal/store/storetest"
)

// withCookie asks as a browser does, and gives the new session cookie's value
// if the answer has one.
func (h *house) withCookie(method, path, token string) (answer, string) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Cookie", "synctv_session="+token)
	a := h.send(req)
	for _, line := range a.header.Values("Set-Cookie") {
		if value, ok := strings.CutPrefix(line, "synctv_session="); ok {
			value, _, _ = strings.Cut(value, ";")
			return a, value
		}
	}
	return a, ""
}

// age makes a session look as if its token was made, and replaced, long ago.
func age(t *testing.T, db *store.Store, token string) {
	t.Helper()
	n, _, err := db.SessionByToken(t.Context(), ident.Hash(token), 0)
	if err != nil {
		t.Fatal(err)
	}
	n.RotatedMS, n.PrevUntilMS = 0, 0
	if swapped, err := db.RotateSession(t.Context(), n, n.TokenHash); err != nil || !swapped {
		t.Fatal(swapped, err)
	}
}

func TestABrowserGetsANewTokenEveryDay(t *testing.T) {
	h := startHouse(t, nil)
	db := storetest.Open(t, "sqlite:"+h.dir+"/data/synctv.db")
	ada := h.register("ada")
	room := ada.createRoom(map[string]string{"name": "x"})
	if _, renewed := h.withCookie("GET", "/api/me", ada.token); renewed != "" {
		t.Error("a new token on the first day")
	}
	age(t, db, ada.token)
	if a := ada.get("/api/me"); a.header.Get("Set-Cookie") != "" {
		t.Error("a Bearer token was replaced")
	}
	if _, renewed := h.withCookie("GET", "/api/rooms/"+room+"/items/none/media", ada.token); renewed != "" {
		t.Error("an answer with bytes carried a new token")
	}
	a, next := h.withCookie("GET", "/api/rooms/"+room+"/state", ada.token)
	a.ok(200, nil)
	if next == "" || next == ada.token {
		t.Fatalf("the new token is %q", next)
	}
	a, again := h.withCookie("GET", "/api/me", ada.token) // another tab
	a.ok(200, nil)
	if again != "" {
		t.Error("the token before was replaced again")
	}
	phone := &client{h: h, token: next}
	s := phone.socket(room)
	s.next("snapshot")
	age(t, db, next) // the minute is over
	a, _ = h.withCookie("GET", "/api/me", ada.token)
	a.problem(401, "session_expired")
	phone.get("/api/me").problem(401, "session_expired")
	if code := s.ended(); code != 4501 {
		t.Errorf("the socket ended with %d", code)
	}
}

func TestSigningOutClearsTheCookieEvenWhenItIsDue(t *testing.T) {
	h := startHouse(t, nil)
	db := storetest.Open(t, "sqlite:"+h.dir+"/data/synctv.db")
	ada := h.register("ada")
	age(t, db, ada.token)
	a, value := h.withCookie("POST", "/api/auth/logout", ada.token)
	a.ok(204, nil)
	if value != "" || len(a.header.Values("Set-Cookie")) != 1 {
		t.Errorf("cookies %q", a.header.Values("Set-Cookie"))
	}
	ada.get("/api/me").problem(401, "session_expired")
}
