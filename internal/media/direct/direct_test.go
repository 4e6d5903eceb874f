package direct

import (
	"strings"
	"testing"

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
		d, err := Describe(c.raw)
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
		if d, err := Describe(raw); err == nil {
			t.Errorf("%.60q was taken: %+v", raw, d)
		}
	}
}
