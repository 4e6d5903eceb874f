package talk

import (
	"math"

	"synctv/internal/problem"
	"synctv/internal/screen"
	"synctv/internal/text"
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

// Check cleans a comment and fills in what was left out.
func (d Danmaku) Check() (Danmaku, error) {
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

// MaxDanmaku is the length of a comment in characters.
const MaxDanmaku = 100
