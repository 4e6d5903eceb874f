package screen

import (
	"encoding/json"
	"math"
	"os"
	"reflect"
	"slices"
	"testing"

	"synctv/internal/ident"

	"pgregory.net/rapid"
)

// vectors are shared with the page's rules (web/src/sync).
type vectors struct {
	Position []struct {
		Name     string   `json:"name"`
		Playback Playback `json:"playback"`
		NowMS    float64  `json:"now_ms"`
		WantS    float64  `json:"want_s"`
	} `json:"position"`
	Rate []struct {
		Name      string   `json:"name"`
		Playback  Playback `json:"playback"`
		ChangedMS int64    `json:"changed_ms"`
		Rate      float64  `json:"rate"`
		NowMS     int64    `json:"now_ms"`
		WantS     float64  `json:"want_s"`
	} `json:"rate"`
	WaitedFor []struct {
		Name     string   `json:"name"`
		Playback Playback `json:"playback"`
		NowMS    int64    `json:"now_ms"`
		Want     []string `json:"want"`
	} `json:"waited_for"`
	Newer []struct {
		Name string   `json:"name"`
		A    Playback `json:"a"`
		B    Playback `json:"b"`
		Want bool     `json:"want"`
	} `json:"newer"`
}

func TestVectors(t *testing.T) {
	raw, err := os.ReadFile("testdata/playback.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Position) < 29 || len(v.Newer) < 8 || len(v.Rate) < 3 || len(v.WaitedFor) < 5 {
		t.Fatalf("too few vectors: %d, %d, %d and %d", len(v.Position), len(v.Newer), len(v.Rate), len(v.WaitedFor))
	}
	for _, c := range v.Position {
		// The server counts whole milliseconds, pages fractions of them.
		if got := c.Playback.PositionAt(int64(math.Round(c.NowMS))); math.Abs(got-c.WantS) > 0.002 {
			t.Errorf("%s: got %v, want %v", c.Name, got, c.WantS)
		}
	}
	for _, c := range v.Rate {
		next, _ := c.Playback.Apply(Command{Action: ActRate, Rate: c.Rate}, c.ChangedMS, ident.By{})
		if got := next.PositionAt(c.NowMS); math.Abs(got-c.WantS) > 0.000001 {
			t.Errorf("%s: got %v, want %v", c.Name, got, c.WantS)
		}
	}
	for _, c := range v.WaitedFor {
		got := []string{}
		for _, w := range c.Playback.Waits {
			if c.Playback.waiting(c.NowMS) && !w.Excused {
				got = append(got, w.ID)
			}
		}
		if !slices.Equal(got, c.Want) {
			t.Errorf("%s: got %v, want %v", c.Name, got, c.Want)
		}
	}
	for _, c := range v.Newer {
		if got := c.A.Newer(c.B); got != c.Want {
			t.Errorf("%s: got %v", c.Name, got)
		}
	}
}

func at(s float64) *float64 { return &s }

func TestApply(t *testing.T) {
	const now = 1_000_000
	playing := Playback{ItemID: "i", Status: Playing, PositionS: 10, Rate: 2, AtMS: now - 3000, Epoch: 5, Version: 7}
	paused := Playback{ItemID: "i", Status: Paused, PositionS: 10, Rate: 1, AtMS: now - 3000, Epoch: 5, Version: 7}
	empty := Playback{Status: Paused, Rate: 1, AtMS: now - 3000, Epoch: 5, Version: 7}
	for _, c := range []struct {
		name    string
		p       Playback
		c       Command
		status  PlayStatus
		posS    float64
		atMS    int64
		changed bool
	}{
		{"play", paused, Command{Action: ActPlay}, Playing, 10, now, true},
		{"play from the presser's instant", paused, Command{Action: ActPlay, AtMS: now - 400}, Playing, 10, now - 400, true},
		{"play from when the presser's picture moves", paused, Command{Action: ActPlay, AtMS: now + 500}, Playing, 10, now + 500, true},
		{"a start too far ahead is ours", paused, Command{Action: ActPlay, AtMS: now + 501}, Playing, 10, now, true},
		{"a stamp in the future is ours", playing, Command{Action: ActPause, AtMS: now + 5}, Paused, 16, now, true},
		{"an old stamp is ours", paused, Command{Action: ActPlay, AtMS: now - 1001}, Playing, 10, now, true},
		{"play again", playing, Command{Action: ActPlay}, Playing, 10, now - 3000, false},
		{"play nothing", empty, Command{Action: ActPlay}, Paused, 0, now - 3000, false},
		{"pause", playing, Command{Action: ActPause}, Paused, 16, now, true},
		{"pause where it was seen", playing, Command{Action: ActPause, PositionS: at(14.5)}, Paused, 14.5, now, true},
		{"pause seen too far off", playing, Command{Action: ActPause, PositionS: at(13.9)}, Paused, 16, now, true},
		{"pause again", paused, Command{Action: ActPause, PositionS: at(3)}, Paused, 10, now - 3000, false},
		{"seek keeps playing", playing, Command{Action: ActSeek, PositionS: at(99)}, Playing, 99, now, true},
		{"seek keeps paused", paused, Command{Action: ActSeek, PositionS: at(0)}, Paused, 0, now, true},
		{"seek nothing", empty, Command{Action: ActSeek, PositionS: at(5)}, Paused, 0, now - 3000, false},
		{"rate rebases", playing, Command{Action: ActRate, Rate: 1}, Playing, 16, now, true},
		{"same rate", playing, Command{Action: ActRate, Rate: 2}, Playing, 10, now - 3000, false},
		{"item", playing, Command{Action: ActItem, ItemID: "j"}, Playing, 0, now, true},
		{"no item", playing, Command{Action: ActItem}, Paused, 0, now, true},
	} {
		got, changed := c.p.Apply(c.c, now, ident.By{ID: "me"})
		if changed != c.changed || got.Status != c.status || got.PositionS != c.posS || got.AtMS != c.atMS {
			t.Errorf("%s: got %+v, %v", c.name, got, changed)
		}
		if changed && (got.Version != c.p.Version+1 || got.By.ID != "me" || !got.Newer(c.p)) {
			t.Errorf("%s: version or author: %+v", c.name, got)
		}
		if c.c.Action == ActItem && got.Epoch <= c.p.Epoch {
			t.Errorf("%s: the epoch did not grow", c.name)
		}
	}
}

