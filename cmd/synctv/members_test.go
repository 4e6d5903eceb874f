package main

import (
	"slices"
	"strings"
	"testing"
)

type memberNow struct {
	ID, Role, Status string
	Permissions      []string
	Version          int64
}

type roomNow struct {
	Name, Visibility string
	Version          int64
	Settings         map[string]any
}

// lobby is a room with people in it.
type lobby struct {
	id, path string
	ada      *client // creator
	adaID    string
}

func (h *house) lobby() *lobby {
	h.t.Helper()
	ada := h.register("ada")
	id := ada.createRoom(map[string]string{"name": "Room"})
	l := &lobby{id: id, path: "/api/rooms/" + id, ada: ada}
	l.adaID = l.me(ada).ID
	return l
}

// join brings somebody in and gives their id.
func (l *lobby) join(c *client) string {
	c.h.t.Helper()
	var m memberNow
	c.post(l.path+"/join", struct{}{}).ok(200, &m)
	return m.ID
}

// seated is somebody in the room with an open page, all of whose entry is over.
func (l *lobby) seated(h *house, name string) (*client, *socket, string) {
	h.t.Helper()
	c := h.register(name)
	id := l.join(c)
	page := c.socket(l.id)
	page.next("snapshot")
	// An answer means that all of the connecting is done: topics that go before
	// that go with its end.
	page.write(`{"id":7,"rpc":{"method":"clock","data":{}}}`)
	<-page.rpc
	return c, page, id
}

func (l *lobby) me(c *client) memberNow {
	c.h.t.Helper()
	var s struct{ Me memberNow }
	c.get(l.path+"/state").ok(200, &s)
	return s.Me
}

func (l *lobby) patch(c *client, body any) answer { c.h.t.Helper(); return c.do("PATCH", l.path, body) }

// about is a decision of c on a member.
func (l *lobby) about(c *client, person, what string, body any) answer {
	c.h.t.Helper()
	method := "POST"
	if what == "role" || what == "permissions" || what == "mute" {
		method = "PUT"
	}
	return c.do(method, l.path+"/members/"+person+"/"+what, body)
}

func fields(kv ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i < len(kv); i += 2 {
		m[kv[i].(string)] = kv[i+1]
	}
	return m
}

func TestRightsChangeWhatAPersonMayDo(t *testing.T) {
	h := startHouse(t, nil)
	l := h.lobby()
	bob, page, bobID := l.seated(h, "bob")
	_, other, _ := l.seated(h, "cat")
	bob.post(l.path+"/playback/play", struct{}{}).problem(403, "permission_missing")

	var m memberNow
	l.about(l.ada, bobID, "permissions", fields("added", []string{"play_control"}, "removed", []string{"view_chat_history"})).ok(200, &m)
	me := page.next("me")["member"].(map[string]any)
	if !strings.Contains(sprint(me["permissions"]), "play_control") || strings.Contains(sprint(me["permissions"]), "view_chat_history") {
		t.Errorf("told %v", me)
	}
	other.find("member", func(e map[string]any) bool { return e["member"].(map[string]any)["id"] == bobID })
	bob.post(l.path+"/playback/play", struct{}{}).ok(200, nil)
	// Without the right the page no longer hears the talk, over the socket it has.
	l.ada.post(l.path+"/chat", map[string]string{"text": "not for bob"}).ok(201, nil)
	other.find("chat", func(e map[string]any) bool { return strings.Contains(sprint(e), "not for bob") })
	bob.get(l.path+"/chat").problem(403, "permission_missing")
	l.about(l.ada, bobID, "permissions", fields("added", []string{}, "removed", []string{}, "version", m.Version)).ok(200, nil)
	page.next("me")
	l.ada.post(l.path+"/chat", map[string]string{"text": "for bob"}).ok(201, nil)
	if e := page.next("chat"); !strings.Contains(sprint(e), "for bob") || strings.Contains(sprint(e), "not for") {
		t.Errorf("heard %v", e)
	}
	// A stale version is refused with what is there now.
	p := l.about(l.ada, bobID, "permissions", fields("added", []string{}, "removed", []string{}, "version", m.Version)).problem(409, "member_conflict")
	if p["current"].(map[string]any)["id"] != bobID {
		t.Errorf("current: %v", p["current"])
	}
}

