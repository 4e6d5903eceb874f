package screen

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"synctv/internal/ident"
)

// skewMS is how far apart the clocks of the two replicas are that take turns at
// random; an event on one may carry an instant before that of the last one.
const skewMS = 8

// crowd is a room in which anything happens in any order, and what a test knows
// of it beside the record.
type crowd struct {
	t       *testing.T
	rnd     *rand.Rand
	order   int
	trueMS  int64
	now     int64 // by the clock of the replica that acts
	p       Playback
	ends    int64           // the deadline of the wait that runs, 0 = none does
	unready map[string]bool // who is here and was not ready when last heard; true: excused
	changed bool            // the last event changed the record
	counted int             // waits
}

const (
	people = 5
	// Beyond it by lateMS a film would stand longer than a wait may last.
	lateMS = 2 * skewMS
)

// step does one thing, at random, by one of the replicas, and says what.
func (c *crowd) step() string {
	c.now = c.trueMS + c.rnd.Int64N(2)*skewMS
	before, ends := c.p, c.ends
	what := c.rnd.IntN(12)
	next, changed, after := c.event(what, strconv.Itoa(c.rnd.IntN(people)))
	if changed != next.Newer(before) {
		c.t.Fatalf("order %d, event %d: changed %v, %+v → %+v", c.order, what, changed, before, next)
	}
	c.changed = changed
	if changed {
		c.p = next
		// Whoever wrote this after a deadline excused those who had not made it.
		for id := range c.unready {
			c.unready[id] = c.unready[id] || ends > 0 && ends <= c.now
		}
	}
	after()
	return strconv.Itoa(what)
}

// event is the record after one thing, and what a bystander then knows.
func (c *crowd) event(what int, person string) (next Playback, changed bool, after func()) {
	startMS := int64(groupStartLeastMS) + c.rnd.Int64N(groupStartMostMS-groupStartLeastMS+1)
	switch what {
	case 0, 1, 2:
		reason := []Reason{Joining, Buffering, Tap, Away}[c.rnd.IntN(4)]
		next, changed = c.p.Hear(Waited{ID: person, Name: person, Reason: reason}, c.now, startMS)
		after = func() {
			if _, known := c.unready[person]; !known && c.p.ItemID != "" {
				c.unready[person] = false
			}
		}
	case 3, 4:
		next, changed = c.p.Hear(Waited{ID: person}, c.now, startMS)
		after = func() { delete(c.unready, person) }
	case 5:
		next, changed = c.p.Without(c.now, startMS, ident.By{ID: person})
		after = func() {
			for id := range c.unready {
				c.unready[id] = true
			}
		}
	case 6: // somebody goes
		here := map[string]bool{}
		for i := range people {
			here[strconv.Itoa(i)] = strconv.Itoa(i) != person
		}
		next, changed = c.p.Among(here, c.now, startMS)
		after = func() { delete(c.unready, person) }
	default:
		epoch := c.p.Epoch
		next, changed = c.p.Apply(c.press(), c.now, ident.By{ID: person})
		after = func() {
			if c.p.Epoch != epoch {
				clear(c.unready)
			}
		}
	}
	return next, changed, after
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
	case p.Status == Playing && p.AtMS > c.now+WaitLimitMS+lateMS:
		c.t.Fatalf("order %d, %s: stands longer than the limit: %+v at %d", c.order, did, p, c.now)
	case waits && (p.Status != Playing || p.ItemID == ""):
		c.t.Fatalf("order %d, %s: nothing plays and is waited for: %+v", c.order, did, p)
	case !waits && p.AtMS > c.now+groupStartMostMS+lateMS:
		c.t.Fatalf("order %d, %s: stands without waiting: %+v at %d", c.order, did, p, c.now)
	case waits && !c.anyWaitedFor():
		c.t.Fatalf("order %d, %s: waits for nobody, or for who is excused (%v): %+v", c.order, did, c.unready, p)
	case c.changed && !waits && p.Status == Playing && c.anyWaitedFor():
		c.t.Fatalf("order %d, %s: does not wait for those who are not ready (%v): %+v", c.order, did, c.unready, p)
	}
	switch {
	case p.WaitMS == 0:
		c.ends = 0
	case waits && c.ends <= c.now: // the one before, if any, was over
		c.ends, c.counted = p.WaitMS, c.counted+1
	case c.ends != 0 && c.ends != p.WaitMS:
		c.t.Fatalf("order %d, %s: a wait was prolonged from %d to %d", c.order, did, c.ends, p.WaitMS)
	}
	for _, w := range p.Waits {
		if excused, known := c.unready[w.ID]; !known || excused != w.Excused {
			c.t.Fatalf("order %d, %s: %+v is listed; excused by id is %v", c.order, did, w, c.unready)
		}
	}
	if len(p.Waits) != len(c.unready) {
		c.t.Fatalf("order %d, %s: listed %+v, not ready %v", c.order, did, p.Waits, c.unready)
	}
}

