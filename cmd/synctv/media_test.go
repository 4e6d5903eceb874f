package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"synctv/internal/live/flv"
	"synctv/internal/live/rtmp/rtmptest"
)

func TestLibrary(t *testing.T) {
	dir := t.TempDir()
	film := writeFile(t, filepath.Join(dir, "series", "Film 1.mp4"), 300_000)
	writeFile(t, filepath.Join(dir, "secret.txt"), 10)
	h := startHouse(t, map[string]string{"SYNCTV_LIBRARY": "Films=" + dir})
	root, ada := h.root(), h.register("ada")
	ada.get("/api/library").problem(403, "library_forbidden")
	h.anonymous().get("/api/library").problem(401, "not_signed_in")
	var l struct {
		Entries []struct {
			Name, Path string
			Folder     bool
			Size       int64
		}
	}
	root.get("/api/library?path=Films/series").ok(200, &l)
	if len(l.Entries) != 1 || l.Entries[0].Path != "Films/series/Film 1.mp4" || l.Entries[0].Size != 300_000 {
		t.Errorf("listing %+v", l)
	}
	for _, p := range []string{"Films/..", "../etc", "Films/../../etc", "%2e%2e/etc", `Films\..`} {
		if a := root.get("/api/library?path=" + p); a.status != 400 && a.status != 404 {
			t.Errorf("%s: status %d", p, a.status)
		}
	}
	id := root.createRoom(map[string]string{"name": "x"})
	room := "/api/rooms/" + id
	add := func(c *client, path string) answer {
		return c.post(room+"/playlist/items", map[string]any{"items": []map[string]string{{"library_path": path}}})
	}
	ada.post(room+"/join", struct{}{}).ok(200, nil)
	add(ada, "Films/series/Film 1.mp4").problem(403, "library_forbidden")
	add(root, "Films/secret.txt").problem(404, "library_not_found")
	add(root, "Films/../secret.mp4").problem(400, "path_invalid")
	var list struct {
		Items []struct {
			ID, Title string
			Play      struct{ URL string }
		}
	}
	add(root, "Films/series/Film 1.mp4").ok(201, &list)
	url := list.Items[0].Play.URL
	if list.Items[0].Title != "Film 1" || !strings.HasPrefix(url, room) {
		t.Errorf("item %+v", list.Items[0])
	}
	if a := ada.get(url); a.status != 200 || !bytes.Equal(a.body, film) || a.header.Get("Content-Type") != "video/mp4" {
		t.Errorf("status %d, %d bytes", a.status, len(a.body))
	}
	h.anonymous().get(url).problem(401, "not_signed_in")
	h.register("eve").get(url).problem(403, "not_a_member")
	for r, want := range map[string]string{"bytes=0-9": "bytes 0-9/300000", "bytes=-5": "bytes 299995-299999/300000", "bytes=299999-": "bytes 299999-299999/300000"} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", h.url+url, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Range", r)
		req.Header.Set("Authorization", "Bearer "+ada.token)
		if a := h.send(req); a.status != 206 || a.header.Get("Content-Range") != want {
			t.Errorf("%s: %d %s", r, a.status, a.header.Get("Content-Range"))
		}
	}
}