// TestTheListIsToldToWhoMaySeeIt: others hear what plays, and nothing of the rest.
func TestTheListIsToldToWhoMaySeeIt(t *testing.T) {
	h := startHouse(t, nil)
	l := h.lobby()
	bob, page, bobID := l.seated(h, "bob")
	_, other, _ := l.seated(h, "cat")
	l.about(l.ada, bobID, "permissions", fields("added", []string{}, "removed", []string{"view_playlist"})).ok(200, nil)
	page.next("me")
	var first, second struct{ Items []struct{ ID string } }
	l.ada.post(l.path+"/playlist/items", object{"items": []object{{"url": "https://films.example/a.mp4", "title": "not for bob"}}}).ok(201, &second)
	other.find("playlist", func(e map[string]any) bool { return strings.Contains(sprint(e), "not for bob") })
	l.ada.post(l.path+"/playlist/items", object{"items": []object{{"url": "https://films.example/b.mp4", "title": "the film"}}}).ok(201, &first)
	other.find("playlist", func(e map[string]any) bool { return strings.Contains(sprint(e), "the film") })
	l.ada.post(l.path+"/playback/item", map[string]string{"item_id": first.Items[0].ID}).ok(200, nil)
	page.find("playback", func(e map[string]any) bool {
		return strings.Contains(sprint(e), first.Items[0].ID)
	})
	for _, e := range page.passed {
		if e["type"] == "playlist" {
			t.Errorf("told of the list: %v", e)
		}
	}
	bob.get(l.path+"/playlist").problem(403, "permission_missing")
	state := string(bob.get(l.path + "/state").body)
	if !strings.Contains(state, "the film") || strings.Contains(state, "not for bob") {
		t.Errorf("sees %s", state)
	}
}

func TestAdminsDoNotReachEachOther(t *testing.T) {
	h := startHouse(t, nil)
	l := h.lobby()
	bob, cat := h.register("bob"), h.register("cat")
	bobID, catID := l.join(bob), l.join(cat)
	l.about(l.ada, bobID, "role", fields("role", "admin")).ok(200, nil)
	l.about(bob, catID, "role", fields("role", "admin")).problem(403, "permission_missing")
	l.about(bob, l.adaID, "kick", fields()).problem(403, "creator_fixed")
	l.about(bob, bobID, "ban", fields()).problem(403, "not_yourself")
	l.about(l.ada, catID, "role", fields("role", "admin")).ok(200, nil)
	l.about(bob, catID, "kick", fields()).problem(403, "admin_fixed")
	l.about(cat, bobID, "ban", fields()).problem(403, "admin_fixed")
	var m memberNow
	l.about(l.ada, bobID, "role", fields("role", "member")).ok(200, &m)
	if m.Role != "member" || slices.Contains(m.Permissions, "kick_member") {
		t.Errorf("demoted: %+v", m)
	}
	l.about(bob, catID, "kick", fields()).problem(403, "permission_missing")
	l.about(l.ada, "nobody-here1", "role", fields("role", "admin")).problem(404, "member_not_found")
}

func TestMute(t *testing.T) {
	h := startHouse(t, nil)
	l := h.lobby()
	bob := h.register("bob")
	bobID := l.join(bob)
	page := bob.socket(l.id)
	page.next("snapshot")
	l.about(l.ada, bobID, "mute", fields("seconds", 600, "reason", "too loud")).ok(200, nil)
	if me := page.next("me")["member"].(map[string]any); me["muted_until_ms"] == nil {
		t.Errorf("told %v", me)
	}
	p := bob.post(l.path+"/chat", map[string]string{"text": "hi"}).problem(403, "muted")
	if s := p["retry_after_s"].(float64); s < 590 || s > 600 {
		t.Errorf("retry after %v s", s)
	}
	bob.post(l.path+"/playlist/items", map[string]any{"items": []map[string]string{{"url": "https://example.org/a.mp4"}}}).ok(201, nil)
	l.about(l.ada, bobID, "mute", fields("seconds", 0)).ok(200, nil)
	bob.post(l.path+"/chat", map[string]string{"text": "hi"}).ok(201, nil)
}

