package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"synctv/internal/media/subtitle"
)

const (
	chineseSRT = "1\n00:00:01,000 --> 00:00:04,000\n你好，世界。这是第一行字幕！\n"
	smallASS   = "[Script Info]\nTitle: x\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\nDialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\b1}你好\n"
)

type captionRow struct{ ID, Label, Language, Format, Origin, URL string }

// captions is one room with one item, and words for what people do there.
type captions struct {
	*house
	room, at string // of the API, of the item's subtitles
}

func (c captions) list(who *client) []captionRow {
	var l struct{ Subtitles []captionRow }
	who.get(c.at).ok(200, &l)
	return l.Subtitles
}

func (c captions) upload(who *client, name string, raw []byte) answer {
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.url+c.at+"?name="+name, bytes.NewReader(raw))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Authorization", "Bearer "+who.token)
	return c.send(req)
}

func captionHouse(t *testing.T, env map[string]string) (c captions, root, ada *client) {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "Film.mp4"), 1000)
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(chineseSRT))
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{"Film.chs.srt": gb, "Film.broken.srt": []byte("no"), "Other.srt": gb, "Film.ass": []byte(smallASS)} {
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "Film.link.srt")); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"SYNCTV_LIBRARY": "Films=" + dir}
	for k, v := range env {
		all[k] = v
	}
	h := startHouse(t, all)
	root, ada = h.root(), h.register("ada")
	c = captions{house: h, room: "/api/rooms/" + root.createRoom(map[string]string{"name": "x"})}
	var list struct{ Items []struct{ ID string } }
	root.post(c.room+"/playlist/items", map[string]any{"items": []map[string]string{{"library_path": "Films/Film.mp4"}}}).ok(201, &list)
	c.at = c.room + "/items/" + list.Items[0].ID + "/subtitles"
	ada.post(c.room+"/join", struct{}{}).ok(200, nil)
	return c, root, ada
}

func TestSubtitlesBesideAFilm(t *testing.T) {
	c, _, ada := captionHouse(t, nil)
	got := c.list(ada)
	if len(got) != 3 || got[0].Label != "Film" || got[0].Format != "ass" || got[2].Label != "chs" || got[2].Language != "zh-Hans" || got[2].Origin != "file" {
		t.Fatalf("listed %+v", got)
	}
	a := ada.get(got[2].URL)
	if a.status != 200 || a.header.Get("Content-Type") != "text/vtt; charset=utf-8" || !strings.Contains(string(a.body), "00:00:01.000 --> 00:00:04.000\n你好，世界。这是第一行字幕！") {
		t.Errorf("%d %s %s", a.status, a.header.Get("Content-Type"), a.body)
	}
	if a := ada.get(got[0].URL); a.header.Get("Content-Type") != "text/x-ssa; charset=utf-8" || !strings.Contains(string(a.body), `{\b1}你好`) {
		t.Errorf("%s %s", a.header.Get("Content-Type"), a.body)
	}
	if a := ada.get(got[0].URL + "?format=vtt"); !strings.Contains(string(a.body), "\n你好\n") {
		t.Errorf("%s", a.body)
	}
	ada.get(got[1].URL).problem(400, "subtitle_unknown")
	c.register("eve").get(got[0].URL).problem(403, "not_a_member")
	c.register("eve2").get(c.at).problem(403, "not_a_member")
}

