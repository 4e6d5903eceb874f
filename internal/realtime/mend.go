package realtime

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"

	"synctv/internal/cluster"
	"synctv/internal/room"
)

const (
	// lookEvery is how often the store is asked how far open rooms have come;
	// an event that was lost is made good for within two looks.
	lookEvery = 2 * time.Second
	// looksPerRenewal makes a renewal at a third of a roll's lifetime.
	looksPerRenewal = int(cluster.RollLife / lookEvery / 3)
	// lookBatch bounds the rooms of one question to the store.
	lookBatch = 500
)

// Run hears what players say and keeps sockets in step, until ctx ends.
func (s *Sockets) Run(ctx context.Context) {
	var work sync.WaitGroup
	for _, words := range s.words {
		work.Go(func() { s.hear(ctx, words) })
	}
	s.keepInStep(ctx)
	work.Wait()
}

// keepInStep keeps the sockets of this replica in step with the others until ctx
// ends: it delivers what events did not, and keeps the roll of who is here.
// A replica that is alone loses no events and has no roll to renew.
func (s *Sockets) keepInStep(ctx context.Context) {
	if s.node.bus == nil {
		return
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	wasAway := false
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		away := s.node.bus.away()
		if away != wasAway {
			s.sayAlone(away)
		}
		s.node.bus.retry()
		open := s.node.open.all()
		s.look(ctx, open)
		if !away && (wasAway || n%looksPerRenewal == 0) {
			s.renew(ctx, open)
		}
		wasAway = away
	}
}

// alone tells a page whether its replica is cut off from the others.
type alone struct {
	Type  string `json:"type"`
	Alone bool   `json:"alone"`
}

func (s *Sockets) sayAlone(is bool) {
	for _, c := range s.node.node.Hub().Connections() {
		sendAlone(c, is)
	}
}

// sendAlone is told but not needed: a page that misses it only explains less.
func sendAlone(c *centrifuge.Client, is bool) {
	if data, err := json.Marshal(alone{"alone", is}); err == nil {
		_ = c.Send(data)
	}
}

// look compares what is stored with what was heard, and gives the sockets of a
// room where something was missed a new snapshot each.
func (s *Sockets) look(ctx context.Context, open map[string][]string) {
	ids := make([]string, 0, len(open))
	known := make(map[string]bool, len(open))
	for id := range open {
		ids = append(ids, id)
		known[id] = true
	}
	s.node.heard.keep(known)
	for some := range slices.Chunk(ids, lookBatch) {
		asking, cancel := context.WithTimeout(ctx, enterTimeout)
		now, err := s.rooms.Marks(asking, some)
		cancel()
		if err != nil {
			return // the store is away: nothing new to tell
		}
		for _, id := range s.node.heard.look(now) {
			s.log.InfoContext(ctx, "events were missed, sending the state", "room", id)
			s.mend(ctx, id)
		}
	}
}

// mend sends everybody in a room its state, and ends the sockets of those who
// are not to be here any more.
func (s *Sockets) mend(ctx context.Context, roomID string) {
	for _, c := range s.node.node.Hub().Connections() {
		v, _ := c.Context().Value(visitKey{}).(visit)
		if v.roomID != roomID {
			continue
		}
		sending, cancel := context.WithTimeout(ctx, enterTimeout)
		err := s.sendSnapshot(sending, c, v)
		cancel()
		if err != nil && c.Context().Err() == nil {
			s.log.WarnContext(ctx, "no state for a socket", "room", roomID, "error", err)
			endIfRefused(c, err)
		}
	}
}

// renew notes again who is here, and tells rooms of people whose replica died.
func (s *Sockets) renew(ctx context.Context, open map[string][]string) {
	for roomID, people := range open {
		gone, err := s.node.roll.Renew(ctx, roomID, people)
		if err != nil {
			return // later
		}
		here := s.node.open.online(roomID)
		for _, id := range people {
			if !here[id] { // left while being noted
				_, _ = s.node.roll.Leave(ctx, roomID, id)
			}
		}
		for _, id := range gone {
			s.presence(ctx, visit{roomID: roomID, who: room.Person{ID: id}}, false)
		}
	}
}
