package main

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"synctv/internal/guard/guardtest"
)

// entryPoint is one way to make the server fetch an address. Whoever adds a way
// adds a row: fetch asks for it and gives the answer, path is what addresses
// for it end in.
type entryPoint struct {
	path  string
	fetch func(c *client, room, address string) answer
}

func entryPoints(w *guardtest.World, id string) map[string]entryPoint {
	item := func(c *client, room, address, name string) answer {
		if a := c.do("PATCH", "/api/rooms/"+room+"/playlist/items/"+id, object{"url": address}); a.status != http.StatusOK {
			return a
		}
		return c.get("/api/rooms/" + room + "/items/" + id + "/proxy/" + name)
	}
	// A playlist at an allowed place leads to the address.
	lead := func(c *client, room, address, file, body, mark string) answer {
		list := item(c, room, w.Lead(file, body), "index"+file[strings.LastIndex(file, "."):])
		if list.status != http.StatusOK {
			return list
		}
		_, link, ok := strings.Cut(string(list.body), mark+"/api/")
		if !ok {
			return answer{c.h.t, http.StatusForbidden, nil, []byte("no link: left to the browser")}
		}
		end := strings.IndexAny(link, "\"<\n")
		return c.get("/api/" + strings.ReplaceAll(link[:end], "&amp;", "&"))
	}
	return map[string]entryPoint{
		"a film":          {"/film.mp4", func(c *client, room, address string) answer { return item(c, room, address, "media") }},
		"an HLS playlist": {"/film.m3u8", func(c *client, room, address string) answer { return item(c, room, address, "index.m3u8") }},
		"a DASH manifest": {"/film.mpd", func(c *client, room, address string) answer { return item(c, room, address, "index.mpd") }},
		"a subtitle": {"/film.vtt", func(c *client, room, address string) answer {
			return c.post("/api/rooms/"+room+"/items/"+id+"/subtitles/fetch", object{"url": address})
		}},
		"an HLS segment": {"/s.ts", func(c *client, room, address string) answer {
			return lead(c, room, address, "list.m3u8", "#EXTM3U\n#EXTINF:1,\n"+address+"\n", "\n")
		}},
		"an HLS key": {"/key", func(c *client, room, address string) answer {
			return lead(c, room, address, "key.m3u8", "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\""+address+"\"\n", `"`)
		}},
		"an address that is looked at": {"/film.mp4", looked},
		"a variant that is looked at": {"/film.m3u8", func(c *client, room, address string) answer {
			return looked(c, room, w.Lead("all.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n"+address+"\n"))
		}},
		"a linked source": {"/dav", func(c *client, _, address string) answer {
			return c.post("/api/me/sources", object{"kind": "webdav", "url": address})
		}},
		"a live stream by HTTP": {"/live.flv", pulled},
		"a live stream by RTMP": {"/app/live", func(c *client, room, address string) answer {
			return pulled(c, room, strings.Replace(address, "http", "rtmp", 1))
		}},
		"a DASH segment": {"/s.m4s", func(c *client, room, address string) answer {
			quoted := strings.ReplaceAll(strings.ReplaceAll(address, "&", "&amp;"), `"`, "%22")
			return lead(c, room, address, "list.mpd", `<MPD><BaseURL>`+quoted+`</BaseURL></MPD>`, ">")
		}},
	}
}

// looked asks what is at an address. What the server did not get is a warning.
func looked(c *client, room, address string) answer {
	a := c.post("/api/rooms/"+room+"/playlist/look", object{"url": address})
	switch {
	case bytes.Contains(a.body, []byte(`"not_looked"`)):
		return answer{c.h.t, http.StatusForbidden, nil, []byte("address_refused")}
	case bytes.Contains(a.body, []byte(`"fatal":true`)):
		return answer{c.h.t, http.StatusForbidden, nil, a.body}
	}
	return a
}