// TestLibraryIsReadAsItIs: what comes, changes and goes in the folders is seen
// at the next look, without a restart.
func TestLibraryIsReadAsItIs(t *testing.T) {
	dir := t.TempDir()
	h := startHouse(t, map[string]string{"SYNCTV_LIBRARY": "Films=" + dir})
	root := h.root()
	seen := func(path string) (all string) {
		t.Helper()
		var l struct {
			Entries []struct {
				Path string
				Size int64
			}
		}
		root.get(path).ok(200, &l)
		for _, e := range l.Entries {
			all += fmt.Sprintf("%s %d;", e.Path, e.Size)
		}
		return all
	}
	both := func(want string) {
		t.Helper()
		if list, found := seen("/api/library?path=Films"), seen("/api/library/search?q=film"); list != want || found != want {
			t.Errorf("listed %q, found %q, want %q", list, found, want)
		}
	}
	both("")
	writeFile(t, filepath.Join(dir, "film.mp4"), 1000)
	both("Films/film.mp4 1000;")
	room := "/api/rooms/" + root.createRoom(map[string]string{"name": "x"})
	var list struct {
		Items []struct {
			ID   string
			Play struct{ URL string }
		}
	}
	root.post(room+"/playlist/items", object{"items": []object{{"library_path": "Films/film.mp4"}}}).ok(201, &list)
	subtitles := func() string { return string(root.get(room + "/items/" + list.Items[0].ID + "/subtitles").body) }
	if got := subtitles(); strings.Contains(got, "film.en") {
		t.Errorf("subtitles %s", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "film.en.srt"), []byte("1\n00:00:01,000 --> 00:00:02,000\nHello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := subtitles(); !strings.Contains(got, `"language":"en"`) {
		t.Errorf("subtitles %s", got)
	}
	next := writeFile(t, filepath.Join(dir, "film.mp4"), 2000)
	both("Films/film.mp4 2000;")
	if a := root.get(list.Items[0].Play.URL); !bytes.Equal(a.body, next) {
		t.Errorf("%d bytes of the changed film", len(a.body))
	}
	if err := os.Rename(filepath.Join(dir, "film.mp4"), filepath.Join(dir, "other film.mp4")); err != nil {
		t.Fatal(err)
	}
	both("Films/other film.mp4 2000;")
	root.get(list.Items[0].Play.URL).problem(404, "library_not_found")
}

func TestLive(t *testing.T) {
	h := startHouse(t, nil)
	ada := h.register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	room := "/api/rooms/" + id
	var k struct {
		ID, Key, Stream, Server, URL string
		Item                         struct {
			ID   string
			Live bool
			Play struct{ Kind, URL string }
		}
	}
	ada.post(room+"/live-keys", map[string]string{"title": "On air"}).ok(201, &k)
	if k.Server != "rtmp://"+h.rtmp+"/live/"+id || k.URL != k.Server+"/"+k.Key || !k.Item.Live || k.Item.Play.Kind != "flv" {
		t.Errorf("key %+v", k)
	}
	ada.get(k.Item.Play.URL).problem(404, "stream_offline")
	s := ada.socket(id)
	s.next("snapshot")
	for _, bad := range []string{k.Server + "/wrong", "rtmp://" + h.rtmp + "/live/nothing/" + k.Key, "rtmp://" + h.rtmp + "/other/" + k.Key} {
		if p, err := rtmptest.Publish(t.Context(), bad); err == nil {
			_ = p.End()
			t.Errorf("%s was let in", bad)
		}
	}
	for _, good := range []string{k.URL, "rtmp://" + h.rtmp + "/live/" + id + "?key=" + k.Key, "rtmp://" + h.rtmp + "/live/" + k.Key} {
		p, err := rtmptest.Publish(t.Context(), good)
		if err != nil {
			t.Fatalf("%s: %v", strings.ReplaceAll(good, k.Key, "KEY"), err)
		}
		_ = p.End()
	}
	p, err := rtmptest.Publish(t.Context(), k.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Abort()
	s.find("live", func(e map[string]any) bool { return e["stream"].(map[string]any)["live"] == true })
	var second struct{ Key, URL string }
	ada.post(room+"/live-keys", map[string]string{"item_id": k.Item.ID}).ok(201, &second)
	if p, err := rtmptest.Publish(t.Context(), second.URL); err == nil {
		p.Abort()
		t.Error("a second publisher was let in")
	}
	var keys struct{ Keys []struct{ ID, Hint string } }
	ada.get(room+"/live-keys").ok(200, &keys)
	if len(keys.Keys) != 2 || !strings.HasSuffix(k.Key, strings.TrimPrefix(keys.Keys[0].Hint, "…")) {
		t.Errorf("keys %+v", keys)
	}
	watchAndRevoke(t, ada, p, room, k.Item.Play.URL, k.ID)
	s.find("live", func(e map[string]any) bool { return e["stream"].(map[string]any)["live"] == false })
	ada.delete(room+"/live-keys/"+k.ID).problem(404, "key_not_found")
	if p, err := rtmptest.Publish(t.Context(), k.URL); err == nil {
		p.Abort()
		t.Error("a revoked key was let in")
	}
}

// watchAndRevoke reads the stream over HTTP, then ends it by its key.
func watchAndRevoke(t *testing.T, c *client, p *rtmptest.Publisher, room, url, keyID string) {
	t.Helper()
	// A sequence header and one key frame of AVC, as any encoder begins.
	for _, m := range []struct {
		kind flv.Type
		data []byte
	}{
		{flv.Video, []byte{0x17, 0, 0, 0, 0, 1, 100, 0, 31, 0xff, 0xe1, 0, 0, 1, 0, 0}},
		{flv.Video, append([]byte{0x17, 1, 0, 0, 0, 0, 0, 0, 4}, 0x65, 1, 2, 3)},
	} {
		if err := p.Write(m.kind, 0, m.data); err != nil {
			t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), "GET", c.h.url+url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "video/x-flv" || res.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("status %d, headers %v", res.StatusCode, res.Header)
	}
	if res.Header.Get("X-Request-Id") == "" {
		t.Error("no request id")
	}
	head := make([]byte, 3)
	if _, err := io.ReadFull(res.Body, head); err != nil || string(head) != "FLV" {
		t.Fatalf("stream begins with %q, %v", head, err)
	}
	c.delete(room+"/live-keys/"+keyID).ok(204, nil)
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Errorf("the stream did not end cleanly: %v", err)
	}
	<-p.Closed()
}
