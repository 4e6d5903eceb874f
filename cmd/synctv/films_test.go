package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// With ffmpeg installed a library file has its length, a picture and the
// subtitles inside it.
func TestWhatIsInsideAFilm(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("ffmpeg is not installed")
	}
	dir := t.TempDir()
	srt := filepath.Join(dir, "x.txt")
	if err := os.WriteFile(srt, []byte("1\n00:00:00,500 --> 00:00:01,500\n你好\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10", "-f", "srt", "-i", srt, //nolint:gosec // the test's own files
		"-t", "2", "-map", "0:v", "-map", "1:s", "-c:v", "libx264", "-preset", "ultrafast", "-c:s", "srt", "-metadata:s:s:0", "language=chi", filepath.Join(dir, "Film One.mkv")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	writeFile(t, filepath.Join(dir, "Broken.mp4"), 1000)
	h := startHouse(t, map[string]string{"SYNCTV_LIBRARY": "Films=" + dir})
	root := h.root()
	var info struct{ FFmpeg bool }
	root.get("/api/info").ok(200, &info)
	if !info.FFmpeg {
		t.Error("ffmpeg is installed, and nobody says so")
	}
	var found struct{ Entries []struct{ Path string } }
	root.get("/api/library/search?q=film%20one").ok(200, &found)
	if len(found.Entries) != 1 || found.Entries[0].Path != "Films/Film One.mkv" {
		t.Errorf("found %+v", found)
	}
	if a := root.get("/api/library/picture?path=Films/Film%20One.mkv"); a.status != 200 || !bytes.HasPrefix(a.body, []byte("\xff\xd8\xff")) || a.header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("picture: %d, %d bytes", a.status, len(a.body))
	}
	root.get("/api/library/picture?path=Films/Broken.mp4").problem(404, "library_not_found")
	h.register("ada").get("/api/library/picture?path=Films/Film%20One.mkv").problem(403, "library_forbidden")

	room := "/api/rooms/" + root.createRoom(map[string]string{"name": "x"})
	var list struct {
		Items []struct {
			ID        string
			DurationS float64 `json:"duration_s"`
		}
	}
	root.post(room+"/playlist/items", map[string]any{"items": []map[string]string{{"library_path": "Films/Film One.mkv"}, {"library_path": "Films/Broken.mp4"}}}).ok(201, &list)
	if d := list.Items[0].DurationS; d < 1.9 || d > 2.2 || list.Items[1].DurationS != 0 {
		t.Errorf("%+v", list)
	}
	var tracks struct{ Subtitles []captionRow }
	root.get(room+"/items/"+list.Items[0].ID+"/subtitles").ok(200, &tracks)
	if len(tracks.Subtitles) != 1 || tracks.Subtitles[0].Origin != "embedded" || tracks.Subtitles[0].Language != "zh" {
		t.Fatalf("%+v", tracks)
	}
	if a := root.get(tracks.Subtitles[0].URL); !strings.Contains(string(a.body), "00:00:00.500 --> 00:00:01.500\n你好") {
		t.Errorf("%s", a.body)
	}
	root.get(strings.Replace(tracks.Subtitles[0].URL, "/t-", "/t-9", 1)).problem(404, "subtitle_not_found")
}
