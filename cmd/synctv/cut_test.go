package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"synctv/internal/live/rtmp/rtmptest"
)

// filmSize is more than all buffers between a disk and a reader hold.
const filmSize = 512 << 20

// onScreen is everything one person has running in a room.
type onScreen struct {
	t    *testing.T
	file io.Reader                // read to its beginning only
	ends map[string]chan struct{} // closed when a running response has ended
}

// cinema is a room with a stream on air and a film on the disk.
type cinema struct {
	*lobby
	film, flv, hls string // hls: a playlist that is not there for a long while
}

// openCinema publishes a stream whose key frames stop after two seconds, so
// that the HLS segment after those does not come.
func (h *house) openCinema(l *lobby) *cinema {
	h.t.Helper()
	c := &cinema{lobby: l}
	var added struct {
		Items []struct{ Play struct{ URL string } }
	}
	h.root().post(l.path+"/join", struct{}{}).ok(200, nil)
	h.root().post(l.path+"/playlist/items", map[string]any{"items": []map[string]string{{"library_path": "Films/film.mp4"}}}).ok(201, &added)
	c.film = added.Items[0].Play.URL
	var k struct {
		URL, Stream string
		Item        struct{ Play struct{ URL string } }
	}
	l.ada.post(l.path+"/live-keys", struct{}{}).ok(201, &k)
	c.flv = k.Item.Play.URL
	p, err := rtmptest.Publish(h.t.Context(), k.URL)
	if err != nil {
		h.t.Fatal(err)
	}
	film := longGOP(h.t)
	var pushing sync.WaitGroup
	// Slowly: ten seconds of film after a key frame a stream takes no more viewers.
	pushing.Go(func() { _ = p.Push(h.t.Context(), bytes.NewReader(film), 0.4) })
	h.t.Cleanup(func() { p.Abort(); pushing.Wait() })
	base := l.path + "/live/" + k.Stream + "/"
	h.await("a playlist", func() bool { return l.ada.get(base+"index.m3u8").status == http.StatusOK })
	list := base + regexp.MustCompile(`(?m)^[a-z0-9_]+\.m3u8`).FindString(string(l.ada.get(base+"index.m3u8").body))
	h.await("the endless segment", func() bool {
		_, tail, ok := cutLast(string(l.ada.get(list).body), "#EXTINF")
		return ok && strings.Count(tail, "#EXT-X-PART:") > partsPerSegment
	})
	c.hls = list + "?_HLS_msn=" + strconv.Itoa(segments(string(l.ada.get(list).body))+1)
	return c
}

// partsPerSegment: a part lasts 200 ms, a key frame comes each second at first.
const partsPerSegment = 6

// cutLast is strings.Cut at the last sep.
func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// segments is the number of the segment that is being made.
func segments(playlist string) int {
	first := 0
	if m := regexp.MustCompile(`MEDIA-SEQUENCE:(\d+)`).FindStringSubmatch(playlist); m != nil {
		first, _ = strconv.Atoi(m[1]) // digits
	}
	return first + strings.Count(playlist, "#EXTINF")
}