// pulled adds a live stream that the server fetches, and watches it: in a new
// room, since a playlist that grows makes each command slower.
func pulled(c *client, _, address string) answer {
	room := c.createRoom(map[string]string{"name": "one stream"})
	var added struct {
		Items []struct{ Play struct{ URL string } }
	}
	a := c.post("/api/rooms/"+room+"/playlist/items", object{"items": []object{{"url": address, "kind": "flv", "live": true}}})
	if a.status != http.StatusCreated {
		return a
	}
	a.ok(http.StatusCreated, &added)
	return c.get(added.Items[0].Play.URL)
}

// TestNoEntryPointReachesForbiddenPlaces is the table entry point × target.
func TestNoEntryPointReachesForbiddenPlaces(t *testing.T) {
	w := guardtest.Start(t)
	h := startHouse(t, map[string]string{
		"SYNCTV_FETCH_DNS": w.DNS, "SYNCTV_FETCH_ALLOW": guardtest.AllowedHost + "," + guardtest.AllowedAddress, "SYNCTV_ROOM_QUOTA": "0",
	})
	c := h.register("fetcher")
	room := c.createRoom(map[string]string{"name": "all places"})
	points := entryPoints(w, c.addURL(room, w.Origin+"/film.mp4"))
	for _, name := range slices.Sorted(maps.Keys(points)) {
		targets := w.Targets(points[name].path)
		refused := 0
		for _, target := range targets {
			a := points[name].fetch(c, room, target.URL)
			if a.status < 400 || bytes.Contains(a.body, []byte("secret")) {
				t.Errorf("%s, %s: %d", name, target.Name, a.status)
			}
			if bytes.Contains(a.body, []byte("address_refused")) {
				refused++
			}
		}
		if len(targets) < 120 || refused < 120 {
			t.Errorf("%s: %d targets, %d refused by the guard", name, len(targets), refused)
		}
		t.Logf("%s: %d targets, %d refused by the guard, the others before it", name, len(targets), refused)
	}
	if n := w.Caught(); n > 0 {
		t.Fatalf("%d connections went through", n)
	}
}

// TestOnePersonLooksAtTwoAtOnce: more wait, and nobody else does.
func TestOnePersonLooksAtTwoAtOnce(t *testing.T) {
	w := guardtest.Start(t)
	gate := make(chan struct{})
	var running, most, asked atomic.Int64
	w.Files.HandleFunc("/slow/{file}", func(rw http.ResponseWriter, _ *http.Request) {
		most.Store(max(most.Load(), running.Add(1)))
		defer running.Add(-1)
		asked.Add(1)
		<-gate
		_, _ = rw.Write([]byte("#EXTM3U\n#EXTINF:4,\n1.ts\n#EXT-X-ENDLIST\n"))
	})
	h := startHouse(t, map[string]string{"SYNCTV_FETCH_DNS": w.DNS, "SYNCTV_FETCH_ALLOW": guardtest.AllowedHost})
	ada, bob := h.register("ada"), h.register("bob")
	room := ada.createRoom(map[string]string{"name": "x"})
	bob.post("/api/rooms/"+room+"/join", struct{}{}).ok(200, nil)
	var all sync.WaitGroup
	look := func(who *client, file string) {
		all.Go(func() {
			who.post("/api/rooms/"+room+"/playlist/look", object{"url": w.Origin + "/slow/" + file}).ok(200, nil)
		})
	}
	for n := range 6 {
		look(ada, fmt.Sprintf("%d.m3u8", n))
	}
	h.await("two of hers", func() bool { return asked.Load() == 2 })
	look(bob, "his.m3u8")
	h.await("his", func() bool { return asked.Load() == 3 })
	close(gate)
	all.Wait()
	if asked.Load() != 7 || most.Load() != 3 {
		t.Errorf("%d were asked for, %d at once", asked.Load(), most.Load())
	}
}

