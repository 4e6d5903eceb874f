package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"synctv/internal/guard/guardtest"
)

// below starts a house that is shown below a path of another site; h.url is what
// its clients use.
func below(t *testing.T, path string, env map[string]string) (h *house, site string) {
	t.Helper()
	env["SYNCTV_HTTP_BASE_PATH"] = path
	h = startHouse(t, env)
	site = h.url
	h.url += path
	return h, site
}

func TestAllIsBelowThePath(t *testing.T) {
	h, site := below(t, "/media/watch", map[string]string{})
	client := plainClient()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for path, want := range map[string]struct {
		status int
		to     string
	}{
		"/":                         {307, "/media/watch/"},
		"/media/watch":              {307, "/media/watch/"},
		"/media/watch/":             {200, ""},
		"/media/watch/r/somewhere":  {200, ""},
		"/media/watch/api/info":     {200, ""},
		"/media/watch/api/docs":     {200, ""},
		"/media/watch/readyz":       {200, ""},
		"/readyz":                   {200, ""},
		"/healthz":                  {200, ""},
		"/media":                    {404, ""},
		"/media/watchful":           {404, ""},
		"/r/somewhere":              {404, ""},
		"/api/info":                 {404, ""},
		"/media/watch/api/nothing":  {404, ""},
		"/media/watch/assets/a.js":  {404, ""},
		"/media/watch%2Fapi%2Finfo": {404, ""},
	} {
		res, _ := fetch(t, client, "GET", site+path, nil)
		if res.StatusCode != want.status || res.Header.Get("Location") != want.to {
			t.Errorf("%s: %d %q", path, res.StatusCode, res.Header.Get("Location"))
		}
	}
	var doc struct{ Servers []struct{ URL string } }
	h.anonymous().get("/api/openapi.json").ok(200, &doc)
	if len(doc.Servers) != 1 || doc.Servers[0].URL != "/media/watch" {
		t.Errorf("servers of the document: %v", doc.Servers)
	}
}

func TestCookiesAndAddressesAreBelowThePath(t *testing.T) {
	w, films := guardtest.Start(t), t.TempDir()
	writeFile(t, filepath.Join(films, "film.mp4"), 1000)
	h, site := below(t, "/watch", map[string]string{
		"SYNCTV_LIBRARY": "Films=" + films, "SYNCTV_FETCH_DNS": w.DNS, "SYNCTV_FETCH_ALLOW": guardtest.AllowedHost + "," + guardtest.AllowedAddress,
	})
	in := h.anonymous().post("/api/auth/login", object{"name": "root", "password": rootPassword})
	if c := in.header.Get("Set-Cookie"); !strings.Contains(c, "; Path=/watch/;") {
		t.Errorf("the session's cookie is %s", c)
	}
	host := h.root()
	room := host.createRoom(map[string]string{"name": "below"})
	guest := h.anonymous().post("/api/rooms/"+room+"/guests", object{"name": "g"})
	if c := guest.header.Get("Set-Cookie"); !strings.Contains(c, "; Path=/watch/api/rooms/"+room+";") {
		t.Errorf("the guest's cookie is %s", c)
	}
	ours := "/watch/api/rooms/" + room
	var added struct {
		Items []struct {
			ID   string
			Play struct {
				URL      string
				Fallback string `json:"fallback_url"`
			}
		}
	}
	host.post("/api/rooms/"+room+"/playlist/items", object{"items": []object{
		{"library_path": "Films/film.mp4"}, {"url": w.Lead("list.m3u8", "#EXTM3U\n#EXTINF:1,\nsegment.ts\n")},
	}}).ok(201, &added)
	film, list := added.Items[0], added.Items[1]
	if film.Play.URL != ours+"/items/"+film.ID+"/media" || list.Play.Fallback != ours+"/items/"+list.ID+"/proxy/index.m3u8" {
		t.Errorf("addresses %q, %q", film.Play.URL, list.Play.Fallback)
	}
	outside := &client{h: &house{t: t, url: site, web: h.web}, token: host.token} // addresses stand for themselves
	outside.get(film.Play.URL).ok(200, nil)
	if text := string(outside.get(list.Play.Fallback).body); !strings.Contains(text, "\n"+ours+"/items/"+list.ID+"/proxy/") {
		t.Errorf("the playlist leads elsewhere:\n%s", text)
	}
	if s := host.socket(room); s.next("snapshot") == nil {
		t.Error("no snapshot")
	}
}
