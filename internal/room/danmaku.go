package room

import (
	"context"
	"math"

	"synctv/internal/ident"
	"synctv/internal/problem"
	"synctv/internal/right"
	"synctv/internal/screen"
	"synctv/internal/text"
)

// Limits of comments over the film.
const (
	MaxDanmaku       = 100 // characters
	danmakuPerSecond = 3
	danmakuBurst     = 3
	danmakuPage      = 1000 // the most one window answers with
	maxDanmakuSpanS  = 600  // the longest window in seconds of film
)

// The events of comments over the film.
const (
	EventDanmaku     EventType = "danmaku"
	EventDanmakuGone EventType = "danmaku_gone"
)

// DanmakuMode is how a comment moves.
type DanmakuMode string

// The modes.
const (
	ModeScroll DanmakuMode = "scroll"
	ModeTop    DanmakuMode = "top"
	ModeBottom DanmakuMode = "bottom"
)

// DanmakuSize is how large a comment is drawn.
type DanmakuSize string

// The sizes.
const (
	SizeSmall  DanmakuSize = "small"
	SizeNormal DanmakuSize = "normal"
	SizeLarge  DanmakuSize = "large"
)

// Danmaku is one comment that passes over the film at its position, for
// everybody who watches that part, now or later. Text is text, never HTML.
type Danmaku struct {
	ID        string      `json:"id"`
	ItemID    string      `json:"item_id"`
	PositionS float64     `json:"position_s" doc:"film position in seconds"`
	Text      string      `json:"text"`
	Mode      DanmakuMode `json:"mode" enum:"scroll,top,bottom"`
	Color     string      `json:"color" doc:"#rrggbb"`
	Size      DanmakuSize `json:"size" enum:"small,normal,large"`
	Author    Author      `json:"author"`
	CreatedMS int64       `json:"created_ms"`
}

// check cleans a comment and fills in what was left out.
func (d Danmaku) check() (Danmaku, error) {
	said, err := text.Check("body.text", d.Text, 1, MaxDanmaku)
	if err != nil {
		return d, err
	}
	d.Text = said
	if d.Mode == "" {
		d.Mode = ModeScroll
	}
	if d.Size == "" {
		d.Size = SizeNormal
	}
	if d.Color == "" {
		d.Color = "#ffffff"
	}
	switch {
	case d.Mode != ModeScroll && d.Mode != ModeTop && d.Mode != ModeBottom:
		return d, problem.InvalidField("body.mode", "unknown", "A comment scrolls, or stands at the top or the bottom.")
	case d.Size != SizeSmall && d.Size != SizeNormal && d.Size != SizeLarge:
		return d, problem.InvalidField("body.size", "unknown", "A comment is small, normal or large.")
	case !isColor(d.Color):
		return d, problem.InvalidField("body.color", "invalid", "A colour is written #rrggbb.")
	case math.IsNaN(d.PositionS) || d.PositionS < 0 || d.PositionS > screen.MaxPositionS:
		return d, problem.InvalidField("body.position_s", "out_of_range", "A position is between 0 and four weeks.")
	}
	return d, nil
}

func isColor(s string) bool {
	if len(s) != 7 || s[0] != '#' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if c := s[i] | 0x20; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Comment stores a comment over an item's film and shows it to the room.
func (s *Service) Comment(ctx context.Context, roomID string, who Person, d Danmaku) (Danmaku, error) {
	a, err := s.mayTalk(ctx, roomID, who)
	if err != nil {
		return Danmaku{}, err
	}
	if !a.Room.Settings.Danmaku {
		return Danmaku{}, ErrDanmakuOff
	}
	if d, err = d.check(); err != nil {
		return Danmaku{}, err
	}
	if err := s.slower(s.danmakuFlood, roomID+"/"+a.Member.PersonID); err != nil {
		return Danmaku{}, err
	}
	if _, err := s.Playlists.Item(ctx, roomID, d.ItemID); err != nil {
		return Danmaku{}, err
	}
	d.ID, d.CreatedMS = ident.New(), s.nowMS()
	d.Author = Author{ID: a.Member.PersonID, Name: a.Member.Name, Color: a.Member.Color}
	if err := s.Danmakus.AddDanmaku(ctx, roomID, d); err != nil {
		return Danmaku{}, err
	}
	s.Announcer.Announce(ctx, roomID, Event{Type: EventDanmaku, Danmaku: &d})
	return d, nil
}

// DanmakuWindow is a part of the film's comments.
type DanmakuWindow struct {
	Danmaku []Danmaku `json:"danmaku" doc:"by film position"`
	UntilS  float64   `json:"until_s" doc:"the window is complete up to here; less than asked when there are very many"`
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
