package room

import (
	"context"
	"math"
	"slices"

	"synctv/internal/problem"
	"synctv/internal/right"
)

// Report is what one person's player says about the current item.
type Report struct {
	PersonID  string
	ItemID    string
	Epoch     int64   // of the playback it is about
	DurationS float64 // how long the player found it to be; 0 = unknown
	Ended     bool
	Failed    string // why it does not play there, as a code; empty = it does
}

const (
	// sameLengthS: two players that differ by less mean the same length.
	sameLengthS = 0.5
	// earlyEndS: an end this long before the room's own position would be a
	// player that went ahead of the room.
	earlyEndS     = 5.0
	maxFailedCode = 32
)

// Hear takes a report. Anybody in the room may make one: it counts when
// somebody with play_control makes it, else for an end or a failure when more
// than half of those who are online agree, for a length when two do. What is
// about another state than the current one is answered with that.
func (s *Service) Hear(ctx context.Context, roomID string, who Person, r Report) (Playback, error) {
	a, err := s.access(ctx, roomID, who)
	if err != nil {
		return Playback{}, err
	}
	if err := r.check(); err != nil {
		return Playback{}, err
	}
	p, err := s.Playbacks.Playback(ctx, roomID)
	if err != nil || p.ItemID == "" || p.ItemID != r.ItemID || p.Epoch != r.Epoch {
		return p, err
	}
	item, err := s.Playlists.Item(ctx, roomID, p.ItemID)
	if err != nil || item.Live {
		return p, err // a live stream has no end that its viewers know of
	}
	r.PersonID = a.Member.PersonID
	if err := s.Endings.PutReport(ctx, roomID, r); err != nil {
		return Playback{}, err
	}
	verdict, err := s.weigh(ctx, a, r)
	if err != nil {
		return Playback{}, err
	}
	if err := s.follow(ctx, p, item, verdict); err != nil {
		return Playback{}, err
	}
	return s.Playbacks.Playback(ctx, roomID)
}

func (r Report) check() error {
	if math.IsNaN(r.DurationS) || r.DurationS < 0 || r.DurationS > maxPositionS {
		return problem.InvalidField("body.duration_s", "out_of_range", "A length is between 0 and four weeks.")
	}
	if len(r.Failed) > maxFailedCode {
		return problem.InvalidField("body.failed", "too_long", "This is too long.")
	}
	return nil
}

// weigh turns what people say into what holds. A failure may be one browser's
// own, so there even a controller is one among others.
func (s *Service) weigh(ctx context.Context, a Access, mine Report) (Report, error) {
	controls := a.Can.Has(right.PlayControl)
	if controls && mine.Failed == "" {
		return mine, nil
	}
	all, err := s.Endings.Reports(ctx, a.Room.ID, mine.Epoch)
	if err != nil {
		return Report{}, err
	}
	verdict := agreed(all, s.Announcer.Online(ctx, a.Room.ID))
	if controls {
		verdict.Ended, verdict.DurationS = mine.Ended, mine.DurationS
	}
	return verdict, nil
}

// agreed is what enough of the people who are here say.
func agreed(all []Report, online map[string]bool) Report {
	all = slices.DeleteFunc(slices.Clone(all), func(r Report) bool { return !online[r.PersonID] })
	var out Report
	ended, failed := 0, 0
	for i, r := range all {
		if r.Ended {
			ended++
		}
		if r.Failed != "" {
			failed++
			out.Failed = r.Failed
		}
		for _, other := range all[:i] {
			if r.DurationS > 0 && math.Abs(r.DurationS-other.DurationS) <= sameLengthS {
				out.DurationS = max(r.DurationS, other.DurationS)
			}
		}
	}
	out.Ended = 2*ended > len(online)
	if 2*failed <= len(online) {
		out.Failed = ""
	}
	return out
}

// follow acts on what holds about the current item.
func (s *Service) follow(ctx context.Context, p Playback, item Item, said Report) error {
	fresh := said.DurationS > 0 && item.DurationS == 0
	if fresh {
		item.DurationS = said.DurationS
	}
	if fresh || said.Failed != "" && item.Broken == "" {
		item.Broken = said.Failed
		if err := s.learn(ctx, item); err != nil {
			return err
		}
	}
	if fresh {
		next := p
		next.DurationS, next.Version = item.DurationS, p.Version+1
		swapped, err := s.swapTo(ctx, item.RoomID, p, next)
		if err != nil || !swapped {
			return err // the next report, or the next start, has it
		}
		p = next
	}
	if p.Status != Playing || p.NextMS > 0 {
		return nil
	}
	if said.Failed != "" || said.Ended && p.endedAt(s.nowMS(), said.DurationS) {
		_, err := s.conclude(ctx, item.RoomID, p)
		return err
	}
	return nil
}

// learn stores what was learned about an item.
func (s *Service) learn(ctx context.Context, learned Item) error {
	_, _, err := s.editPlaylist(ctx, learned.RoomID, func(l Playlist) (Edit, error) {
		it, ok := l.item(learned.ID)
		if !ok || it.Source != learned.Source {
			return Edit{}, nil // it went, or is another film now
		}
		it.DurationS, it.Broken = learned.DurationS, learned.Broken
		return Edit{Changed: []Item{it}}, nil
	})
	return err
}

// endedAt tells whether the room's own time bears out an end that players
// report: it is not far before it.
func (p Playback) endedAt(nowMS int64, lengthS float64) bool {
	at := p.PositionAt(nowMS)
	if p.DurationS > 0 {
		lengthS = p.DurationS
	}
	return lengthS == 0 || at >= lengthS-earlyEndS
}
