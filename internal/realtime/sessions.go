package realtime

import (
	"slices"
	"sync"

	"github.com/puzpuzpuz/xsync/v4"
)

// sessions is the session map of this replica: room → person → open sockets.
// Rooms are spread over a concurrent map; inside one room a plain mutex and map
// do. Safe for use from many goroutines.
//
// A room leaves the map with its last socket. The classic mistake is to lose a
// socket that is added in that moment: adding and removing therefore both run
// inside Compute, which lets one of them at a time touch an entry.
type sessions struct {
	rooms *xsync.Map[string, *presence]
}

// presence is who is in one room.
type presence struct {
	mu     sync.Mutex
	people map[string][]string // person → socket ids; guarded by mu
}

func newSessions() *sessions {
	return &sessions{rooms: xsync.NewMap[string, *presence]()}
}

// add notes an open socket and tells whether it is the person's first in the
// room.
func (s *sessions) add(roomID, personID, socketID string) (first bool) {
	s.rooms.Compute(roomID, func(p *presence, loaded bool) (*presence, xsync.ComputeOp) {
		if !loaded {
			p = &presence{people: map[string][]string{}}
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		first = len(p.people[personID]) == 0
		p.people[personID] = append(p.people[personID], socketID)
		return p, xsync.UpdateOp
	})
	return first
}

// remove forgets a socket and tells whether it was the person's last in the
// room. A socket that is not known changes nothing.
func (s *sessions) remove(roomID, personID, socketID string) (last bool) {
	s.rooms.Compute(roomID, func(p *presence, loaded bool) (*presence, xsync.ComputeOp) {
		if !loaded {
			return nil, xsync.CancelOp
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		open := p.people[personID]
		i := slices.Index(open, socketID)
		if i < 0 {
			return p, xsync.CancelOp
		}
		if len(open) > 1 {
			p.people[personID] = slices.Delete(open, i, i+1)
			return p, xsync.CancelOp
		}
		delete(p.people, personID)
		last = true
		if len(p.people) == 0 {
			return nil, xsync.DeleteOp
		}
		return p, xsync.CancelOp
	})
	return last
}

// all is a copy of who is in which room.
func (s *sessions) all() map[string][]string {
	rooms := map[string][]string{}
	s.rooms.Range(func(id string, p *presence) bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		for person := range p.people {
			rooms[id] = append(rooms[id], person)
		}
		return true
	})
	return rooms
}

// online is a copy of who is in a room.
func (s *sessions) online(roomID string) map[string]bool {
	p, ok := s.rooms.Load(roomID)
	if !ok {
		return map[string]bool{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	people := make(map[string]bool, len(p.people))
	for id := range p.people {
		people[id] = true
	}
	return people
}
