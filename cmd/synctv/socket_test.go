package main

import (
	"net/http"
	"testing"
	"time"
)

func TestEverybodyInTheRoomSeesTheSame(t *testing.T) {
	h := startHouse(t, nil)
	ada := h.register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	room := "/api/rooms/" + id
	item := ada.addURL(id, "https://example.org/a.mp4")
	guest := h.guest(id, "Kim")
	a, g := ada.socket(id), guest.socket(id)
	for _, s := range []*socket{a, g} {
		snap := s.next("snapshot")
		if list, ok := snap["playlist"].(map[string]any); !ok || len(list["items"].([]any)) != 1 {
			t.Errorf("snapshot without the playlist: %v", snap)
		}
		if ms, ok := snap["server_ms"].(float64); !ok || time.Since(time.UnixMilli(int64(ms))).Abs() > time.Minute {
			t.Errorf("server time %v", snap["server_ms"])
		}
	}
	var pb map[string]any
	ada.post(room+"/playback/item", map[string]string{"item_id": item}).ok(200, &pb)
	for _, s := range []*socket{a, g} {
		e := s.next("playback")
		if got := e["playback"].(map[string]any); sprint(got) != sprint(pb) {
			t.Errorf("event %v, answer %v", got, pb)
		}
	}
	guest.post(room+"/chat", map[string]string{"text": "hello"}).ok(201, nil)
	for _, s := range []*socket{a, g} {
		spoken := func(e map[string]any) bool { return e["message"].(map[string]any)["kind"] == "user" }
		m := s.find("chat", spoken)["message"].(map[string]any)
		if m["text"] != "hello" || m["item_id"] != item {
			t.Errorf("chat %v", m)
		}
	}
	ada.addURL(id, "https://example.org/b.mp4")
	if e := g.next("playlist"); e["version"] != 3.0 || len(e["added"].([]any)) != 1 {
		t.Errorf("playlist %v", e)
	}
	ada.delete(room+"/playlist/items/"+item).ok(200, nil)
	if e := g.next("playlist"); e["version"] != 4.0 || sprint(e["removed"]) != sprint([]any{item}) {
		t.Errorf("playlist %v", e)
	}
}

func TestPresence(t *testing.T) {
	h := startHouse(t, nil)
	ada := h.register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	a := ada.socket(id)
	a.next("snapshot")
	is := func(name string, online bool) func(map[string]any) bool {
		return func(e map[string]any) bool {
			m := e["member"].(map[string]any)
			return m["name"] == name && m["online"] == online
		}
	}
	guest := h.guest(id, "Kim")
	a.find("member", is("Kim", false))
	first := guest.socket(id)
	a.find("member", is("Kim", true))
	second := guest.socket(id)
	second.next("snapshot")
	var sum struct{ Online int }
	ada.get("/api/rooms/"+id).ok(200, &sum)
	if sum.Online != 2 {
		t.Errorf("%d people online", sum.Online)
	}
	_ = first.conn.CloseNow()
	first.ended()
	_ = second.conn.CloseNow()
	a.find("member", is("Kim", false))
}

func TestLeavingAndSigningOutEndSockets(t *testing.T) {
	h := startHouse(t, nil)
	ada := h.register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	other := ada.createRoom(map[string]string{"name": "y"})
	guest := h.guest(id, "Kim")
	g := guest.socket(id)
	g.next("snapshot")
	guest.post("/api/rooms/"+id+"/leave", nil).ok(204, nil)
	if code := g.ended(); code != 4503 {
		t.Errorf("after leaving: %d", code)
	}
	phone := h.signIn("ada", "password-ada")
	here, there, onPhone := ada.socket(id), ada.socket(other), phone.socket(id)
	for _, s := range []*socket{here, there, onPhone} {
		s.next("snapshot")
	}
	ada.post("/api/auth/logout", nil).ok(204, nil)
	if a, b := here.ended(), there.ended(); a != 4501 || b != 4501 {
		t.Errorf("after signing out: %d, %d", a, b)
	}
	phone.post("/api/rooms/"+id+"/chat", map[string]string{"text": "still here"}).ok(201, nil)
	onPhone.next("chat")
}

func TestWhoMayNotEnterGetsAReason(t *testing.T) {
	h := startHouse(t, nil)
	ada, bob := h.register("ada"), h.register("bob")
	id := ada.createRoom(map[string]string{"name": "x"})
	for name, c := range map[string]struct {
		who  *client
		room string
		code int
	}{
		"not a member": {bob, id, 4503}, "nobody": {h.anonymous(), id, 4501},
		"bad token": {&client{h: h, token: "nonsense"}, id, 4501}, "no such room": {bob, "nothing", 4504},
	} {
		if code := c.who.socket(c.room).ended(); int(code) != c.code {
			t.Errorf("%s: %d, want %d", name, code, c.code)
		}
	}
}

func TestClockProbe(t *testing.T) {
	h := startHouse(t, nil)
	ada := h.register("ada")
	s := ada.socket(ada.createRoom(map[string]string{"name": "x"}))
	s.next("snapshot")
	var last float64
	for range 20 {
		before := float64(time.Now().UnixMicro()) / 1000
		s.write(`{"id":7,"rpc":{"method":"clock","data":{}}}`)
		r := <-s.rpc
		after := float64(time.Now().UnixMicro()) / 1000
		t2, t3 := r["t2"].(float64), r["t3"].(float64)
		// One machine, so the server's clock is this one.
		if t2 < before-5 || t3 < t2 || t3 > after+5 || t3-t2 > 50 || t2 < last {
			t.Errorf("t1 %.3f t2 %.3f t3 %.3f t4 %.3f", before, t2, t3, after)
		}
		last = t3
	}
	s.write(`{"id":8,"rpc":{"method":"nonsense","data":{}}}`)
	<-s.rpc
}

func TestASocketOfAnotherSiteIsRefused(t *testing.T) {
	h := startHouse(t, nil)
	ada := h.register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	req, err := http.NewRequestWithContext(t.Context(), "GET", h.url+"/api/rooms/"+id+"/socket", nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]string{
		"Origin": "https://evil.example", "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Cookie": "synctv_session=" + ada.token,
	} {
		req.Header.Set(k, v)
	}
	if a := h.send(req); a.status != 403 {
		t.Errorf("status %d", a.status)
	}
}

func TestStoppingTellsSocketsToComeBack(t *testing.T) {
	h := startHouse(t, nil)
	ada := h.register("ada")
	s := ada.socket(ada.createRoom(map[string]string{"name": "x"}))
	s.next("snapshot")
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if code := s.ended(); code != 3001 {
		t.Errorf("closed with %d", code)
	}
}
