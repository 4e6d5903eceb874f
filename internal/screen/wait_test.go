package screen

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"synctv/internal/ident"
)

// crowd is a room in which anything happens in any order, and what a test knows
// of it beside the record.
type crowd struct {
	t       *testing.T
	rnd     *rand.Rand
	now     int64
	p       Playback
	ends    int64           // the deadline of the wait that runs, 0 = none does
	unready map[string]bool // who was not ready when last heard, and is here
	counted int             // waits
}

// step does one thing, at random, and says what.
func (c *crowd) step() string {
	person := strconv.Itoa(c.rnd.IntN(5))
	before := c.p
	var changed bool
	what := c.rnd.IntN(12)
	switch what {
	case 0, 1, 2:
		reason := []Reason{Joining, Buffering, Tap, Away}[c.rnd.IntN(4)]
		c.p, changed = c.p.Hear(Waited{ID: person, Name: person, Reason: reason}, c.now)
		c.unready[person] = c.p.ItemID != "" || c.unready[person]
	case 3, 4:
		c.p, changed = c.p.Hear(Waited{ID: person}, c.now)
		delete(c.unready, person)
	case 5:
		c.p, changed = c.p.Without(c.now, ident.By{ID: person})
	case 6: // somebody goes
		here := map[string]bool{}
		for i := range 5 {
			here[strconv.Itoa(i)] = strconv.Itoa(i) != person
		}
		c.p, changed = c.p.Among(here, c.now)
		delete(c.unready, person)
	case 7:
		c.now += c.rnd.Int64N(12_000)
	default:
		c.p, changed = c.p.Apply(c.press(), c.now, ident.By{ID: person})
		if c.p.Epoch != before.Epoch {
			clear(c.unready)
		}
	}
	if changed != c.p.Newer(before) {
		c.t.Fatalf("event %d: changed %v, %+v → %+v", what, changed, before, c.p)
	}
	return strconv.Itoa(what)
}

func (c *crowd) press() Command {
	to := c.rnd.Float64() * 100
	return []Command{
		{Action: ActPlay}, {Action: ActPause, PositionS: &to}, {Action: ActSeek, PositionS: &to},
		{Action: ActRate, Rate: 0.5 + c.rnd.Float64()}, {Action: ActItem, ItemID: "film"}, {Action: ActItem},
	}[c.rnd.IntN(6)]
}

// look checks what always holds.
func (c *crowd) look(did string) {
	p, waits := c.p, c.p.waiting(c.now)
	switch {
	case p.Status == Playing && p.AtMS > c.now+WaitLimitMS:
		c.t.Fatalf("%s: stands longer than the limit: %+v at %d", did, p, c.now)
	case waits && (!p.held() || p.Status != Playing || p.ItemID == ""):
		c.t.Fatalf("%s: waits for nobody: %+v", did, p)
	case !waits && p.AtMS > c.now+groupStartMS:
		c.t.Fatalf("%s: stands without waiting: %+v at %d", did, p, c.now)
	}
	switch {
	case !waits:
		c.ends = 0
	case c.ends <= c.now: // the one before, if any, was over
		c.ends, c.counted = p.WaitMS, c.counted+1
	case c.ends != p.WaitMS:
		c.t.Fatalf("%s: a wait was prolonged from %d to %d", did, c.ends, p.WaitMS)
	}
	for _, w := range p.Waits {
		if !c.unready[w.ID] {
			c.t.Fatalf("%s: %s is listed and ready or gone: %+v", did, w.ID, p)
		}
	}
}

// A million events in random order: never stuck, never longer than the limit,
// never for somebody who is ready, gone or excused.
func TestWaitingNeverSticks(t *testing.T) {
	const runs, events = 2000, 600
	waits := 0
	for seed := range uint64(runs) {
		c := &crowd{t: t, rnd: rand.New(rand.NewPCG(seed, 8)), now: 1_000_000, unready: map[string]bool{}}
		c.p = NewPlayback(c.now, ident.By{})
		for range events {
			c.now += c.rnd.Int64N(900)
			c.look(c.step())
		}
		waits += c.counted
		// Nothing more is heard of anybody: the film plays on by itself.
		c.p, _ = c.p.Apply(Command{Action: ActItem, ItemID: "film"}, c.now, ident.By{})
		c.p, _ = c.p.Hear(Waited{ID: "0", Reason: Buffering}, c.now)
		if c.p.PositionAt(c.now+WaitLimitMS+1000) != c.p.PositionS+c.p.Rate {
			t.Fatalf("does not go on by itself: %+v at %d", c.p, c.now)
		}
	}
	if waits < 10_000 {
		t.Errorf("only %d waits in %d events", waits, runs*events)
	}
	t.Logf("%d events, %d waits", runs*events, waits)
}

func TestWaitForOne(t *testing.T) {
	const now = 1_000_000
	p := Playback{ItemID: "film", Status: Playing, PositionS: 10, Rate: 1, AtMS: now - 5000, Epoch: 1, Version: 3}
	p, _ = p.Hear(Waited{ID: "a", Name: "Ada", Reason: Buffering}, now)
	if p.PositionAt(now+7000) != 15 || p.WaitMS != now+WaitLimitMS {
		t.Fatalf("plays on: %+v", p)
	}
	ready, _ := p.Hear(Waited{ID: "a"}, now+2000)
	if ready.AtMS != now+2000+groupStartMS || ready.PositionS != 15 || ready.WaitMS != 0 || len(ready.Waits) != 0 {
		t.Errorf("no common start: %+v", ready)
	}
	// The second one to stall does not prolong the wait, and is excused with the first.
	both, _ := p.Hear(Waited{ID: "b", Reason: Buffering}, now+7900)
	if both.WaitMS != p.WaitMS {
		t.Errorf("the wait was prolonged: %+v", both)
	}
	late, changed := both.Hear(Waited{ID: "b", Reason: Away}, now+WaitLimitMS+500)
	if !changed || late.held() || late.PositionAt(now+WaitLimitMS+1000) != 16 {
		t.Errorf("not excused: %+v", late)
	}
	again, _ := late.Hear(Waited{ID: "b"}, now+20_000)
	if again, _ = again.Hear(Waited{ID: "b", Reason: Buffering}, now+21_000); again.WaitMS == 0 {
		t.Errorf("who was ready again is not waited for: %+v", again)
	}
	free, _ := p.Without(now+100, ident.By{ID: "host"})
	if free.WaitMS != 0 || free.AtMS != now+100+groupStartMS || free.By.ID != "host" {
		t.Errorf("still waits: %+v", free)
	}
	stop, _ := p.Apply(Command{Action: ActPause}, now+100, ident.By{})
	play, _ := stop.Apply(Command{Action: ActPlay}, now+9000, ident.By{})
	if stop.WaitMS != 0 || stop.PositionS != 15 || play.WaitMS != now+9000+WaitLimitMS {
		t.Errorf("pause %+v, play %+v", stop, play)
	}
}