func TestAStampCannotRewriteThePast(t *testing.T) {
	p := Playback{ItemID: "i", Status: Playing, PositionS: 50, Rate: 1, AtMS: 1_000_000, Epoch: 1, Version: 1}
	got, _ := p.Apply(Command{Action: ActPause, AtMS: 999_500}, 1_000_100, ident.By{})
	if got.PositionS != 50 || got.AtMS != 1_000_000 {
		t.Errorf("got %+v", got)
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name string
		c    Command
		ok   bool
	}{
		{"plain", Command{Action: ActPlay}, true},
		{"negative", Command{Action: ActPause, PositionS: at(-1)}, false},
		{"not a number", Command{Action: ActPause, PositionS: at(math.NaN())}, false},
		{"endless", Command{Action: ActSeek, PositionS: at(math.Inf(1))}, false},
		{"seek without", Command{Action: ActSeek}, false},
		{"rate low", Command{Action: ActRate, Rate: 0.2}, false},
		{"rate high", Command{Action: ActRate, Rate: 3.01}, false},
		{"rate NaN", Command{Action: ActRate, Rate: math.NaN()}, false},
		{"rate", Command{Action: ActRate, Rate: 0.25}, true},
	} {
		if err := c.c.Check(); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestStale(t *testing.T) {
	p := Playback{Epoch: 3, Version: 9}
	for _, c := range []struct {
		c    Command
		want bool
	}{{Command{}, false}, {Command{Epoch: 3}, false}, {Command{Epoch: 2}, true}, {Command{Epoch: 3, Version: 8}, true}, {Command{Version: 9}, false}} {
		if c.c.StaleFor(p) != c.want {
			t.Errorf("%+v", c.c)
		}
	}
}

// Any sequence of commands keeps the record sane. Receivers that see its events
// in any order, some twice, some never, and now and then the record itself (the
// repair: the next connection's snapshot, or a look at the store) hold the
// room's record after that, whatever comes late, and never went back.
func TestPlaybackProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := rapid.Int64Range(1, 1<<40).Draw(t, "start")
		p := NewPlayback(now, ident.By{ID: "a"})
		sent := []Playback{p}
		for range rapid.IntRange(1, 40).Draw(t, "n") {
			now += rapid.Int64Range(0, 5000).Draw(t, "dt")
			next, changed := p.Apply(drawCommand(t, now), now, ident.By{ID: "b"})
			if changed != next.Newer(p) {
				t.Fatalf("changed %v, but newer %v: %+v → %+v", changed, next.Newer(p), p, next)
			}
			if next.PositionS < 0 || next.AtMS > now+startAheadMS || next.Epoch < p.Epoch || next.PositionAt(now) < next.PositionS {
				t.Fatalf("broken record %+v at %d", next, now)
			}
			if p = next; changed {
				sent = append(sent, p)
			}
		}
		onTheWay := rapid.SliceOfN(rapid.IntRange(0, len(sent)-1), 0, 3*len(sent)).Draw(t, "order")
		repaired := rapid.IntRange(0, len(onTheWay)).Draw(t, "the repair comes after")
		var mine Playback
		hear := func(e Playback) {
			before := mine
			if e.Newer(mine) {
				mine = e
			}
			if before.Newer(mine) {
				t.Fatalf("went back from %+v to %+v", before, mine)
			}
		}
		for i, which := range onTheWay {
			if i == repaired {
				hear(p)
			}
			hear(sent[which])
		}
		if repaired == len(onTheWay) {
			hear(p)
		}
		if !reflect.DeepEqual(mine, p) {
			t.Fatalf("a receiver holds %+v, the room %+v", mine, p)
		}
	})
}

// drawCommand is one that passes the check.
func drawCommand(t *rapid.T, now int64) Command {
	c := Command{
		Action: rapid.SampledFrom([]Action{ActPlay, ActPause, ActSeek, ActRate, ActItem}).Draw(t, "action"),
		AtMS:   now - rapid.Int64Range(-700, 2000).Draw(t, "stamp"),
		Rate:   rapid.Float64Range(MinRate, MaxRate).Draw(t, "rate"),
		ItemID: rapid.SampledFrom([]string{"", "i", "j"}).Draw(t, "item"),
	}
	if c.Action == ActSeek || rapid.Bool().Draw(t, "with position") {
		c.PositionS = at(rapid.Float64Range(0, 10_000).Draw(t, "position"))
	}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	return c
}
