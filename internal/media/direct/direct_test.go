package direct

import (
	"strings"
	"testing"

	"synctv/internal/room"
	"synctv/internal/screen"
)

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		raw, title string
		kind       screen.MediaKind
	}{
		{"https://example.org/films/Big%20Buck.mp4", "Big Buck", screen.KindFile},
		{" http://example.org/a.webm?x=1 ", "a", screen.KindFile},
		{"https://example.org/live/index.M3U8", "index", screen.KindHLS},
		{"https://example.org/x.mpd", "x", screen.KindDASH},
		{"https://example.org/x.flv", "x", screen.KindFLV},
		{"https://example.org", "example", screen.KindFile},
		{"https://example.org/%E7%94%B5%E5%BD%B1.mkv", "电影", screen.KindFile},
	} {
		d, err := Describe(room.NewItem{URL: c.raw}, true)
		if err != nil {
			t.Errorf("%s: %v", c.raw, err)
			continue
		}
		if d.Title != c.title || d.Source.Kind != c.kind || d.Source.Type != screen.SourceDirect {
			t.Errorf("%s: got %+v", c.raw, d)
		}
	}
}

func TestDescribeRefuses(t *testing.T) {
	for _, raw := range []string{
		"", "x.mp4", "ftp://example.org/x.mp4", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd",
		"//example.org/x.mp4", "http://", "https://user:pw@example.org/x.mp4", "http://[::1", "mailto:a@b.c",
		"https://example.org/" + strings.Repeat("a", maxURL),
	} {
		if d, err := Describe(room.NewItem{URL: raw}, true); err == nil {
			t.Errorf("%.60q was taken: %+v", raw, d)
		}
	}
}

// Live streams that no player of ours opens at their address are this server's
// to fetch, if it may.
func TestDescribeLive(t *testing.T) {
	for _, c := range []struct {
		item    room.NewItem
		fetches bool
		source  screen.SourceType
		live    bool
	}{
		{room.NewItem{URL: "rtmp://example.org/live/x?key=1"}, true, screen.SourceLive, true},
		{room.NewItem{URL: "rtmps://example.org/live/x", DurationS: 9}, true, screen.SourceLive, true},
		{room.NewItem{URL: "rtmp://example.org/live/x"}, false, "", false},
		{room.NewItem{URL: "rtmp://user:pw@example.org/live/x"}, true, "", false},
		{room.NewItem{URL: "https://example.org/x.flv"}, true, screen.SourceDirect, false},
		{room.NewItem{URL: "https://example.org/x.flv", Live: true}, true, screen.SourceLive, true},
		{room.NewItem{URL: "https://example.org/x.flv", Live: true}, false, screen.SourceDirect, true},
		{room.NewItem{URL: "https://example.org/x", Kind: screen.KindFLV, Live: true}, true, screen.SourceLive, true},
		{room.NewItem{URL: "https://example.org/x", Kind: screen.KindHLS, Live: true}, true, screen.SourceDirect, true},
		{room.NewItem{URL: "https://example.org/radio", Live: true}, true, screen.SourceDirect, true},
	} {
		d, err := Describe(c.item, c.fetches)
		if (err != nil) != (c.source == "") || d.Source.Type != c.source || d.Live != c.live || d.Live && d.DurationS != 0 {
			t.Errorf("%+v: %+v, %v", c.item, d, err)
		}
		if (d.Source.Stream != "") != (c.source == screen.SourceLive) {
			t.Errorf("%+v: stream %q", c.item, d.Source.Stream)
		}
	}
}
