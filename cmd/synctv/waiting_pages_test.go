//go:build unix

package main

import (
	"fmt"
	"testing"
	"time"
)

func TestSomebodyWithTwoPages(t *testing.T) {
	t.Run("one replica", func(t *testing.T) {
		h := startHouse(t, nil)
		testTwoPages(t, h, h)
	})
	t.Run("two replicas", func(t *testing.T) {
		h, _ := replicas(t, 2)
		testTwoPages(t, h[0], h[1])
	})
}

// player is one page of somebody, and what it says of itself.
type player struct {
	*socket
	epoch int64
}

func (p player) say(reason string, startMS int) {
	p.write(fmt.Sprintf(`{"id":9,"rpc":{"method":"word","data":{"epoch":%d,"reason":%q,"start_ms":%d}}}`, p.epoch, reason, startMS))
}

// heard waits until the room was told of a word.
func (p player) heard(reason string) {
	p.t.Helper()
	p.find("sync", func(e map[string]any) bool { return e["sync"].(map[string]any)["reason"] == reason })
}

// Whoever can watch on one page is not waited for because of the other.
func testTwoPages(t *testing.T, h, other *house) {
	t.Helper()
	ada := h.register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	room := "/api/rooms/" + id
	item := ada.addURL(id, "https://example.org/a.mp4")
	always := map[string]any{"settings": map[string]any{"wait": map[string]any{"mode": "always", "up_to": 2}}}
	ada.do("PATCH", room, always).ok(200, nil)
	kim := h.guest(id, "Kim")
	var p waitState
	ada.post(room+"/playback/item", map[string]string{"item_id": item}).ok(200, &p)
	open := func(c *client) player {
		s := player{c.socket(id), p.Epoch}
		s.next("snapshot")
		return s
	}
	laptop, phone := open(kim), open(kim.on(other))
	record := func() (now waitState) {
		var state struct{ Playback waitState }
		ada.get(room+"/state").ok(200, &state)
		return state.Playback
	}

	// Again and again, as pages speak: the room never waits.
	for range 2 {
		laptop.say("", 90)
		phone.heard("")
		phone.say("buffering", 0)
		phone.say("", 90) // heard after the word before it
		phone.heard("")
	}
	if now := record(); now.WaitMS != 0 || len(now.Waits) != 0 {
		t.Errorf("waits for who is ready elsewhere: %+v", now)
	}
	for _, e := range phone.passed {
		if e["type"] == "playback" || e["type"] == "sync" && e["sync"].(map[string]any)["reason"] != "" {
			t.Errorf("told %v", e)
		}
	}

	// Not ready anywhere: the room waits, and starts when one of them is, so much
	// later that the slowest ready player can.
	phone.say("buffering", 0)
	laptop.say("tap", 0)
	held := laptop.find("playback", func(e map[string]any) bool { return e["playback"].(map[string]any)["wait_ms"].(float64) > 0 })
	before := time.Now().UnixMilli()
	laptop.say("", 900)
	start := laptop.find("playback", func(e map[string]any) bool { return e["playback"].(map[string]any)["wait_ms"].(float64) == 0 })
	at, deadline := start["playback"].(map[string]any)["at_ms"].(float64), held["playback"].(map[string]any)["wait_ms"].(float64)
	if lead := at - float64(before); lead < 900 || at >= deadline {
		t.Errorf("starts %v ms after the last one was ready, deadline %v", lead, deadline-float64(before))
	}

	// The page that was ready is gone: the other one's word counts.
	_ = laptop.conn.CloseNow()
	laptop.ended()
	again := time.Time{}
	h.await("the page that is left to be waited for", func() bool {
		if time.Since(again) > time.Second { // players say it again
			phone.say("buffering", 0)
			again = time.Now()
		}
		return record().WaitMS != 0
	})
}
