package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

type talkMessage struct {
	ID, Text, Kind, Code string
	Seq, Version         int64
	Author               struct{ ID, Name string }
	Params               map[string]string
	Mentions             []string
	EditedMS             int64 `json:"edited_ms"`
	DeletedMS            int64 `json:"deleted_ms"`
	ReplyTo              *struct {
		ID, Text string
		Author   struct{ Name string }
	} `json:"reply_to"`
	Reactions []struct {
		Emoji  string
		People []string
	}
}

func (c *client) say(room, text string) talkMessage {
	c.h.t.Helper()
	var m talkMessage
	c.post(room+"/chat", map[string]string{"text": text}).ok(201, &m)
	return m
}

func (c *client) id() string {
	c.h.t.Helper()
	var me struct{ User struct{ ID string } }
	c.get("/api/me").ok(200, &me)
	return me.User.ID
}

func TestAnswersMentionsAndChanges(t *testing.T) {
	h := startHouse(t, nil)
	ada, bob := h.register("ada"), h.register("bob")
	id := ada.createRoom(map[string]string{"name": "x"})
	room := "/api/rooms/" + id
	bob.post(room+"/join", struct{}{}).ok(200, nil)
	kim := h.guest(id, "Kim")
	page := kim.socket(id)
	page.next("snapshot")
	asked := ada.say(room, "which film?")
	var answered talkMessage
	bob.post(room+"/chat", map[string]string{"text": "@ADA the second, @kim", "reply_to": asked.ID}).ok(201, &answered)
	if answered.ReplyTo == nil || answered.ReplyTo.ID != asked.ID || answered.ReplyTo.Text != "which film?" || answered.ReplyTo.Author.Name != "ada" {
		t.Errorf("answer %+v", answered)
	}
	if len(answered.Mentions) != 2 || answered.Mentions[0] != ada.id() {
		t.Errorf("mentions %v", answered.Mentions)
	}
	bob.post(room+"/chat", map[string]string{"text": "hm", "reply_to": "nothing"}).problem(404, "message_not_found")

	changed := func(id string) map[string]any {
		t.Helper()
		return page.find("chat_changed", func(e map[string]any) bool { return e["message"].(map[string]any)["id"] == id })["message"].(map[string]any)
	}
	at := func(m talkMessage) string { return room + "/chat/" + m.ID }
	edit := func(c *client, m talkMessage, text string) answer {
		return c.do("PATCH", at(m), map[string]string{"text": text})
	}
	edit(ada, answered, "mine now").problem(403, "permission_missing")
	edit(bob, answered, " ").problem(400, "message_empty")
	var now talkMessage
	edit(bob, answered, "the third").ok(200, &now)
	if now.Text != "the third" || now.Version != 2 || now.EditedMS == 0 || len(now.Mentions) != 0 || now.ReplyTo == nil {
		t.Errorf("edited %+v", now)
	}
	if m := changed(answered.ID); m["text"] != "the third" || m["version"] != 2.0 {
		t.Errorf("event %v", m)
	}

	react := func(c *client, emoji string, on bool) answer {
		return c.post(at(answered)+"/reactions", map[string]any{"emoji": emoji, "on": on})
	}
	react(kim, "nice", true).problem(400, "validation")
	react(kim, "👍", true).ok(200, &now)
	react(ada, "👍", true).ok(200, &now)
	react(ada, "👍", true).ok(200, &now) // twice is once
	if len(now.Reactions) != 1 || len(now.Reactions[0].People) != 2 || now.Version != 4 {
		t.Errorf("reactions %+v", now)
	}
	react(ada, "👍", false).ok(200, &now)
	if len(now.Reactions[0].People) != 1 {
		t.Errorf("taken back: %+v", now)
	}

	kim.delete(at(answered)).problem(403, "permission_missing")
	bob.delete(at(asked)).problem(403, "permission_missing")
	now = talkMessage{}
	bob.delete(at(answered)).ok(200, &now)
	if now.Text != "" || now.DeletedMS == 0 || now.Reactions != nil || now.ReplyTo != nil {
		t.Errorf("deleted %+v", now)
	}
	edit(bob, answered, "back").problem(409, "message_deleted")
	react(kim, "👍", true).problem(409, "message_deleted")
	line := kim.say(room, "something rude")
	ada.delete(at(line)).ok(200, &now) // the creator may
	if m := changed(line.ID); m["text"] != "" || m["deleted_by"] != ada.id() {
		t.Errorf("event %v", m)
	}
	var history struct{ Messages []talkMessage }
	kim.get(room+"/chat").ok(200, &history)
	if raw := fmt.Sprint(history); strings.Contains(raw, "rude") || strings.Contains(raw, "third") {
		t.Errorf("deleted words are still there: %s", raw)
	}
	h.register("eve").delete(at(asked)).problem(403, "not_a_member")
}

