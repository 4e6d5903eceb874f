package screen

import (
	"slices"
	"testing"

	"synctv/internal/ident"
)

func TestFollowing(t *testing.T) {
	for _, c := range []struct {
		name, list, current string
		rule                Autoplay
		broken              string
		want                string
	}{
		{"the next one", "a b c", "a", Autoplay{On: true, Mode: Sequential}, "", "b"},
		{"not over a broken one", "a b c", "a", Autoplay{On: true, Mode: Sequential}, "b", "c"},
		{"ends", "a b", "b", Autoplay{On: true, Mode: Sequential}, "", ""},
		{"off", "a b", "a", Autoplay{Mode: Sequential}, "", ""},
		{"within the folder", "a/b c", "b", Autoplay{On: true, Mode: Sequential}, "", "c"},
		{"not out of the folder", "a/b c", "c", Autoplay{On: true, Mode: RepeatAll}, "", "b"},
		{"repeat one", "a b", "a", Autoplay{On: true, Mode: RepeatOne}, "", "a"},
		{"a broken one is not repeated", "a b", "a", Autoplay{On: true, Mode: RepeatOne}, "a", "b"},
		{"repeat all", "a b", "b", Autoplay{On: true, Mode: RepeatAll}, "", "a"},
		{"repeat all of one", "a", "a", Autoplay{On: true, Mode: RepeatAll}, "", "a"},
		{"repeat all, all broken", "a", "a", Autoplay{On: true, Mode: RepeatAll}, "a", ""},
		{"nothing current", "a b", "", Autoplay{On: true, Mode: Sequential}, "", ""},
		{"shuffle of one", "a", "a", Autoplay{On: true, Mode: Shuffle}, "", "a"},
		{"shuffle of two", "a b", "a", Autoplay{On: true, Mode: Shuffle}, "", "b"},
		{"shuffle, all broken", "a b", "a", Autoplay{On: true, Mode: Shuffle}, "a b", ""},
	} {
		next, _ := listOf(c.list).Following(c.rule, Playback{ItemID: c.current}, func(it Item) bool {
			return c.broken != it.ID && c.broken != "a b"
		}, 1000)
		if next.ID != c.want {
			t.Errorf("%s: %q, want %q", c.name, next.ID, c.want)
		}
	}
}

// Every round plays everything once, no film twice in a row, and rounds differ.
func TestShuffleRounds(t *testing.T) {
	l := listOf("a b c d e f g h")
	p := NewPlayback(1, ident.By{}).withItem(StartOf(l.Items[0]), 10)
	l.Items[0].Played = p.Round
	orders := map[string]bool{}
	heard := []string{"a"}
	for now := int64(11); len(heard) < 8*6; now++ {
		next, round := l.Following(Autoplay{On: true, Mode: Shuffle}, p, func(Item) bool { return true }, now)
		c := StartOf(next)
		c.Round = round
		p = p.withItem(c, now)
		l.Items[slices.IndexFunc(l.Items, func(it Item) bool { return it.ID == next.ID })].Played = p.Round
		if next.ID == heard[len(heard)-1] {
			t.Fatalf("%s twice in a row", next.ID)
		}
		heard = append(heard, next.ID)
	}
	for round := range slices.Chunk(heard, 8) {
		orders[join(round)] = true
		round = slices.Clone(round)
		slices.Sort(round)
		if join(round) != "abcdefgh" {
			t.Errorf("a round played %s", join(round))
		}
	}
	if len(orders) < 4 {
		t.Errorf("the same order again and again: %v", orders)
	}
}

func join(ids []string) (s string) {
	for _, id := range ids {
		s += id
	}
	return s
}

func TestDue(t *testing.T) {
	for _, c := range []struct {
		p    Playback
		want int64
	}{
		{Playback{Status: Playing, Rate: 1, AtMS: 1000, DurationS: 10}, 11_000},
		{Playback{Status: Playing, Rate: 2, AtMS: 1000, DurationS: 10, PositionS: 4}, 4000},
		{Playback{Status: Playing, Rate: 1, AtMS: 1000, DurationS: 10, PositionS: 40}, 1000},
		{Playback{Status: Playing, Rate: 1, AtMS: 1000}, 0},
		{Playback{Status: Paused, Rate: 1, AtMS: 1000, DurationS: 10}, 0},
		{Playback{Status: Paused, Rate: 1, AtMS: 1000, DurationS: 10, NextMS: 5000}, 5000},
	} {
		if got := c.p.DueMS(); got != c.want {
			t.Errorf("%+v: %d, want %d", c.p, got, c.want)
		}
	}
}

