package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestRooms(t *testing.T) {
	h := startHouse(t, nil)
	ada, bob := h.register("ada"), h.register("bob")
	anon := h.anonymous()
	anon.post("/api/rooms", map[string]string{"name": "x"}).problem(401, "not_signed_in")
	ada.post("/api/rooms", map[string]string{"name": " "}).problem(400, "validation")
	ada.post("/api/rooms", map[string]string{"name": strings.Repeat("x", 101)}).problem(400, "validation")
	ada.post("/api/rooms", map[string]string{"name": "x", "visibility": "secret"}).problem(400, "validation")
	open := ada.createRoom(map[string]string{"name": "Open", "description": "for all"})
	hidden := ada.createRoom(map[string]string{"name": "Hidden", "visibility": "hidden"})

	type list struct {
		Rooms []struct{ ID, Name, Role string }
		Next  string
	}
	var l list
	anon.get("/api/rooms").ok(200, &l)
	if len(l.Rooms) != 1 || l.Rooms[0].ID != open {
		t.Errorf("listed: %+v", l)
	}
	anon.get("/api/rooms?mine=true").problem(401, "not_signed_in")
	l = list{}
	ada.get("/api/rooms?mine=true&limit=1").ok(200, &l)
	if len(l.Rooms) != 1 || l.Rooms[0].ID != hidden || l.Rooms[0].Role != "creator" || l.Next == "" {
		t.Errorf("first page: %+v", l)
	}
	next := l.Next
	l = list{}
	ada.get("/api/rooms?mine=true&limit=1&cursor="+next).ok(200, &l)
	if len(l.Rooms) != 1 || l.Rooms[0].ID != open || l.Next != "" {
		t.Errorf("second page: %+v", l)
	}
	ada.get("/api/rooms?cursor=nonsense").problem(400, "validation")

	var gate struct {
		Name string
		Me   *struct{ Role string }
	}
	anon.get("/api/rooms/"+hidden).ok(200, &gate)
	if gate.Name != "Hidden" || gate.Me != nil {
		t.Errorf("gate: %+v", gate)
	}
	anon.get("/api/rooms/nothing").problem(404, "room_not_found")
	bob.get("/api/rooms/"+hidden+"/state").problem(403, "not_a_member")
	anon.get("/api/rooms/"+hidden+"/state").problem(401, "not_signed_in")
	bob.post("/api/rooms/"+hidden+"/join", struct{}{}).ok(200, nil)
	bob.post("/api/rooms/"+hidden+"/join", struct{}{}).ok(200, nil)
	bob.get("/api/rooms/"+hidden+"/state").ok(200, nil)
	bob.post("/api/rooms/"+hidden+"/leave", nil).ok(204, nil)
	bob.get("/api/rooms/"+hidden+"/state").problem(403, "not_a_member")
	ada.post("/api/rooms/"+hidden+"/leave", nil).problem(409, "creator_stays")
}

func TestAPasswordGuardsARoom(t *testing.T) {
	h := startHouse(t, nil)
	ada, bob := h.register("ada"), h.register("bob")
	room := "/api/rooms/" + ada.createRoom(map[string]string{"name": "x", "password": "sesame-1"})
	join := func(c *client, password string) answer {
		return c.post(room+"/join", map[string]string{"password": password})
	}
	join(bob, "").problem(403, "room_password_required")
	join(bob, "wrong").problem(403, "room_password_wrong")
	h.anonymous().post(room+"/guests", map[string]string{"name": "g", "password": "sesame-1"}).problem(403, "guests_not_allowed")
	for _, path := range []string{"/state", "/members", "/playlist", "/chat"} {
		bob.get(room+path).problem(403, "not_a_member")
	}
	bob.post(room+"/chat", map[string]string{"text": "hi"}).problem(403, "not_a_member")
	join(bob, "sesame-1").ok(200, nil)
	bob.get(room+"/state").ok(200, nil)
	join(h.root(), "").ok(200, nil) // platform admins pass
}