func TestTheRoomTellsWhatHappened(t *testing.T) {
	h := startHouse(t, nil)
	ada, bob := h.register("ada"), h.register("bob")
	id := ada.createRoom(map[string]string{"name": "x"})
	room := "/api/rooms/" + id
	page := ada.socket(id)
	page.next("snapshot")
	line := func(code string) talkMessage {
		t.Helper()
		var m talkMessage
		e := page.find("chat", func(e map[string]any) bool { return e["message"].(map[string]any)["code"] == code })
		raw, err := json.Marshal(e["message"])
		if err != nil || json.Unmarshal(raw, &m) != nil {
			t.Fatalf("message %v", e)
		}
		return m
	}
	bob.post(room+"/join", struct{}{}).ok(200, nil)
	bob.post(room+"/join", struct{}{}).ok(200, nil) // he is in already
	if m := line("member_joined"); m.Kind != "system" || m.Author.Name != "bob" || m.Text != "" {
		t.Errorf("came: %+v", m)
	}
	item := ada.addURL(id, "https://example.org/<b>film.mp4")
	ada.post(room+"/playback/item", map[string]string{"item_id": item}).ok(200, nil)
	if m := line("item_started"); m.Author.Name != "ada" || m.Params["title"] != "<b>film" {
		t.Errorf("started: %+v", m)
	}
	ada.do("PUT", room+"/members/"+bob.id()+"/mute", fields("seconds", 60, "reason", "private")).ok(200, nil)
	if m := line("member_muted"); m.Author.Name != "ada" || m.Params["target"] != "bob" || strings.Contains(sprint(m), "private") {
		t.Errorf("muted: %+v", m)
	}
	ada.do("PUT", room+"/members/"+bob.id()+"/mute", fields("seconds", 0)).ok(200, nil)
	line("member_unmuted")
	ada.do("PATCH", room, fields("name", "y")).ok(200, nil)
	if m := line("room_settings"); m.Author.Name != "ada" {
		t.Errorf("settings: %+v", m)
	}
	cat, dan := h.register("cat"), h.register("dan")
	for _, c := range []*client{cat, dan} {
		c.post(room+"/join", struct{}{}).ok(200, nil)
	}
	ada.post(room+"/members/"+cat.id()+"/kick", struct{}{}).ok(204, nil)
	ada.post(room+"/members/"+dan.id()+"/ban", struct{}{}).ok(200, nil)
	if k, b := line("member_kicked"), line("member_banned"); k.Params["target"] != "cat" || b.Params["target"] != "dan" {
		t.Errorf("kicked %+v, banned %+v", k, b)
	}
	bob.post(room+"/leave", nil).ok(204, nil)
	if m := line("member_left"); m.Author.Name != "bob" {
		t.Errorf("left: %+v", m)
	}
	ada.post(room+"/chat", map[string]string{"text": "?", "reply_to": line1(t, ada, room).ID}).problem(409, "message_deleted")
}

func line1(t *testing.T, c *client, room string) talkMessage {
	t.Helper()
	var history struct{ Messages []talkMessage }
	c.get(room+"/chat").ok(200, &history)
	return history.Messages[0]
}

