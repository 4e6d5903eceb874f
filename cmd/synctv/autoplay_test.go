package main

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"synctv/internal/store/storetest"
)

// playbackState is a playback as a program reads it.
type playbackState struct {
	Item           string `json:"item_id"`
	Status         string
	PositionS      float64 `json:"position_s"`
	Epoch, Version int64
	Next           string  `json:"next_item_id"`
	NextMS         int64   `json:"next_ms"`
	DurationS      float64 `json:"duration_s"`
	AtMS           int64   `json:"at_ms"`
}

func (p playlistOf) play(verb string, body any) (s playbackState) {
	p.h.t.Helper()
	p.post(p.base+"/playback/"+verb, body).ok(200, &s)
	return s
}

func (p playlistOf) state() playbackState {
	p.h.t.Helper()
	var s struct{ Playback playbackState }
	p.get(p.base+"/state").ok(200, &s)
	return s.Playback
}

func (p playlistOf) autoplay(mode string, delayS int) {
	p.h.t.Helper()
	p.do("PATCH", p.base, map[string]any{"settings": map[string]any{
		"autoplay": map[string]any{"on": mode != "off", "mode": map[bool]string{true: mode, false: "sequential"}[mode != "off"], "delay_s": delayS},
	}}).ok(200, nil)
}

// start plays an item that lasts a moment.
func (p playlistOf) start(item string, lengthS float64) playbackState {
	p.h.t.Helper()
	s := p.play("item", map[string]string{"item_id": item})
	return p.play("length", map[string]any{"item_id": item, "epoch": s.Epoch, "duration_s": lengthS})
}

func (p playlistOf) awaitState(what string, holds func(playbackState) bool) (s playbackState) {
	p.h.t.Helper()
	p.h.await(what, func() bool { s = p.state(); return holds(s) })
	return s
}

func TestAutoplay(t *testing.T) {
	_, id, ada, bob, _ := listRoom(t, nil)
	ids := ada.add(nil, "a", "b")
	ada.autoplay("sequential", 1)
	watch := bob.socket(id)
	watch.next("snapshot")
	s := ada.start(ids[0], 0.4)
	if s.DurationS != 0.4 || s.Item != ids[0] {
		t.Fatalf("the length was not taken: %+v", s)
	}
	waits := watch.find("playback", func(e map[string]any) bool {
		p, ok := e["playback"].(map[string]any)
		return ok && p["next_item_id"] == ids[1]
	})["playback"].(map[string]any)
	if waits["status"] != "paused" || waits["position_s"] != 0.4 || waits["next_ms"].(float64)-waits["at_ms"].(float64) != 1000 {
		t.Errorf("countdown: %v", waits)
	}
	s = ada.awaitState("the next film", func(s playbackState) bool { return s.Item == ids[1] })
	if s.Status != "playing" || s.NextMS != 0 || s.AtMS < int64(waits["next_ms"].(float64)) {
		t.Errorf("the next film: %+v after %v", s, waits)
	}
	// The last one: the room stands at its end.
	ada.play("length", map[string]any{"item_id": ids[1], "epoch": s.Epoch, "duration_s": 0.2})
	s = ada.awaitState("the end", func(s playbackState) bool { return s.Status == "paused" })
	if s.Item != ids[1] || s.Next != "" || s.PositionS != 0.2 {
		t.Errorf("the end of the list: %+v", s)
	}
	if l := ada.ok("GET", "", nil, 200); l.Items[0].DurationS != 0.4 {
		t.Errorf("the list does not know the length: %+v", l.Items)
	}
}

func TestTheCountdownCanBeStopped(t *testing.T) {
	_, _, ada, bob, _ := listRoom(t, nil)
	ids := ada.add(nil, "a", "b", "c")
	ada.autoplay("sequential", 60)
	ada.start(ids[0], 0.1)
	ada.awaitState("the countdown", func(s playbackState) bool { return s.Next == ids[1] })
	bob.post(bob.base+"/playback/cancel-next", nil).problem(403, "permission_missing")
	if s := ada.play("cancel-next", nil); s.Next != "" || s.NextMS != 0 || s.Item != ids[0] {
		t.Errorf("stopped: %+v", s)
	}
	if s := ada.play("play", struct{}{}); s.PositionS != 0 || s.Status != "playing" {
		t.Errorf("a film that ended plays from its start: %+v", s)
	}
	ada.awaitState("the countdown again", func(s playbackState) bool { return s.Next == ids[1] })
	ada.send("DELETE", "/items/"+ids[1], nil).ok(200, nil)
	if s := ada.play("next", struct{}{}); s.Item != ids[2] {
		t.Errorf("what waited was deleted, next is %+v", s)
	}
}