func TestKick(t *testing.T) {
	h := startHouse(t, nil)
	l := h.lobby()
	bob := h.register("bob")
	bobID := l.join(bob)
	guest := h.guest(l.id, "Gus")
	guestID := l.me(guest).ID
	pages := []*socket{bob.socket(l.id), bob.socket(l.id)}
	for _, p := range pages {
		p.next("snapshot")
	}
	watcher := l.ada.socket(l.id)
	watcher.next("snapshot")
	l.about(l.ada, bobID, "kick", fields("reason", "rude")).ok(204, nil)
	for _, p := range pages {
		if code := p.ended(); code != 4503 {
			t.Errorf("ended with %d", code)
		}
	}
	watcher.find("member_gone", func(e map[string]any) bool { return e["id"] == bobID })
	bob.get(l.path+"/state").problem(403, "not_a_member")
	if p := bob.post(l.path+"/join", struct{}{}).problem(403, "kicked"); p["retry_after_s"].(float64) < 290 {
		t.Errorf("cool-down: %v", p["retry_after_s"])
	}
	bob.post(l.path+"/guests", map[string]string{"name": "Not Bob"}).problem(403, "kicked") // the same session

	gpage := guest.socket(l.id)
	gpage.next("snapshot")
	l.about(l.ada, guestID, "kick", fields()).ok(204, nil)
	if code := gpage.ended(); code != 4503 {
		t.Errorf("guest ended with %d", code)
	}
	guest.get(l.path+"/state").problem(401, "session_expired")
}

func TestBan(t *testing.T) {
	h := startHouse(t, nil)
	l := h.lobby()
	cat := h.register("cat")
	catID := l.join(cat)
	page := cat.socket(l.id)
	page.next("snapshot")
	l.about(l.ada, catID, "ban", fields("reason", "spam \u202e")).ok(200, nil)
	if code := page.ended(); code != 4503 {
		t.Errorf("banned ended with %d", code)
	}
	var bans struct {
		Bans []struct {
			ID, Name, Reason string
			By               string `json:"by_name"`
		}
	}
	l.ada.get(l.path+"/bans").ok(200, &bans)
	if len(bans.Bans) != 1 || bans.Bans[0].ID != catID || bans.Bans[0].Reason != "spam" || bans.Bans[0].By != "ada" {
		t.Errorf("bans: %+v", bans)
	}
	var list struct{ Members []memberNow }
	l.ada.get(l.path+"/members").ok(200, &list)
	if len(list.Members) != 1 {
		t.Errorf("a banned person is still listed: %+v", list)
	}
	l.about(l.ada, catID, "unban", fields()).ok(204, nil)
	cat.get(l.path+"/state").problem(403, "not_a_member")
	l.join(cat)
}

// liveURLs is where a stream of the room is watched, below the room's path.
func (l *lobby) liveURLs() []string {
	l.ada.h.t.Helper()
	var k struct{ Stream string }
	l.ada.post(l.path+"/live-keys", struct{}{}).ok(201, &k)
	return []string{"/live/" + k.Stream + ".flv", "/live/" + k.Stream + "/index.m3u8"}
}

// Each way past a ban, named. What is open already: TestRunningResponsesAreCut.
func TestABanCannotBeWalkedAround(t *testing.T) {
	h := startHouse(t, nil)
	l := h.lobby()
	bob := h.register("bob")
	bobID := l.join(bob)
	guest := h.guest(l.id, "Gus")
	guestID := l.me(guest).ID
	item := bob.addURL(l.id, "https://example.org/a.mp4")
	live := l.liveURLs()
	l.about(l.ada, bobID, "ban", fields()).ok(200, nil)
	l.about(l.ada, guestID, "ban", fields()).ok(200, nil)
	for name, who := range map[string]*client{"signed in": bob, "guest": guest} {
		for _, path := range append(live, "", "/state", "/members", "/playlist", "/chat", "/audit", "/bans", "/items/"+item+"/media") {
			if a := who.get(l.path + path); a.status != 403 {
				t.Errorf("%s reads %q: %d %s", name, path, a.status, a.body)
			}
		}
		who.post(l.path+"/chat", map[string]string{"text": "hi"}).problem(403, "member_banned")
		who.post(l.path+"/leave", nil).problem(403, "member_banned") // leaving would forget the ban
		who.post(l.path+"/guests", map[string]string{"name": "Somebody else"}).problem(403, "member_banned")
		if code := who.socket(l.id).ended(); code != 4503 {
			t.Errorf("%s opened a socket: %d", name, code)
		}
	}
	bob.post(l.path+"/join", struct{}{}).problem(403, "member_banned")
	again := h.signIn("bob", "password-bob") // another session
	again.post(l.path+"/join", struct{}{}).problem(403, "member_banned")
}

