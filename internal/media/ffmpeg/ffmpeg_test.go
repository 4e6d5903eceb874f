package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// film makes a short one with a subtitle of each kind inside.
func film(t *testing.T, tools *Tools) *os.File {
	t.Helper()
	dir := t.TempDir()
	srt := filepath.Join(dir, "a.srt")
	if err := os.WriteFile(srt, []byte("1\n00:00:00,500 --> 00:00:01,500\n你好\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "film.mkv")
	out, err := exec.CommandContext(t.Context(), tools.ffmpeg, "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10", //nolint:gosec // found in the path
		"-f", "lavfi", "-i", "sine", "-i", srt, "-t", "2", "-map", "0:v", "-map", "1:a", "-map", "2:s", "-map", "2:s",
		"-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-c:s:0", "srt", "-c:s:1", "ass",
		"-metadata:s:s:0", "language=chi", "-metadata:s:s:1", "title=Styled", "-metadata", "title=The Name", path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return open(t, path)
}

func open(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open(path) //nolint:gosec // the test's own
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func installed(t *testing.T) *Tools {
	t.Helper()
	tools := Find()
	if !tools.Installed() {
		if os.Getenv("CI") != "" {
			t.Fatal("ffmpeg is not installed")
		}
		t.Skip("ffmpeg is not installed")
	}
	return tools
}

func TestFilm(t *testing.T) {
	tools := installed(t)
	f := film(t, tools)
	info, err := tools.Probe(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	if info.DurationS < 1.9 || info.DurationS > 2.2 || info.Title != "The Name" || len(info.Tracks) != 4 {
		t.Fatalf("%+v", info)
	}
	if s := info.Tracks[2]; !s.IsText() || s.Codec != "subrip" || s.Language != "chi" || info.Tracks[3].Title != "Styled" || info.Tracks[0].IsText() {
		t.Errorf("%+v", info.Tracks)
	}
	for i, want := range map[int]string{2: "WEBVTT", 3: "[Script Info]"} {
		text, err := tools.Subtitle(t.Context(), f, info.Tracks[i], 1<<20)
		if err != nil || !strings.HasPrefix(string(text), want) || !strings.Contains(string(text), "你好") {
			t.Errorf("track %d: %s, %v", i, text, err)
		}
	}
	if _, err := tools.Subtitle(t.Context(), f, info.Tracks[2], 10); !errors.Is(err, ErrFailed) {
		t.Errorf("a subtitle of more than ten bytes: %v", err)
	}
	picture, err := tools.Picture(t.Context(), f, 1)
	if err != nil || !bytes.HasPrefix(picture, []byte("\xff\xd8\xff")) {
		t.Errorf("%d bytes, %v", len(picture), err)
	}
}

// A file that only names others must not make ffmpeg open those.
func TestFilesThatNameOthers(t *testing.T) {
	tools := installed(t)
	dir := t.TempDir()
	f := film(t, tools)
	for name, text := range map[string]string{
		"playlist.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n" + f.Name() + "\n#EXT-X-ENDLIST\n",
		"concat.mp4":   "ffconcat version 1.0\nfile " + f.Name() + "\n",
		"remote.mp4":   "#EXTM3U\n#EXTINF:2,\nhttp://127.0.0.1:1/x.ts\n#EXT-X-ENDLIST\n",
		"text.mp4":     "root:x:0:0:root:/root:/bin/bash\n", "empty.mp4": "",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if info, err := tools.Probe(t.Context(), open(t, path)); !errors.Is(err, ErrFailed) {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
	}
}

func TestBounds(t *testing.T) {
	tools := installed(t)
	f := film(t, tools)
	ctx, cancel := context.WithCancel(t.Context())
	for range running { // every place taken
		tools.slots <- struct{}{}
	}
	var wg sync.WaitGroup
	for range running + waiting {
		wg.Go(func() {
			if _, err := tools.Probe(ctx, f); !errors.Is(err, context.Canceled) {
				t.Errorf("waited and got %v", err)
			}
		})
	}
	for len(tools.queue) < running+waiting {
		runtime.Gosched() // the goroutines above fill it
	}
	if _, err := tools.Probe(t.Context(), f); !errors.Is(err, ErrBusy) {
		t.Errorf("one too many: %v", err)
	}
	cancel()
	wg.Wait()
	for range running {
		<-tools.slots
	}
	if _, err := tools.Probe(t.Context(), f); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestNotInstalled(t *testing.T) {
	if _, err := new(Tools).Probe(t.Context(), nil); !errors.Is(err, ErrMissing) {
		t.Error(err)
	}
}
