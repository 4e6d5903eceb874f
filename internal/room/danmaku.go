package room

import (
	"context"

	"synctv/internal/ident"
	"synctv/internal/problem"
	"synctv/internal/right"
	"synctv/internal/talk"
)

// Limits of comments over the film.
const (
	danmakuPerSecond = 3
	danmakuBurst     = 3
	danmakuPage      = 1000 // the most one window answers with
	maxDanmakuSpanS  = 600  // the longest window in seconds of film
)

// Comment stores a comment over an item's film and shows it to the room.
func (s *Service) Comment(ctx context.Context, roomID string, who Person, d talk.Danmaku) (talk.Danmaku, error) {
	a, err := s.mayTalk(ctx, roomID, who)
	if err != nil {
		return talk.Danmaku{}, err
	}
	if !a.Room.Settings.Danmaku {
		return talk.Danmaku{}, talk.ErrDanmakuOff
	}
	if d, err = d.Check(); err != nil {
		return talk.Danmaku{}, err
	}
	if err := s.slower(s.danmakuFlood, roomID+"/"+a.Member.PersonID); err != nil {
		return talk.Danmaku{}, err
	}
	if _, err := s.Playlists.Item(ctx, roomID, d.ItemID); err != nil {
		return talk.Danmaku{}, err
	}
	d.ID, d.CreatedMS = ident.New(), s.nowMS()
	d.Author = talk.Author{ID: a.Member.PersonID, Name: a.Member.Name, Color: a.Member.Color}
	if err := s.Danmakus.AddDanmaku(ctx, roomID, d); err != nil {
		return talk.Danmaku{}, err
	}
	s.Announcer.Announce(ctx, roomID, Event{Type: EventDanmaku, Danmaku: &d})
	return d, nil
}

// DanmakuWindow is a part of the film's comments.
type DanmakuWindow struct {
	Danmaku []talk.Danmaku `json:"danmaku" doc:"by film position"`
	UntilS  float64        `json:"until_s" doc:"the window is complete up to here; less than asked when there are very many"`
}

// Comments are those of an item from one film position up to another. A
// window that holds too many ends early and says where to go on.
func (s *Service) Comments(ctx context.Context, roomID string, who Person, itemID string, fromS, toS float64) (DanmakuWindow, error) {
	if _, err := s.require(ctx, roomID, who, right.ViewChatHistory); err != nil {
		return DanmakuWindow{}, err
	}
	if !(fromS >= 0 && toS > fromS && toS-fromS <= maxDanmakuSpanS) {
		return DanmakuWindow{}, problem.InvalidField("query.to_s", "out_of_range", "A window is up to ten minutes of film, forwards.")
	}
	found, err := s.Danmakus.DanmakuBetween(ctx, roomID, itemID, fromS, toS, danmakuPage)
	if err != nil {
		return DanmakuWindow{}, err
	}
	w := DanmakuWindow{Danmaku: found, UntilS: toS}
	if len(found) == danmakuPage && found[danmakuPage-1].PositionS > fromS {
		w.UntilS = found[danmakuPage-1].PositionS
	}
	return w, nil
}

// RemoveComment takes a comment off the film: one's own, or anyone's with
// delete_chat.
func (s *Service) RemoveComment(ctx context.Context, roomID string, who Person, danmakuID string) error {
	a, err := s.access(ctx, roomID, who)
	if err != nil {
		return err
	}
	author := a.Member.PersonID
	if a.Can.Has(right.DeleteChat) {
		author = "" // anyone's
	}
	if err := s.Danmakus.RemoveDanmaku(ctx, roomID, danmakuID, author); err != nil {
		return err
	}
	s.Announcer.Announce(ctx, roomID, Event{Type: EventDanmakuGone, ID: danmakuID})
	return nil
}