// Each way past approval, named.
func TestApprovalCannotBeWalkedAround(t *testing.T) {
	h := startHouse(t, nil)
	l := h.lobby()
	l.patch(l.ada, fields("settings", fields("approval", true))).ok(200, nil)
	live := l.liveURLs()
	door := l.ada.socket(l.id)
	door.next("snapshot")
	bob := h.register("bob")
	var m memberNow
	bob.post(l.path+"/join", struct{}{}).ok(200, &m)
	if m.Status != "pending" || len(m.Permissions) != 0 {
		t.Errorf("joined as %+v", m)
	}
	knock := door.find("member", func(e map[string]any) bool { return e["member"].(map[string]any)["id"] == m.ID })
	if knock["member"].(map[string]any)["status"] != "pending" {
		t.Errorf("knock: %v", knock)
	}
	guest := h.guest(l.id, "Gus")
	for name, who := range map[string]*client{"signed in": bob, "guest": guest} {
		var gate struct{ Me memberNow }
		who.get(l.path).ok(200, &gate)
		if gate.Me.Status != "pending" {
			t.Errorf("%s at the gate: %+v", name, gate)
		}
		for _, path := range append(live, "/state", "/members", "/playlist", "/chat") {
			who.get(l.path+path).problem(403, "member_pending")
		}
		who.post(l.path+"/chat", map[string]string{"text": "hi"}).problem(403, "member_pending")
		who.post(l.path+"/guests", map[string]string{"name": "Somebody else"}).problem(403, "member_pending")
		l.about(who, m.ID, "approve", fields()).problem(403, "member_pending")
	}
	bob.post(l.path+"/join", struct{}{}).ok(200, &m)
	if m.Status != "pending" {
		t.Errorf("asking twice let them in: %+v", m)
	}
	l.letIn(h, bob, m.ID, guest)
}

// letIn: switching approval off lets nobody in who waits; somebody has to.
func (l *lobby) letIn(h *house, bob *client, bobID string, guest *client) {
	h.t.Helper()
	l.patch(l.ada, fields("settings", fields("approval", false))).ok(200, nil)
	bob.get(l.path+"/state").problem(403, "member_pending")
	cat := h.register("cat")
	l.join(cat)
	l.about(cat, bobID, "approve", fields()).problem(403, "permission_missing")
	var few, all struct{ Members []memberNow }
	cat.get(l.path+"/members").ok(200, &few)
	l.ada.get(l.path+"/members").ok(200, &all)
	if len(few.Members) != 2 || len(all.Members) != 4 {
		h.t.Errorf("who waits is for those who may let in: %+v, %+v", few, all)
	}
	l.about(l.ada, bobID, "approve", fields()).ok(200, nil)
	bob.get(l.path+"/state").ok(200, nil)
	for _, x := range all.Members {
		if x.Status == "pending" && x.ID != bobID {
			l.about(l.ada, x.ID, "decline", fields()).ok(204, nil)
			l.about(l.ada, x.ID, "approve", fields()).problem(404, "member_not_found")
		}
	}
	guest.get(l.path+"/state").problem(401, "session_expired")
}

// Each way past a room's password, named; TestAPasswordGuardsARoom has the plain ones.
func TestAPasswordCannotBeWalkedAround(t *testing.T) {
	h := startHouse(t, nil)
	l := h.lobby()
	bob, cat := h.register("bob"), h.register("cat")
	l.join(bob)
	inside := bob.socket(l.id)
	inside.next("snapshot")
	l.ada.do("PUT", l.path+"/password", map[string]string{"password": "sesame-1"}).ok(200, nil)
	if r := inside.next("room")["room"].(map[string]any); r["has_password"] != true || strings.Contains(sprint(r), "argon2") {
		t.Errorf("told %v", r)
	}
	bob.post(l.path+"/chat", map[string]string{"text": "still in"}).ok(201, nil) // whoever is in stays in
	for password, code := range map[string]string{"": "room_password_required", "wrong": "room_password_wrong"} {
		cat.post(l.path+"/join", map[string]string{"password": password}).problem(403, code)
		for _, who := range []*client{cat, h.anonymous()} {
			who.post(l.path+"/guests", map[string]string{"name": "cat", "password": password}).problem(403, code)
		}
	}
	for _, path := range append(l.liveURLs(), "/state", "/playlist", "/chat") {
		cat.get(l.path+path).problem(403, "not_a_member")
		h.anonymous().get(l.path+path).problem(401, "not_signed_in")
	}
	for _, who := range []*client{cat, h.anonymous()} {
		if code := who.socket(l.id).ended(); code < 4500 {
			t.Errorf("a socket from outside: %d", code)
		}
	}
	cat.post(l.path+"/join", map[string]string{"password": "sesame-1"}).ok(200, nil)
	l.ada.do("PUT", l.path+"/password", map[string]string{"password": ""}).ok(200, nil)
	l.join(h.register("dan"))
	bob.do("PUT", l.path+"/password", map[string]string{"password": "mine"}).problem(403, "permission_missing")
}
