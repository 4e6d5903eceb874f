// Package waiting is the use cases of rooms that wait for people: it hears who
// is not ready and lets the film stand for them, as far as the room's policy
// goes. The rules are in screen; it knows no HTTP, SQL, socket or clock.
package waiting

import (
	"context"
	"slices"
	"time"

	"synctv/internal/flood"
	"synctv/internal/problem"
	"synctv/internal/right"
	"synctv/internal/room"
	"synctv/internal/screen"
)

// Rooms is the door into a room; see room.Service.
type Rooms interface {
	Enter(ctx context.Context, roomID string, who room.Person) (room.Access, error)
}

// Announcer is what is told to rooms; see room.Announcer.
type Announcer interface {
	Announce(ctx context.Context, roomID string, e room.Event)
	Online(ctx context.Context, roomID string) map[string]bool
}

const (
	// swapTries bounds how often a change is tried again when others are faster.
	swapTries = 16
	// One person makes a room wait at most so often: at once, and then a minute.
	waitBurst     = 4
	waitPerSecond = 1.0 / 20
	// toldBelow: in a larger room everybody's word would be too much for all.
	toldBelow = 200
)

// Service is the use cases. Safe for use from many goroutines.
type Service struct {
	rooms     Rooms
	playbacks room.Playbacks
	announcer Announcer
	now       func() time.Time // the cluster's time
	often     *flood.Guard
	ready     readiness
}

// New puts the use cases on their ports. others is nil where there is one
// replica only.
func New(rooms Rooms, playbacks room.Playbacks, a Announcer, others Roll, now func() time.Time) *Service {
	return &Service{
		rooms: rooms, playbacks: playbacks, announcer: a, now: now, often: flood.New(waitPerSecond, waitBurst),
		ready: readiness{others: others, rooms: map[string]map[string]saying{}},
	}
}

// Hear takes what a person's player says of itself: whether it is ready, and
// how far it is from the room. Everybody who may see who is here is told.
//
// A person is ready while any of their pages is: they can watch there. So the
// word of another page that is not does not count and nobody hears of it.
func (s *Service) Hear(ctx context.Context, roomID string, who room.Person, w screen.Word) error {
	a, err := s.rooms.Enter(ctx, roomID, who)
	if err != nil {
		return err
	}
	if err := w.Check(); err != nil {
		return err
	}
	w.ID = a.Member.PersonID
	s.ready.hear(ctx, roomID, w, s.now().UnixMilli())
	if w.Reason != screen.Ready && s.isReady(ctx, roomID, w.ID) {
		return nil
	}
	here := len(s.announcer.Online(ctx, roomID))
	if here <= toldBelow {
		s.announcer.Announce(ctx, roomID, room.Event{Type: room.EventSync, Sync: &w})
	}
	return s.weigh(ctx, a, w, here)
}

// weigh lets the room wait, or wait no more, as its policy says. Nobody waits
// for a platform admin who only looks in, or for who cries too often.
func (s *Service) weigh(ctx context.Context, a room.Access, w screen.Word, here int) error {
	if w.Reason != screen.Ready && (a.Member.Platform || !a.Room.Settings.Wait.Holds(here)) {
		return nil
	}
	said := screen.Waited{ID: a.Member.PersonID, Name: a.Member.Name, Reason: w.Reason}
	_, err := s.swap(ctx, a.Room.ID, func(p screen.Playback, nowMS int64) (screen.Playback, bool) {
		if p.Epoch != w.Epoch || said.Reason != screen.Ready && !p.Lists(said.ID) && s.often.Take(a.Room.ID+" "+said.ID, s.now()) > 0 {
			return p, false
		}
		return p.Hear(said, nowMS, s.groupStart(ctx, a.Room.ID, p, nowMS))
	})
	return err
}

// isReady tells whether a person can watch on any of their pages.
func (s *Service) isReady(ctx context.Context, roomID, personID string) bool {
	pages := s.ready.pages(ctx, roomID, s.now().UnixMilli())
	return slices.ContainsFunc(pages, func(p saying) bool { return p.person == personID })
}

// groupStart is how long after now the film starts if this ends a wait.
func (s *Service) groupStart(ctx context.Context, roomID string, p screen.Playback, nowMS int64) int64 {
	if p.WaitMS == 0 {
		return 0 // none runs: nobody needs to be asked
	}
	var starts []int64
	for _, page := range s.ready.pages(ctx, roomID, nowMS) {
		starts = append(starts, page.startMS)
	}
	return screen.GroupStart(starts)
}

// GoOn makes the room wait for nobody who is not ready now.
func (s *Service) GoOn(ctx context.Context, roomID string, who room.Person) (screen.Playback, error) {
	a, err := s.rooms.Enter(ctx, roomID, who)
	if err == nil {
		err = a.Require(right.PlayControl)
	}
	if err != nil {
		return screen.Playback{}, err
	}
	return s.swap(ctx, roomID, func(p screen.Playback, nowMS int64) (screen.Playback, bool) {
		return p.Without(nowMS, s.groupStart(ctx, roomID, p, nowMS), a.By())
	})
}

// Silent takes that a page is gone: what it said of itself does not count.
func (s *Service) Silent(ctx context.Context, roomID, page string) {
	s.ready.hear(ctx, roomID, screen.Word{Page: page, Reason: screen.Away}, s.now().UnixMilli())
}

// Left waits for nobody who is not here any more.
func (s *Service) Left(ctx context.Context, roomID, personID string) error {
	_, err := s.swap(ctx, roomID, func(p screen.Playback, nowMS int64) (screen.Playback, bool) {
		if !p.Lists(personID) {
			return p, false
		}
		here := s.announcer.Online(ctx, roomID)
		delete(here, personID)
		return p.Among(here, nowMS, s.groupStart(ctx, roomID, p, nowMS))
	})
	return err
}

// swap is compare-and-swap: read, apply the rule, store if nobody was faster,
// tell the room.
func (s *Service) swap(ctx context.Context, roomID string, rule func(screen.Playback, int64) (screen.Playback, bool)) (screen.Playback, error) {
	for range swapTries {
		p, err := s.playbacks.Playback(ctx, roomID)
		if err != nil {
			return screen.Playback{}, err
		}
		next, changed := rule(p, s.now().UnixMilli())
		if !changed {
			return p, nil
		}
		swapped, err := s.playbacks.SwapPlayback(ctx, roomID, p.Version, next)
		if err != nil {
			return screen.Playback{}, err
		}
		if swapped {
			s.announcer.Announce(ctx, roomID, room.Event{Type: room.EventPlayback, Playback: &next})
			return next, nil
		}
	}
	return screen.Playback{}, problem.New(problem.Unavailable, "unavailable", "The room is too busy; try again.")
}