func longGOP(t *testing.T) []byte {
	t.Helper()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("needs ffmpeg (Debian package ffmpeg)")
	}
	out, err := exec.CommandContext(t.Context(), ffmpeg, "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x36:rate=10:duration=900",
		"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "9999", "-sc_threshold", "0",
		"-force_key_frames", "expr:if(lt(t,1.5),gte(t,n_forced),0)", "-f", "flv", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// watch opens everything there is for one person.
func (c *cinema) watch(who *client) *onScreen {
	t := who.h.t
	t.Helper()
	s := &onScreen{t: t, ends: map[string]chan struct{}{}}
	s.file = c.open(who, c.film).Body
	if _, err := io.ReadFull(s.file, make([]byte, 4096)); err != nil {
		t.Fatal(err)
	}
	flv := c.open(who, c.flv).Body
	if _, err := io.ReadFull(flv, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	s.follow("flv", func() { _, _ = io.Copy(io.Discard, flv) })
	conn, _, err := websocket.Dial(t.Context(), who.h.url+c.flv, &websocket.DialOptions{
		HTTPHeader: http.Header{"Authorization": {"Bearer " + who.token}},
	})
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(16 << 20)
	if _, _, err := conn.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.follow("flv over a WebSocket", func() {
		for {
			if _, _, err := conn.Read(t.Context()); err != nil {
				return
			}
		}
	})
	s.follow("hls", func() {
		res, err := http.DefaultClient.Do(who.request(c.hls))
		if err != nil {
			return // the connection was closed
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode == http.StatusOK {
			t.Error("a playlist came that was waited for")
		}
	})
	return s
}

func (c *client) request(path string) *http.Request {
	c.h.t.Helper()
	req, err := http.NewRequestWithContext(c.h.t.Context(), http.MethodGet, c.h.url+path, nil)
	if err != nil {
		c.h.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	return req
}

// impatient fails rather than waits for ever for what does not begin.
var impatient = &http.Client{Transport: &http.Transport{ResponseHeaderTimeout: 30 * time.Second}}

func (c *cinema) open(who *client, path string) *http.Response {
	who.h.t.Helper()
	res, err := impatient.Do(who.request(path))
	if err != nil || res.StatusCode != http.StatusOK {
		who.h.t.Fatalf("%s: %v %v", path, res, err)
	}
	who.h.t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func (s *onScreen) follow(what string, read func()) {
	end := make(chan struct{})
	s.ends[what] = end
	go func() { defer close(end); read() }()
	s.t.Cleanup(func() { <-end })
}

// dark waits until everything has ended and says what did not.
func (s *onScreen) dark(how string, since time.Time) {
	s.t.Helper()
	for what, end := range s.ends {
		select {
		case <-end:
			s.t.Logf("%s: %s ended %v after the answer", how, what, time.Since(since).Round(time.Millisecond))
		case <-time.After(20 * time.Second):
			s.t.Fatalf("%s: %s goes on", how, what)
		}
	}
	if n, err := io.Copy(io.Discard, s.file); err == nil || n > filmSize/2 {
		s.t.Errorf("%s: the film came whole: %d bytes, %v", how, n, err)
	}
}

func (s *onScreen) runs() {
	s.t.Helper()
	for what, end := range s.ends {
		select {
		case <-end:
			s.t.Fatalf("%s of somebody else has ended", what)
		default:
		}
	}
}

// Whoever is put out, goes, or whose session ends, has nothing left running.
func TestRunningResponsesAreCut(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "film.mp4"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, "film.mp4"), filmSize); err != nil {
		t.Fatal(err)
	}
	h := startHouse(t, map[string]string{"SYNCTV_LIBRARY": "Films=" + dir})
	c, root := h.lobby(), h.root()
	user := func(name string) *client { u := h.register(name); c.join(u); return u }
	stays := user("stays")
	// Passwords are slow: everybody is there before the film begins.
	ways := []struct {
		name string
		who  *client
		act  func(who *client)
	}{
		{"kick", user("kicked"), func(w *client) { c.about(c.ada, w.id(), "kick", fields()).ok(204, nil) }},
		{"kick of a guest", h.guest(c.id, "Gus"), func(w *client) { c.about(c.ada, c.me(w).ID, "kick", fields()).ok(204, nil) }},
		{"ban", user("banned"), func(w *client) { c.about(c.ada, w.id(), "ban", fields()).ok(200, nil) }},
		{"ban of a guest", h.guest(c.id, "Gil"), func(w *client) { c.about(c.ada, c.me(w).ID, "ban", fields()).ok(200, nil) }},
		{"guests off", h.guest(c.id, "Gia"), func(*client) { c.patch(c.ada, fields("settings", fields("guests_allowed", false))).ok(200, nil) }},
		{"leaving", user("leaves"), func(w *client) { w.post(c.path+"/leave", nil).ok(204, nil) }},
		{"sign-out", user("goes"), func(w *client) { w.post("/api/auth/logout", nil).ok(204, nil) }},
		{"end of the session elsewhere", user("remote"), func(w *client) {
			h.signIn("remote", "password-remote").delete("/api/me/sessions/"+w.current()).ok(204, nil)
		}},
		{"password change elsewhere", user("change"), func(*client) {
			h.signIn("change", "password-change").do("PUT", "/api/me/password", password("password-change", "another long one")).ok(204, nil)
		}},
		{"ban from the server", user("outlaw"), func(w *client) { root.post("/api/admin/users/"+w.id()+"/ban", struct{}{}).ok(200, nil) }},
		{"deletion of the account", user("deletes"), func(w *client) {
			w.post("/api/me/delete", map[string]string{"password": "password-deletes"}).ok(204, nil)
		}},
	}
	cinema := h.openCinema(c)
	witness := cinema.watch(stays)
	for _, way := range ways {
		s := cinema.watch(way.who)
		way.act(way.who)
		s.dark(way.name, time.Now())
		witness.runs()
	}
	c.ada.post(c.path+"/close", nil).ok(200, nil)
	witness.dark("closing", time.Now())
	c.ada.post(c.path+"/reopen", nil).ok(200, nil)
	film := cinema.open(stays, cinema.film).Body
	c.ada.delete(c.path).ok(204, nil)
	(&onScreen{t: t, file: film}).dark("deletion of the room", time.Now())
}

// current is the id of the session that asks.
func (c *client) current() string {
	c.h.t.Helper()
	for _, n := range c.sessions() {
		if n.Current {
			return n.ID
		}
	}
	c.h.t.Fatal("no session of one's own")
	return ""
}