func (c *crowd) anyWaitedFor() bool {
	for _, excused := range c.unready {
		if !excused {
			return true
		}
	}
	return false
}

// goesOn checks that the film plays on by itself when nothing more is heard.
func (c *crowd) goesOn() {
	p, _ := c.p.Apply(Command{Action: ActItem, ItemID: "film"}, c.trueMS, ident.By{})
	p, _ = p.Hear(Waited{ID: "0", Reason: Buffering}, c.trueMS, 0)
	if p.PositionAt(c.trueMS+WaitLimitMS+1000) != p.PositionS+p.Rate {
		c.t.Fatalf("does not go on by itself: %+v at %d", p, c.trueMS)
	}
}

// A million random orders of events, by two replicas whose clocks differ:
// never stuck, never longer than the limit, never for somebody who is ready,
// gone or excused; and an excuse lasts until its person has been ready.
func TestWaitingNeverSticks(t *testing.T) {
	orders := 1_000_000
	if testing.Short() || raceDetector {
		orders = 20_000
		t.Logf("%d orders only: -short or the race detector", orders)
	}
	const parts = 4
	for part := range parts {
		t.Run(strconv.Itoa(part), func(t *testing.T) {
			t.Parallel()
			source := rand.NewPCG(0, 0)
			events, waits := 0, 0
			for i := range orders / parts {
				source.Seed(uint64(part), uint64(i))
				c := &crowd{t: t, order: i, rnd: rand.New(source), trueMS: 1_000_000, unready: map[string]bool{}}
				events += c.run()
				waits += c.counted
			}
			if waits < orders/parts/2 {
				t.Errorf("only %d waits", waits)
			}
			t.Logf("%d orders, %d events, %d waits", orders/parts, events, waits)
		})
	}
}

// run is one order of events, beginning with a film or without.
func (c *crowd) run() (events int) {
	c.p = NewPlayback(c.trueMS, ident.By{})
	if c.rnd.IntN(4) > 0 {
		c.p, _ = c.p.Apply(Command{Action: ActItem, ItemID: "film"}, c.trueMS, ident.By{})
	}
	events = 6 + c.rnd.IntN(35)
	for range events {
		c.trueMS += c.rnd.Int64N(900)
		if c.rnd.IntN(12) == 0 {
			c.trueMS += c.rnd.Int64N(12_000)
		}
		c.look(c.step())
	}
	c.goesOn()
	return events
}

func TestGroupStart(t *testing.T) {
	for _, c := range []struct {
		name   string
		starts []int64
		wantMS int64
	}{
		{"nobody has said", nil, 400},
		{"one network", []int64{60, 85}, 200},
		{"the slowest one of them", []int64{60, 700, 300}, 750},
		{"who does not know it yet is an ordinary one", []int64{60, 0}, 450},
		{"one bad line does not hold up all for long", []int64{60, 9000}, 1500},
	} {
		if got := GroupStart(c.starts); got != c.wantMS {
			t.Errorf("%s: %d, not %d", c.name, got, c.wantMS)
		}
	}
}