func TestFinish(t *testing.T) {
	p := Playback{ItemID: "a", Status: Playing, Rate: 1, AtMS: 0, DurationS: 10, Epoch: 5, Version: 7, By: ident.By{ID: "me"}}
	end := p.Finish(Item{}, 3, 3000, 12_000)
	if end.Status != Paused || end.PositionS != 10 || end.NextMS != 0 || end.Version != 8 || end.By != (ident.By{}) || end.Epoch != 5 {
		t.Errorf("the end of the list: %+v", end)
	}
	next := Item{ID: "b", DurationS: 20}
	wait := p.Finish(next, 3, 3000, 12_000)
	if wait.NextItemID != "b" || wait.NextMS != 15_000 || wait.ItemID != "a" || wait.Round != 3 || wait.Started {
		t.Errorf("countdown: %+v", wait)
	}
	start := wait.Finish(next, 3, 0, 15_000)
	if start.ItemID != "b" || start.Status != Playing || start.PositionS != 0 || start.DurationS != 20 || start.NextMS != 0 || !start.Started || start.Epoch <= 5 {
		t.Errorf("start: %+v", start)
	}
}

func TestPressesEndTheCountdown(t *testing.T) {
	p := Playback{ItemID: "a", Status: Paused, Rate: 1, PositionS: 10, DurationS: 10, Epoch: 5, Version: 7, NextItemID: "b", NextMS: 900}
	back := 3.0
	for _, c := range []struct {
		c         Command
		countdown bool
		position  float64
	}{
		{Command{Action: ActPlay}, false, 0}, // from its end it plays again
		{Command{Action: ActSeek, PositionS: &back}, false, 3},
		{Command{Action: ActStay}, false, 10},
		{Command{Action: ActRate, Rate: 2}, true, 10},
		{Command{Action: ActItem, ItemID: "c"}, false, 0},
	} {
		next, changed := p.Apply(c.c, 800, ident.By{})
		if !changed || (next.NextMS != 0) != c.countdown || next.PositionS != c.position {
			t.Errorf("%s: %+v, %v", c.c.Action, next, changed)
		}
	}
	if _, changed := (Playback{ItemID: "a"}).Apply(Command{Action: ActStay}, 1, ident.By{}); changed {
		t.Error("there was no countdown to stop")
	}
}

func TestStep(t *testing.T) {
	l := listOf("a b c/d e")
	for _, c := range []struct {
		mode    AutoplayMode
		p       Playback
		step    int
		want    string
		nothing bool
	}{
		{Sequential, Playback{ItemID: "a"}, +1, "b", false},
		{Sequential, Playback{ItemID: "c"}, +1, "", true},
		{RepeatAll, Playback{ItemID: "c"}, +1, "a", false},
		{RepeatOne, Playback{ItemID: "a"}, +1, "b", false},
		{Sequential, Playback{ItemID: "d"}, -1, "", true},
		{Shuffle, Playback{ItemID: "d"}, +1, "e", false},
		{Shuffle, Playback{ItemID: "e"}, -1, "d", false},
		{Sequential, Playback{ItemID: "a", NextItemID: "c"}, +1, "c", false},
		{Sequential, Playback{ItemID: "a", NextItemID: "gone"}, +1, "b", false},
		{Shuffle, Playback{}, +1, "a", false},
	} {
		got, ok := l.Step(Autoplay{Mode: c.mode}, c.p, c.step, 1)
		if got.ItemID != c.want || ok == c.nothing {
			t.Errorf("%s from %+v by %d: %q, %v", c.mode, c.p.ItemID, c.step, got.ItemID, ok)
		}
	}
}

func TestAgreed(t *testing.T) {
	online := map[string]bool{"a": true, "b": true, "c": true}
	said := func(who string, length float64, ended bool, failed string) Report {
		return Report{PersonID: who, DurationS: length, Ended: ended, Failed: failed}
	}
	for _, c := range []struct {
		name string
		all  []Report
		want Report
	}{
		{"nobody", nil, Report{}},
		{"one of three", []Report{said("a", 60, true, "")}, Report{}},
		{"two of three", []Report{said("a", 60, true, ""), said("b", 60.4, true, "")}, Report{Ended: true, DurationS: 60.4}},
		{"two lengths", []Report{said("a", 60, false, ""), said("b", 70, false, "")}, Report{}},
		{"who is gone does not count", []Report{said("a", 60, true, ""), said("x", 60, true, "")}, Report{}},
		{"two cannot play it", []Report{said("a", 0, false, "decode"), said("b", 0, false, "decode")}, Report{Failed: "decode"}},
		{"one cannot play it", []Report{said("a", 0, false, "decode"), said("b", 0, true, "")}, Report{}},
		{"unknown lengths agree on nothing", []Report{said("a", 0, false, ""), said("b", 0, false, "")}, Report{}},
	} {
		if got := Agreed(c.all, online); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
