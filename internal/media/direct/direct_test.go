package direct

import (
	"strings"
	"testing"

	"synctv/internal/room"
)

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		raw, title string
		kind       room.MediaKind
	}{
		{"https://example.org/films/Big%20Buck.mp4", "Big Buck", room.KindFile},
		{" http://example.org/a.webm?x=1 ", "a", room.KindFile},
		{"https://example.org/live/index.M3U8", "index", room.KindHLS},
		{"https://example.org/x.mpd", "x", room.KindDASH},
		{"https://example.org/x.flv", "x", room.KindFLV},
		{"https://example.org", "example", room.KindFile},
		{"https://example.org/%E7%94%B5%E5%BD%B1.mkv", "电影", room.KindFile},
	} {
		d, err := Describe(c.raw)
		if err != nil {
			t.Errorf("%s: %v", c.raw, err)
			continue
		}
		if d.Title != c.title || d.Source.Kind != c.kind || d.Source.Type != room.SourceDirect {
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
		if d, err := Describe(raw); err == nil {
			t.Errorf("%.60q was taken: %+v", raw, d)
		}
	}
}
