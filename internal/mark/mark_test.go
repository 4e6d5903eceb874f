package mark_test

import (
	"math/rand/v2"
	"testing"

	"synctv/internal/mark"
)

func base() mark.Marks {
	return mark.Marks{Room: 3, Epoch: 2, Playback: 7, Playlist: 5, Chat: 10, Members: 40}
}

// Each case: events heard, what is stored at the first look, events heard
// until the second, and whether the second finds a gap.
func TestLook(t *testing.T) {
	with := func(f func(m *mark.Marks)) mark.Marks {
		m := base()
		f(&m)
		return m
	}
	for name, c := range map[string]struct {
		before, after []mark.Event
		stored        mark.Marks
		missed        bool
	}{
		"nothing happened":         {stored: base()},
		"playback heard":           {before: []mark.Event{{Epoch: 2, Playback: 8}}, stored: with(func(m *mark.Marks) { m.Playback = 8 })},
		"playback heard late":      {after: []mark.Event{{Epoch: 2, Playback: 8}}, stored: with(func(m *mark.Marks) { m.Playback = 8 })},
		"playback lost":            {stored: with(func(m *mark.Marks) { m.Playback = 8 }), missed: true},
		"a later one repairs it":   {after: []mark.Event{{Epoch: 3, Playback: 1}}, stored: with(func(m *mark.Marks) { m.Playback = 8 })},
		"new epoch lost":           {before: []mark.Event{{Epoch: 2, Playback: 8}}, stored: with(func(m *mark.Marks) { m.Epoch, m.Playback = 3, 1 }), missed: true},
		"playlist lost":            {stored: with(func(m *mark.Marks) { m.Playlist = 6 }), missed: true},
		"room lost":                {stored: with(func(m *mark.Marks) { m.Room = 4 }), missed: true},
		"one message of two lost":  {before: []mark.Event{{Chat: 12}}, stored: with(func(m *mark.Marks) { m.Chat = 12 }), missed: true},
		"messages out of order":    {before: []mark.Event{{Chat: 12}, {Chat: 13}, {Chat: 11}}, stored: with(func(m *mark.Marks) { m.Chat = 13 })},
		"last message lost":        {before: []mark.Event{{Chat: 11}}, stored: with(func(m *mark.Marks) { m.Chat = 12 }), missed: true},
		"member heard":             {before: []mark.Event{{Members: true}}, stored: with(func(m *mark.Marks) { m.Members = 41 })},
		"member heard late":        {after: []mark.Event{{Members: true}}, stored: with(func(m *mark.Marks) { m.Members = 41 })},
		"member lost":              {stored: with(func(m *mark.Marks) { m.Members = 41 }), missed: true},
		"presence without changes": {before: []mark.Event{{Members: true}}, stored: base()},
	} {
		h := mark.Begin(base())
		for _, e := range c.before {
			h.Note(e)
		}
		if h.Look(c.stored) {
			t.Errorf("%s: too early", name)
		}
		for _, e := range c.after {
			h.Note(e)
		}
		if got := h.Look(c.stored); got != c.missed {
			t.Errorf("%s: missed %v", name, got)
		}
		if h.Look(c.stored) {
			t.Errorf("%s: missed twice", name)
		}
	}
}

// However messages are shuffled within a look, nothing is missed; one that is
// taken out is.
func TestAnyOrderOfMessages(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n := 1 + rnd.IntN(100)
		lost := rnd.IntN(2*n) + 1 // beyond n: none
		h := mark.Begin(mark.Marks{})
		for _, i := range rnd.Perm(n) {
			if i+1 != lost {
				h.Note(mark.Event{Chat: int64(i + 1)})
			}
		}
		now := mark.Marks{Chat: int64(n)}
		h.Look(now)
		if got := h.Look(now); got != (lost <= n) {
			t.Fatalf("%d of %d lost: missed %v", lost, n, got)
		}
	}
}
