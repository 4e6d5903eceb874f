package main

import (
	"fmt"
	"testing"
)

// What the room's record says about waiting.
type waitState struct {
	Epoch  int64   `json:"epoch"`
	AtMS   float64 `json:"at_ms"`
	WaitMS float64 `json:"wait_ms"`
	Waits  []struct {
		Name    string `json:"name"`
		Reason  string `json:"reason"`
		Excused bool   `json:"excused"`
	} `json:"waits"`
}

func TestARoomWaitsAsItsPolicySays(t *testing.T) {
	h := startHouse(t, nil)
	ada := h.register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	room := "/api/rooms/" + id
	item := ada.addURL(id, "https://example.org/a.mp4")
	guest := h.guest(id, "Kim")
	a, g := ada.socket(id), guest.socket(id)
	a.next("snapshot")
	g.next("snapshot")
	var p waitState
	ada.post(room+"/playback/item", map[string]string{"item_id": item}).ok(200, &p)
	say := func(reason string) {
		g.write(fmt.Sprintf(`{"id":9,"rpc":{"method":"word","data":{"epoch":%d,"reason":%q,"drift_ms":12.5,"rtt_ms":30}}}`, p.Epoch, reason))
	}
	waits := func(e map[string]any) bool { return e["playback"].(map[string]any)["wait_ms"].(float64) > 0 }
	goes := func(e map[string]any) bool { return !waits(e) }

	// Nobody waits unless the room says so; all hear how the player is.
	say("buffering")
	word := a.next("sync")["sync"].(map[string]any)
	if word["reason"] != "buffering" || word["drift_ms"] != 12.5 || word["id"] == "" {
		t.Errorf("told %v", word)
	}
	say("")
	a.next("sync")
	ada.get(room+"/state").ok(200, nil)

	settings := map[string]any{"settings": map[string]any{"wait": map[string]any{"mode": "up_to", "up_to": 2}}}
	ada.do("PATCH", room, settings).ok(200, nil)
	say("buffering")
	held := a.find("playback", waits)["playback"].(map[string]any)
	if held["at_ms"] != held["wait_ms"] || held["status"] != "playing" {
		t.Errorf("the film does not stand: %v", held)
	}
	say("")
	start := a.find("playback", goes)["playback"].(map[string]any)
	if start["at_ms"].(float64) >= held["at_ms"].(float64) || start["waits"] != nil {
		t.Errorf("no common start: %v", start)
	}

	// The host goes on without; a guest may not.
	say("tap")
	a.find("playback", waits)
	guest.post(room+"/playback/go-on", nil).problem(403, "permission_missing")
	ada.post(room+"/playback/go-on", nil).ok(200, &p)
	if p.WaitMS != 0 || len(p.Waits) != 1 || !p.Waits[0].Excused || p.Waits[0].Name != "Kim" {
		t.Errorf("after going on: %+v", p)
	}

	// Who leaves is not waited for.
	say("")
	say("joining")
	a.find("playback", waits)
	_ = g.conn.CloseNow()
	a.find("playback", goes)
}

func TestAPlayersWordIsChecked(t *testing.T) {
	h := startHouse(t, map[string]string{"SYNCTV_METRICS_ADDR": "127.0.0.1:0"})
	ada := h.register("ada")
	s := ada.socket(ada.createRoom(map[string]string{"name": "x"}))
	s.next("snapshot")
	for _, bad := range []string{`{"reason":"bored"}`, `{"drift_ms":1e300}`, `7`} {
		s.write(`{"id":3,"rpc":{"method":"word","data":` + bad + `}}`)
	}
	// Whose film stands, or is live, says nothing of a drift, and is not counted.
	s.write(`{"id":4,"rpc":{"method":"word","data":{"reason":"","rtt_ms":1}}}`)
	if word := s.next("sync")["sync"].(map[string]any); word["drift_ms"] != nil {
		t.Errorf("heard %v", word)
	}
	s.write(`{"id":5,"rpc":{"method":"word","data":{"reason":"","drift_ms":-3,"rtt_ms":1}}}`)
	if word := s.next("sync")["sync"].(map[string]any); word["drift_ms"] != -3.0 {
		t.Errorf("heard %v", word)
	}
	if n := h.scrape()["synctv_drift_seconds"].GetMetric()[0].GetHistogram().GetSampleCount(); n != 1 {
		t.Errorf("%d drifts counted", n)
	}
}