// One address has thirty wrong guesses at a room's password.
func TestGuessingARoomsPasswordIsSlowedDown(t *testing.T) {
	h := startHouse(t, map[string]string{"SYNCTV_TRUSTED_PROXIES": "127.0.0.0/8"})
	ada := h.register("ada")
	room := "/api/rooms/" + ada.createRoom(map[string]string{"name": "x"})
	ada.do("PUT", room+"/password", object{"password": "sesame-1"}).ok(200, nil)
	guest := func(from, password string) answer {
		req, err := http.NewRequestWithContext(t.Context(), "POST", h.url+room+"/guests", strings.NewReader(`{"name":"g","password":"`+password+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Forwarded-For", from)
		return h.send(req)
	}
	last := guest("203.0.113.1", "guess")
	for n := 0; n < 40 && last.status == http.StatusForbidden; n++ {
		last = guest("203.0.113.1", "guess")
	}
	last.problem(429, "too_many_attempts")
	guest("203.0.113.2", "sesame-1").ok(201, nil)
}

func TestGuestsAreSeparatePeople(t *testing.T) {
	h := startHouse(t, nil)
	ada := h.register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	other := ada.createRoom(map[string]string{"name": "y"})
	room := "/api/rooms/" + id
	h.anonymous().post(room+"/guests", map[string]string{"name": " "}).problem(400, "validation")
	a, b := h.guest(id, "Kim"), h.guest(id, "Kim")
	var me struct {
		Me struct{ ID, Kind, Role string }
	}
	a.get(room+"/state").ok(200, &me)
	first := me.Me.ID
	b.get(room+"/state").ok(200, &me)
	if me.Me.ID == first || me.Me.Kind != "guest" || me.Me.Role != "guest" {
		t.Errorf("second guest: %+v", me)
	}
	a.get("/api/rooms/"+other+"/state").problem(401, "session_expired") // the token means nothing there
	a.post(room+"/guests", map[string]string{"name": "Again"}).problem(409, "already_guest")
	for path, body := range map[string]any{
		"/playback/play": struct{}{}, "/playback/next": struct{}{}, "/playback/seek": map[string]int{"position_s": 1},
		"/playlist/items": map[string]any{"items": []map[string]string{{"url": "https://example.org/x.mp4"}}}, "/live-keys": struct{}{},
	} {
		a.post(room+path, body).problem(403, "permission_missing")
	}
	a.post(room+"/chat", map[string]string{"text": "hello"}).ok(201, nil)
	a.post(room+"/leave", nil).ok(204, nil)
	a.get(room+"/state").problem(401, "session_expired") // the token went with the person
}

func TestAFullRoomForgetsGuestsWhoAreGone(t *testing.T) {
	h := startHouse(t, nil)
	ada := h.register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	for i := range 99 {
		h.guest(id, fmt.Sprint("g", i))
	}
	late := h.guest(id, "late")
	late.get("/api/rooms/"+id+"/state").ok(200, nil)
	var l struct{ Members []struct{ Name string } }
	ada.get("/api/rooms/"+id+"/members").ok(200, &l)
	if len(l.Members) != 100 || l.Members[1].Name != "g1" {
		t.Errorf("%d members, second is %s", len(l.Members), l.Members[1].Name)
	}
}

func TestPlaylistAndPlayback(t *testing.T) {
	h := startHouse(t, nil)
	ada, bob := h.register("ada"), h.register("bob")
	id := ada.createRoom(map[string]string{"name": "x"})
	room := "/api/rooms/" + id
	bob.post(room+"/join", struct{}{}).ok(200, nil)
	a, b := ada.addURL(id, "https://example.org/a.mp4"), bob.addURL(id, "https://example.org/b.m3u8")
	add := func(items ...map[string]string) answer {
		return ada.post(room+"/playlist/items", map[string]any{"items": items})
	}
	add().problem(400, "validation")
	add(map[string]string{"url": "javascript:alert(1)"}).problem(400, "source_unsupported")
	p := add(map[string]string{"url": "https://example.org/ok.mp4"}, map[string]string{"url": "ftp://x/y"}).problem(400, "source_unsupported")
	if !strings.Contains(sprint(p["errors"]), "body.items[1]") {
		t.Errorf("which item? %v", p["errors"])
	}
	var list struct {
		Version int64
		Items   []struct {
			ID, Title string
			Play      struct{ Kind, URL string }
		}
	}
	bob.get(room+"/playlist").ok(200, &list)
	if list.Version != 3 || len(list.Items) != 2 || list.Items[1].Play.Kind != "hls" || list.Items[0].Title != "a" {
		t.Errorf("list: %+v", list)
	}

	type playback struct {
		ItemID, Status string
		PositionS      float64 `json:"position_s"`
		Rate           float64
		Epoch, Version int64
		Item           string `json:"item_id"`
	}
	var pb playback
	ada.post(room+"/playback/play", struct{}{}).ok(200, &pb)
	if pb.Status != "paused" {
		t.Errorf("nothing to play, yet %+v", pb)
	}
	bob.post(room+"/playback/item", map[string]string{"item_id": a}).problem(403, "permission_missing")
	ada.post(room+"/playback/item", map[string]string{"item_id": "nothing"}).problem(404, "item_not_found")
	ada.post(room+"/playback/item", map[string]string{"item_id": a}).ok(200, &pb)
	if pb.Item != a || pb.Status != "playing" {
		t.Errorf("set item: %+v", pb)
	}
	first := pb
	ada.post(room+"/playback/pause", map[string]any{"position_s": 0.5}).ok(200, &pb)
	if pb.Status != "paused" || pb.PositionS != 0.5 || pb.Version != first.Version+1 {
		t.Errorf("pause: %+v", pb)
	}
	stale := ada.post(room+"/playback/seek", map[string]any{"position_s": 9, "version": first.Version}).problem(409, "playback_conflict")
	if cur, ok := stale["current"].(map[string]any); !ok || cur["version"] != float64(pb.Version) {
		t.Errorf("conflict without the current state: %v", stale)
	}
	ada.post(room+"/playback/seek", map[string]any{"position_s": 9, "version": pb.Version}).ok(200, &pb)
	if pb.PositionS != 9 || pb.Status != "paused" {
		t.Errorf("seek: %+v", pb)
	}
	ada.post(room+"/playback/seek", map[string]any{"position_s": -1}).problem(400, "validation")
	ada.post(room+"/playback/rate", map[string]any{"rate": 9}).problem(400, "validation")
	ada.post(room+"/playback/rate", map[string]any{"rate": 1.5}).ok(200, &pb)
	ada.post(room+"/playback/next", struct{}{}).ok(200, &pb)
	if pb.Item != b || pb.Epoch <= first.Epoch || pb.Rate != 1.5 {
		t.Errorf("next: %+v", pb)
	}
	ada.post(room+"/playback/next", struct{}{}).problem(409, "nothing_to_play")
	ada.post(room+"/playback/previous", struct{}{}).ok(200, &pb)

	bob.delete(room+"/playlist/items/"+a).problem(403, "permission_missing")
	var v struct{ Version int64 }
	ada.delete(room+"/playlist/items/"+a).ok(200, &v) // the current one: the room moves on
	var snap struct{ Playback playback }
	ada.get(room+"/state").ok(200, &snap)
	if v.Version != 4 || snap.Playback.Item != b {
		t.Errorf("after deleting the current item: %+v, %+v", v, snap)
	}
	bob.delete(room+"/playlist/items/"+b).ok(200, nil) // his own; it was the last
	ada.get(room+"/state").ok(200, &snap)
	if snap.Playback.Item != "" || snap.Playback.Status != "paused" {
		t.Errorf("after deleting the last item: %+v", snap)
	}
	ada.delete(room+"/playlist/items/"+b).problem(404, "item_not_found")
}

func TestChat(t *testing.T) {
	h := startHouse(t, nil)
	ada := h.register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	room := "/api/rooms/" + id
	guest := h.guest(id, "Kim")
	say := func(c *client, text string) answer { return c.post(room+"/chat", map[string]string{"text": text}) }
	say(ada, " ").problem(400, "message_empty")
	say(ada, strings.Repeat("好", 501)).problem(400, "message_too_long")
	say(ada, strings.Repeat("x", 100_000)).problem(413, "body_too_large")
	for i := range 6 {
		say(ada, fmt.Sprintf("<b>line %d</b>", i)).ok(201, nil)
	}
	var page struct {
		Messages []struct {
			Seq    int64
			Text   string
			Author struct{ Name string }
		}
		More bool
	}
	guest.get(room+"/chat?limit=4").ok(200, &page)
	if len(page.Messages) != 4 || !page.More || page.Messages[3].Text != "<b>line 5</b>" || page.Messages[0].Author.Name != "ada" {
		t.Errorf("newest: %+v", page)
	}
	guest.get(fmt.Sprintf("%s/chat?limit=4&before=%d", room, page.Messages[0].Seq)).ok(200, &page)
	// Before those two there is the line that Kim came in.
	if len(page.Messages) != 3 || page.More || page.Messages[0].Seq != 1 || page.Messages[1].Text != "<b>line 0</b>" {
		t.Errorf("older: %+v", page)
	}
	refused := 0
	for range 40 {
		if a := say(guest, "flood"); a.status == 429 {
			refused++
			a.problem(429, "too_fast")
			if a.header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		}
	}
	if refused == 0 {
		t.Error("a flood of forty lines was taken whole")
	}
	say(ada, "somebody else may go on").ok(201, nil)
}