// TestFilmThroughTheServer: ranges, the Referer its origin demands, no header
// of the viewer, and nothing for those outside the room.
func TestFilmThroughTheServer(t *testing.T) {
	w := guardtest.Start(t)
	film := bytes.Repeat([]byte("0123456789abcdef"), 300_000)
	var cookies []string
	w.Files.HandleFunc("/film.mp4", func(rw http.ResponseWriter, r *http.Request) {
		cookies = append(cookies, r.Header.Get("Cookie")+r.Header.Get("Authorization")+r.Header.Get("X-Forwarded-For"))
		if r.Referer() != w.Origin+"/" {
			rw.WriteHeader(http.StatusForbidden)
			return
		}
		rw.Header().Set("ETag", `"film"`)
		http.ServeContent(rw, r, "film.mp4", time.Time{}, bytes.NewReader(film))
	})
	h := startHouse(t, map[string]string{"SYNCTV_FETCH_DNS": w.DNS, "SYNCTV_FETCH_ALLOW": guardtest.AllowedHost, "SYNCTV_METRICS_ADDR": "127.0.0.1:0"})
	host := h.register("host")
	room := host.createRoom(map[string]string{"name": "cinema"})
	base := "/api/rooms/" + room
	id := host.addURL(room, w.Origin+"/film.mp4")
	proxied := base + "/items/" + id + "/proxy/media"
	if a := host.get(proxied); a.status != 200 || !bytes.Equal(a.body, film) || a.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Fatalf("%d, %d bytes, %v", a.status, len(a.body), a.header)
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+proxied, nil)
	req.Header.Set("Authorization", "Bearer "+host.token)
	req.Header.Set("Range", "bytes=2097150-2097160")
	if a := h.send(req); a.status != 206 || !bytes.Equal(a.body, film[2097150:2097161]) {
		t.Errorf("range: %d %q", a.status, a.body)
	}
	if a := h.register("stranger").get(proxied); a.status != 403 {
		t.Errorf("a stranger: %d", a.status)
	}
	if a := h.guest(room, "Guest").get(proxied); a.status != 200 {
		t.Errorf("a guest: %d", a.status)
	}
	for _, route := range []string{"server", "direct", "auto"} {
		var edited struct {
			Item struct {
				Play struct {
					URL      string
					Fallback string `json:"fallback_url"`
				}
			}
		}
		host.do("PATCH", base+"/playlist/items/"+id, object{"route": route}).ok(200, &edited)
		got := fmt.Sprint(strings.HasPrefix(edited.Item.Play.URL, "/api/"), edited.Item.Play.Fallback != "", host.get(proxied).status)
		if want := map[string]string{"server": "true false 200", "direct": "false false 404", "auto": "false true 200"}[route]; got != want {
			t.Errorf("%s: %s, want %s", route, got, want)
		}
	}
	if joined := strings.Join(cookies, ""); joined != "" || len(cookies) == 0 {
		t.Errorf("sent on: %q", joined)
	}
	host.post(base+"/items/"+id+"/subtitles/fetch", object{"url": "http://10.0.0.1/x.vtt"}).problem(403, "address_refused")
	families := h.scrape()
	for name, labels := range map[string]string{
		"synctv_fetch_requests_total": "", "synctv_fetch_refused_total": "reason=address", "synctv_proxy_cache_fills_total": "",
		"synctv_proxy_cache_answers_total": "answer=hit", "synctv_proxy_cache_slices": "", "synctv_proxy_cache_bytes": "",
		"synctv_proxy_bytes_total": "from=remote", "synctv_proxy_buffers_total": "event=returned",
	} {
		if v := value(families[name], labels); v < 1 {
			t.Errorf("%s{%s} is %v", name, labels, v)
		}
	}
	if v := value(families["synctv_proxy_bytes_total"], "from=remote"); v != float64(len(film)) {
		t.Errorf("%v bytes were fetched of a film of %d", v, len(film))
	}
}