func TestUploadedSubtitles(t *testing.T) {
	c, root, ada := captionHouse(t, nil)
	before := len(c.list(ada))
	var first captionRow
	c.upload(ada, "Some.Film.eng.srt", []byte("1\n00:00:01,000 --> 00:00:02,000\nHello\n")).ok(201, &first)
	if first.Label != "Some.Film.eng" || first.Language != "en" || first.Origin != "upload" {
		t.Errorf("%+v", first)
	}
	if got := c.list(ada); len(got) != before+1 || got[0] != first {
		t.Errorf("listed %+v", got)
	}
	c.register("bob").post(c.room+"/join", struct{}{}).ok(200, nil)

	// What is refused leaves nothing behind.
	c.upload(ada, "x.png", []byte("\x89PNG\r\n\x1a\n")).problem(400, "subtitle_unknown")
	c.upload(ada, "x.vtt", []byte("WEBVTT\n\n")).problem(400, "subtitle_empty")
	c.upload(ada, "x.srt", bytes.Repeat([]byte("a"), subtitle.MaxBytes+1)).problem(413, "body_too_large")
	c.upload(c.register("eve"), "x.srt", []byte(chineseSRT)).problem(403, "not_a_member")
	cut(t, c, ada)
	if got := c.list(ada); len(got) != before+1 {
		t.Errorf("listed %+v", got)
	}

	// Eight of 4 MB fill the room; one more does not fit, whatever it is.
	large := append([]byte(chineseSRT), bytes.Repeat([]byte("\n"), 10)...)
	large = append(large, []byte("2\n00:00:05,000 --> 00:00:06,000\n"+strings.Repeat("x", subtitle.MaxBytes-len(large)-100)+"\n")...)
	for range 7 {
		c.upload(ada, "large.srt", large).ok(201, nil)
	}
	full := c.upload(ada, "large.srt", large)
	for ; full.status == 201; full = c.upload(ada, "large.srt", large) {
	}
	full.problem(409, "subtitle_quota")
	n := len(c.list(ada))
	if n > before+1+8 {
		t.Errorf("%d are kept", n)
	}

	bob := c.register("bob2")
	bob.post(c.room+"/join", struct{}{}).ok(200, nil)
	bob.do("DELETE", first.URL, nil).problem(403, "permission_missing")
	ada.do("DELETE", first.URL, nil).ok(204, nil)
	ada.do("DELETE", first.URL, nil).problem(404, "subtitle_not_found")
	root.do("DELETE", c.list(root)[0].URL, nil).ok(204, nil)
	if got := c.list(ada); len(got) != n-2 {
		t.Errorf("%d are left of %d", len(got), n)
	}
}

// cut sends half of a file and hangs up.
func cut(t *testing.T, c captions, who *client) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(c.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(conn, "POST %s?name=cut.srt HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/octet-stream\r\nContent-Length: 1000\r\n\r\n%s", c.at, who.token, chineseSRT)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close() // that is what is tested
	c.await("the server to notice", func() bool {
		return strings.Contains(c.log.String(), `"method":"POST","path":"`+c.at+`","status":`+"4") || strings.Contains(c.log.String(), `"path":"`+c.at+`","status":5`)
	})
}

func TestSubtitleByAddress(t *testing.T) {
	var asked int
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.Header.Get("Cookie") != "" || r.Header.Get("Authorization") != "" {
			t.Errorf("sent %v", r.Header)
		}
		switch r.URL.Path {
		case "/Film.en.vtt":
			_, _ = fmt.Fprint(w, "WEBVTT\n\n00:01.000 --> 00:02.000\nBy address\n")
		case "/page":
			_, _ = fmt.Fprint(w, "<!doctype html>")
		case "/huge":
			_, _ = w.Write(bytes.Repeat([]byte("a"), subtitle.MaxBytes+10))
		default:
			http.NotFound(w, r)
		}
	}))
	defer origin.Close()
	c, _, ada := captionHouse(t, map[string]string{"SYNCTV_FETCH_ALLOW": "127.0.0.1"})
	add := func(path string) answer { return ada.post(c.at+"/fetch", map[string]string{"url": origin.URL + path}) }
	var got captionRow
	add("/Film.en.vtt?token=secret").ok(201, &got)
	if got.Label != "Film.en" || got.Language != "en" || got.Origin != "url" {
		t.Errorf("%+v", got)
	}
	if a := ada.get(got.URL); !strings.Contains(string(a.body), "By address") || asked != 1 {
		t.Errorf("%s, asked %d times", a.body, asked)
	}
	add("/page").problem(400, "subtitle_unknown")
	add("/huge").problem(413, "upstream_too_large")
	add("/none").problem(503, "upstream_status")
	if strings.Contains(c.log.String(), "token=secret") {
		t.Error("the address is in the log")
	}
	closed, _, eve := captionHouse(t, nil)
	eve.post(closed.at+"/fetch", map[string]string{"url": origin.URL + "/Film.en.vtt"}).problem(403, "address_refused")
}
