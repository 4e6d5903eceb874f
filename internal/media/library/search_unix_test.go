//go:build unix

package library

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSearch(t *testing.T) {
	l, films := open(t)
	for name, want := range map[string][]string{
		"S1": {"Films/series/s1.mp4"}, "series films": {"Films/series/s1.mp4"}, "mp4 x": {"Films/dir.mp4/x.mp4"},
		"outside": nil, "hidden": nil, "notes": nil, "passwd": nil, " ": nil, "pipe": nil,
	} {
		found, more := l.Search(t.Context(), name)
		if len(found) != len(want) || more {
			t.Errorf("%q: %+v, %v", name, found, more)
			continue
		}
		for i := range want {
			if found[i].Path != want[i] {
				t.Errorf("%q: %+v", name, found)
			}
		}
	}
	// What changes in a folder is seen at the next look.
	if err := os.WriteFile(filepath.Join(films, "series", "Новое.mp4"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if found, _ := l.Search(t.Context(), "новое"); len(found) != 1 {
		t.Errorf("a new file: %+v", found)
	}
	for i := range maxFound + 1 {
		if err := os.WriteFile(filepath.Join(films, "many"+string(rune('a'+i%26))+string(rune('a'+i/26))+".mp4"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if found, more := l.Search(t.Context(), "many"); len(found) != maxFound || !more {
		t.Errorf("%d found, more %v", len(found), more)
	}
}

func TestNothingBesideAFilmLeadsOutside(t *testing.T) {
	l, films := open(t)
	for name, text := range map[string]string{"b.srt": "1", "b.en.ass": "2", "a.jpg": "picture", "series/poster.png": "png"} {
		if err := os.WriteFile(filepath.Join(films, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, link := range []string{"b.zh.srt", "b.jpg"} {
		if err := os.Symlink("../outside.mp4", filepath.Join(films, link)); err != nil {
			t.Fatal(err)
		}
	}
	names, err := l.Subtitles("Films/b.mp4")
	if err != nil || len(names) != 2 || names[0] != "b.en.ass" || names[1] != "b.srt" {
		t.Errorf("%v, %v", names, err)
	}
	if raw, err := l.Subtitle("Films/b.mp4", "b.srt"); err != nil || string(raw) != "1" {
		t.Errorf("%q, %v", raw, err)
	}
	for _, name := range []string{
		"", ".", "..", "../outside.mp4", "b.zh.srt", "b.mp4", "a.webm", "/etc/passwd", `..\outside.mp4`, "b.srt/../../outside.mp4",
		"b./../b.srt", "b.srt\x00.srt", "b.none.srt", "b.zip/x.srt", "b.srt!/x.srt", "b.tar.gz", "file:b.srt", "%2e%2e/b.srt",
	} {
		if raw, err := l.Subtitle("Films/b.mp4", name); err == nil {
			t.Errorf("%q was read: %q", name, raw)
		}
	}
	for film, want := range map[string]string{"Films/a.webm": "picture", "Films/series/s1.mp4": "png", "Films/b.mp4": "", "Films/../films/a.webm": "", "Films/up/outside.mp4": ""} {
		if raw, _, err := l.Picture(film); string(raw) != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", film, raw, err)
		}
	}
}
