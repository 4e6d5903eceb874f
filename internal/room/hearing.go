package room

import (
	"context"

	"synctv/internal/right"
	"synctv/internal/screen"
)

// Hear takes a report. Anybody in the room may make one: it counts when
// somebody with play_control makes it, else for an end or a failure when more
// than half of those who are online agree, for a length when two do. What is
// about another state than the current one is answered with that.
func (s *Service) Hear(ctx context.Context, roomID string, who Person, r screen.Report) (screen.Playback, error) {
	a, err := s.access(ctx, roomID, who)
	if err != nil {
		return screen.Playback{}, err
	}
	if err := r.Check(); err != nil {
		return screen.Playback{}, err
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
		return screen.Playback{}, err
	}
	verdict, err := s.weigh(ctx, a, r)
	if err != nil {
		return screen.Playback{}, err
	}
	if err := s.follow(ctx, p, item, verdict); err != nil {
		return screen.Playback{}, err
	}
	return s.Playbacks.Playback(ctx, roomID)
}

// weigh turns what people say into what holds. A failure may be one browser's
// own, so there even a controller is one among others.
func (s *Service) weigh(ctx context.Context, a Access, mine screen.Report) (screen.Report, error) {
	controls := a.Can.Has(right.PlayControl)
	if controls && mine.Failed == "" {
		return mine, nil
	}
	all, err := s.Endings.Reports(ctx, a.Room.ID, mine.Epoch)
	if err != nil {
		return screen.Report{}, err
	}
	verdict := screen.Agreed(all, s.Announcer.Online(ctx, a.Room.ID))
	if controls {
		verdict.Ended, verdict.DurationS = mine.Ended, mine.DurationS
	}
	return verdict, nil
}

// follow acts on what holds about the current item.
func (s *Service) follow(ctx context.Context, p screen.Playback, item screen.Item, said screen.Report) error {
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
	if p.Status != screen.Playing || p.NextMS > 0 {
		return nil
	}
	if said.Failed != "" || said.Ended && p.EndedAt(s.nowMS(), said.DurationS) {
		return s.conclude(ctx, item.RoomID, p)
	}
	return nil
}

// learn stores what was learned about an item.
func (s *Service) learn(ctx context.Context, learned screen.Item) error {
	_, _, err := s.editPlaylist(ctx, learned.RoomID, func(l screen.Playlist) (screen.Edit, error) {
		it, ok := l.Item(learned.ID)
		if !ok || it.Source != learned.Source {
			return screen.Edit{}, nil // it went, or is another film now
		}
		it.DurationS, it.Broken = learned.DurationS, learned.Broken
		return screen.Edit{Changed: []screen.Item{it}}, nil
	})
	return err
}