func TestAutoplayModes(t *testing.T) {
	_, _, ada, _, _ := listRoom(t, nil)
	ids := ada.add(nil, "a", "b")
	ada.autoplay("repeat_one", 60)
	first := ada.start(ids[0], 0.1)
	ada.awaitState("it to begin again", func(s playbackState) bool { return s.Item == ids[0] && s.Epoch > first.Epoch })
	ada.autoplay("off", 1)
	ada.awaitState("it to stand at the end", func(s playbackState) bool { return s.Status == "paused" && s.Next == "" })
	ada.autoplay("repeat_all", 0)
	ada.start(ids[1], 0.1)
	s := ada.awaitState("the first one again", func(s playbackState) bool { return s.Item == ids[0] })
	if s.Epoch <= first.Epoch {
		t.Errorf("%+v", s)
	}
}

// Nobody with the right to control is here: more than half must have seen the end.
func TestPlayersAgreeOnTheEnd(t *testing.T) {
	_, id, ada, bob, kim := listRoom(t, nil)
	ids := ada.add(nil, "a", "b")
	ada.autoplay("sequential", 60)
	for _, p := range []playlistOf{bob, kim, ada} {
		p.socket(id).next("snapshot")
	}
	s := ada.play("item", map[string]string{"item_id": ids[0]})
	ended := func(p playlistOf, epoch int64, extra map[string]any) playbackState {
		body := map[string]any{"item_id": ids[0], "epoch": epoch}
		for k, v := range extra {
			body[k] = v
		}
		return p.play("ended", body)
	}
	ended(bob, s.Epoch-1, nil)
	ended(bob, s.Epoch, nil)
	if got := ended(bob, s.Epoch, nil); got.Next != "" || got.Version != s.Version {
		t.Errorf("one of three ended it: %+v", got)
	}
	if got := ended(kim, s.Epoch, map[string]any{"duration_s": 500}); got.Next != ids[1] || got.Status != "paused" {
		t.Errorf("two of three did not end it: %+v", got)
	}
	bob.post(bob.base+"/playback/ended", map[string]any{"item_id": ids[0], "epoch": s.Epoch, "duration_s": -1}).problem(400, "validation")
	// Two agree on a length: it holds, and the list knows it.
	s = ada.play("item", map[string]string{"item_id": ids[1]})
	said := func(p playlistOf, length float64) playbackState {
		return p.play("length", map[string]any{"item_id": ids[1], "epoch": s.Epoch, "duration_s": length})
	}
	if got := said(bob, 600); got.DurationS != 0 {
		t.Errorf("one member's word was taken: %+v", got)
	}
	if got := said(kim, 600.2); got.DurationS != 600.2 {
		t.Errorf("two that agree were not: %+v", got)
	}
	// Players that cannot show it: it is marked, skipped, and tried again when chosen.
	broken := func() string { return ada.ok("GET", "", nil, 200).Items[1].Broken }
	failed := map[string]any{"item_id": ids[1], "epoch": s.Epoch, "failed": "decode"}
	ada.play("ended", failed)
	if broken() != "" {
		t.Error("one player's failure was everybody's")
	}
	if got := kim.play("ended", failed); broken() != "decode" || got.Status != "paused" || got.Next != "" {
		t.Errorf("broken: %q, %+v", broken(), got)
	}
	ada.play("item", map[string]string{"item_id": ids[1]})
	if broken() != "" {
		t.Error("somebody chose it, yet it counts as broken")
	}
}

func TestTwoReplicasAdvanceOnce(t *testing.T) {
	for name, url := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "both.db") },
		"postgres": func(t *testing.T) string { return storetest.StartPostgres(t).NewDatabase(t) },
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{"SYNCTV_DATABASE_URL": url(t)}
			h := startHouse(t, env)
			startHouse(t, env)
			ada := h.register("ada")
			var rooms []playlistOf
			for i := range 12 {
				p := playlistOf{ada, "/api/rooms/" + ada.createRoom(map[string]string{"name": fmt.Sprint(i)})}
				p.autoplay("sequential", 1)
				rooms = append(rooms, p)
			}
			var wg sync.WaitGroup
			for _, p := range rooms {
				wg.Go(func() {
					ids := p.add(nil, "a", "b", "c")
					from := p.start(ids[0], 0.2)
					s := p.awaitState("the second film", func(s playbackState) bool { return s.Item != ids[0] })
					if s.Item != ids[1] || s.Version != from.Version+2 {
						t.Errorf("at %+v, from %+v: want one step to the countdown and one to the film", s, from)
					}
				})
			}
			wg.Wait()
		})
	}
}
