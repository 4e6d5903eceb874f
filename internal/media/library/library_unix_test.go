//go:build unix

package library

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"synctv/internal/problem"
)

func open(t *testing.T) (*Library, string) {
	t.Helper()
	base := t.TempDir()
	films := filepath.Join(base, "films")
	for name, text := range map[string]string{
		"films/b.mp4": "b", "films/a.webm": "aa", "films/notes.txt": "no", "films/.hidden.mp4": "no",
		"films/series/s1.mp4": "1", "films/dir.mp4/x.mp4": "x", "outside.mp4": "secret", "filmsX/y.mp4": "y",
	} {
		p := filepath.Join(base, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"out.mp4": "../outside.mp4", "abs.mp4": filepath.Join(base, "outside.mp4"), "in.mp4": "b.mp4", "up": ".."} {
		if err := os.Symlink(target, filepath.Join(films, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(films, "pipe.mp4"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := Open([]Folder{{Name: "Films", Path: films}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, films
}

func TestList(t *testing.T) {
	l, _ := open(t)
	top, err := l.List("")
	if err != nil || len(top) != 1 || top[0].Path != "Films" || !top[0].Folder {
		t.Fatalf("top: %+v, %v", top, err)
	}
	list, err := l.List("/Films/")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range list {
		got = append(got, e.Path)
	}
	want := []string{"Films/dir.mp4", "Films/series", "Films/a.webm", "Films/b.mp4"}
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	if list[2].Size != 2 || list[2].ModifiedMS == 0 {
		t.Errorf("size and time: %+v", list[2])
	}
}

func TestOpen(t *testing.T) {
	l, _ := open(t)
	for _, p := range []string{"Films/b.mp4", "/Films/series/s1.mp4", "Films/in.mp4"} {
		f, err := l.Open(p)
		if err != nil {
			t.Errorf("%s: %v", p, err)
			continue
		}
		_ = f.Close()
	}
	if d, err := l.Describe("Films/series/s1.mp4"); err != nil || d.Title != "s1" || d.Source.Path != "Films/series/s1.mp4" {
		t.Errorf("describe: %+v, %v", d, err)
	}
}

func TestNothingOutsideIsReached(t *testing.T) {
	l, films := open(t)
	for _, p := range []string{
		"", ".", "..", "Films", "Films/..", "../outside.mp4", "Films/../../outside.mp4", "Films/./b.mp4", "Films//b.mp4",
		`Films\..\outside.mp4`, "Films/out.mp4", "Films/abs.mp4", "Films/up/outside.mp4", "Films/up/films/b.mp4",
		"/etc/passwd", "Films/notes.txt", "Films/dir.mp4", "Films/pipe.mp4", "Films/b.mp4\x00.txt", "films/b.mp4", "FilmsX/y.mp4",
		films + "/b.mp4", "Films/%2e%2e/outside.mp4", "Films/none.mp4", "file:///etc/passwd",
	} {
		f, err := l.Open(p)
		if err == nil {
			_ = f.Close()
			t.Errorf("%q was opened", p)
			continue
		}
		if k := problem.KindOf(err); k != problem.NotFound && k != problem.Invalid {
			t.Errorf("%q: kind %s", p, k)
		}
	}
	for _, p := range []string{"Films/up", "Films/../..", "..", "Films/none"} {
		if list, err := l.List(p); err == nil {
			t.Errorf("%q was listed: %v", p, list)
		}
	}
}

func TestFolderNames(t *testing.T) {
	dir := t.TempDir()
	for _, f := range [][]Folder{{{Name: "", Path: dir}}, {{Name: "a/b", Path: dir}}, {{Name: "a", Path: dir}, {Name: "a", Path: dir}}, {{Name: "a", Path: dir + "/none"}}} {
		if l, err := Open(f); err == nil {
			_ = l.Close()
			t.Errorf("%v was taken", f)
		}
	}
}