func TestDanmaku(t *testing.T) {
	h := startHouse(t, nil)
	ada := h.register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	room := "/api/rooms/" + id
	item := ada.addURL(id, "https://example.org/a.mp4")
	kim := h.guest(id, "Kim")
	page := ada.socket(id)
	page.next("snapshot")
	comment := func(c *client, text string, at float64) answer {
		return c.post(room+"/danmaku", map[string]any{"text": text, "item_id": item, "position_s": at, "color": "#FF8800", "mode": "top", "size": "large"})
	}
	var one struct{ ID, Text, Mode, Color, Size string }
	comment(kim, " 哈哈哈 <b>x</b> ", 12.5).ok(201, &one)
	if one.Text != "哈哈哈 <b>x</b>" || one.Mode != "top" || one.Color != "#FF8800" || one.Size != "large" {
		t.Errorf("%+v", one)
	}
	if d := page.next("danmaku")["danmaku"].(map[string]any); d["id"] != one.ID || d["position_s"] != 12.5 {
		t.Errorf("event %v", d)
	}
	comment(kim, strings.Repeat("好", 101), 1).problem(400, "validation")
	comment(kim, " ", 1).problem(400, "validation")
	comment(kim, "x", -1).problem(400, "validation")
	kim.post(room+"/danmaku", map[string]any{"text": "x", "item_id": "nothing", "position_s": 1}).problem(404, "item_not_found")
	comment(ada, "later", 99).ok(201, nil)
	var w struct {
		Danmaku []struct{ Text string }
		UntilS  float64 `json:"until_s"`
	}
	window := fmt.Sprintf("%s/danmaku?item=%s&from_s=%%v&to_s=%%v", room, item)
	kim.get(fmt.Sprintf(window, 0, 60)).ok(200, &w)
	if len(w.Danmaku) != 1 || w.Danmaku[0].Text != one.Text || w.UntilS != 60 {
		t.Errorf("window %+v", w)
	}
	kim.get(fmt.Sprintf(window, 60, 0)).problem(400, "validation")
	kim.get(fmt.Sprintf(window, 0, 1000)).problem(400, "validation")
	refused := 0
	for range 12 {
		if comment(ada, "flood", 1).status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused < 6 {
		t.Errorf("only %d of twelve at once were refused", refused)
	}
	h.guest(id, "Eve").delete(room+"/danmaku/"+one.ID).problem(404, "danmaku_not_found") // not hers
	ada.delete(room+"/danmaku/"+one.ID).ok(204, nil)
	if e := page.next("danmaku_gone"); e["id"] != one.ID {
		t.Errorf("event %v", e)
	}
}

func TestExportOfTheTalk(t *testing.T) {
	h := startHouse(t, nil)
	ada := h.register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	room := "/api/rooms/" + id
	kim := h.guest(id, "Kim")
	kim.say(room, "first\n2026-01-01 00:00:00Z  ada: I said this") // a line that looks like another's
	ada.say(room, "second")
	kim.get(room+"/chat/export").problem(403, "permission_missing")
	var all []talkMessage
	a := ada.get(room + "/chat/export?format=json")
	a.ok(200, &all)
	if len(all) != 3 || all[0].Code != "member_joined" || all[2].Text != "second" {
		t.Errorf("json: %+v", all)
	}
	if d := a.header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") {
		t.Errorf("disposition %q", d)
	}
	txt := ada.get(room + "/chat/export?format=txt")
	lines := strings.Split(strings.TrimSuffix(string(txt.body), "\n"), "\n")
	if len(lines) != 4 || !strings.HasSuffix(lines[1], "Z  Kim: first") || !strings.HasPrefix(lines[2], "    ") || !strings.HasSuffix(lines[3], "ada: second") {
		t.Errorf("txt: %q", lines)
	}
	ada.get(room+"/chat/export?format=html").problem(400, "validation")
}

func TestSlowModeAndMuteHoldTheTalk(t *testing.T) {
	h := startHouse(t, nil)
	ada := h.register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	room := "/api/rooms/" + id
	kim := h.guest(id, "Kim")
	var state struct {
		Room struct {
			Version  int64
			Settings map[string]any
		}
		Me struct{ ID string }
	}
	kim.get(room+"/state").ok(200, &state)
	kimID := state.Me.ID
	state.Room.Settings["slow_mode_s"] = 600
	ada.do("PATCH", room, map[string]any{"version": state.Room.Version, "settings": state.Room.Settings}).ok(200, nil)
	first := kim.say(room, "one")
	p := kim.post(room+"/chat", map[string]string{"text": "two"}).problem(429, "slow_mode")
	if wait, ok := p["retry_after_s"].(float64); !ok || wait < 590 || wait > 600 {
		t.Errorf("wait %v", p["retry_after_s"])
	}
	kim.do("PATCH", room+"/chat/"+first.ID, map[string]string{"text": "one, mended"}).ok(200, nil) // not a new message
	ada.say(room, "I keep order")
	ada.say(room, "and do not wait")

	ada.do("PUT", room+"/members/"+kimID+"/mute", map[string]any{"seconds": 600}).ok(200, nil)
	item := ada.addURL(id, "https://example.org/a.mp4")
	for _, a := range []answer{
		kim.post(room+"/chat", map[string]string{"text": "three"}),
		kim.do("PATCH", room+"/chat/"+first.ID, map[string]string{"text": "hm"}),
		kim.post(room+"/chat/"+first.ID+"/reactions", map[string]any{"emoji": "👍", "on": true}),
		kim.post(room+"/danmaku", map[string]any{"text": "x", "item_id": item, "position_s": 1}),
	} {
		if a.status != 403 || a.problem(403, "muted")["retry_after_s"] == nil {
			t.Errorf("a muted person: %d %s", a.status, a.body)
		}
	}
	kim.delete(room+"/chat/"+first.ID).ok(200, nil) // taking back is always allowed
}