// Whoever vanished with their replica is not listed for ever, and whoever is
// still there and not ready is.
func TestAWaitedOneIsForgotten(t *testing.T) {
	const now, minute = 1_000_000, 60_000
	p := Playback{ItemID: "film", Status: Paused, Rate: 1, Epoch: 1, Version: 3}
	p, _ = p.Hear(Waited{ID: "vanished", Reason: Away}, now, 0)
	p, _ = p.Hear(Waited{ID: "here", Reason: Tap}, now, 0)
	told := 0
	for at := int64(now); at <= now+20*minute; at += 5000 {
		next, changed := p.Hear(Waited{ID: "here", Reason: Tap}, at, 0)
		if p = next; changed {
			told++
		}
	}
	if p.Lists("vanished") || !p.Lists("here") {
		t.Errorf("listed: %+v", p.Waits)
	}
	if told > 9 {
		t.Errorf("told %d times that nothing is new", told)
	}
	play, _ := p.Apply(Command{Action: ActPlay}, now+20*minute, ident.By{})
	if play.WaitMS == 0 || len(play.Waits) != 1 {
		t.Errorf("waits for %+v", play)
	}
	if later, _ := p.Apply(Command{Action: ActPlay}, now+40*minute, ident.By{}); later.WaitMS != 0 || slices.Contains(later.Waits, p.Waits[0]) {
		t.Errorf("waits for somebody not heard of for twenty minutes: %+v", later)
	}
}

func TestWaitForOne(t *testing.T) {
	const now, startMS = 1_000_000, 300
	p := Playback{ItemID: "film", Status: Playing, PositionS: 10, Rate: 1, AtMS: now - 5000, Epoch: 1, Version: 3}
	p, _ = p.Hear(Waited{ID: "a", Name: "Ada", Reason: Buffering}, now, startMS)
	if p.PositionAt(now+7000) != 15 || p.WaitMS != now+WaitLimitMS {
		t.Fatalf("plays on: %+v", p)
	}
	ready, _ := p.Hear(Waited{ID: "a"}, now+2000, startMS)
	if ready.AtMS != now+2000+startMS || ready.PositionS != 15 || ready.WaitMS != 0 || len(ready.Waits) != 0 {
		t.Errorf("no common start: %+v", ready)
	}
	// The second one to stall does not prolong the wait, and is excused with the first.
	both, _ := p.Hear(Waited{ID: "b", Reason: Buffering}, now+7900, startMS)
	if both.WaitMS != p.WaitMS {
		t.Errorf("the wait was prolonged: %+v", both)
	}
	late, changed := both.Hear(Waited{ID: "b", Reason: Away}, now+WaitLimitMS+500, startMS)
	if !changed || late.held() || late.PositionAt(now+WaitLimitMS+1000) != 16 {
		t.Errorf("not excused: %+v", late)
	}
	again, _ := late.Hear(Waited{ID: "b"}, now+20_000, startMS)
	if again, _ = again.Hear(Waited{ID: "b", Reason: Buffering}, now+21_000, startMS); again.WaitMS == 0 {
		t.Errorf("who was ready again is not waited for: %+v", again)
	}
	free, _ := p.Without(now+100, startMS, ident.By{ID: "host"})
	if free.WaitMS != 0 || free.AtMS != now+100+startMS || free.By.ID != "host" {
		t.Errorf("still waits: %+v", free)
	}
	stop, _ := p.Apply(Command{Action: ActPause}, now+100, ident.By{})
	play, _ := stop.Apply(Command{Action: ActPlay}, now+9000, ident.By{})
	if stop.WaitMS != 0 || stop.PositionS != 15 || play.WaitMS != now+9000+WaitLimitMS {
		t.Errorf("pause %+v, play %+v", stop, play)
	}
}
