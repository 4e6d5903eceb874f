package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"synctv/internal/guard/guardtest"
	"synctv/internal/live/flv"
	"synctv/internal/live/rtmp/rtmptest"
)

// A room plays a live stream of another server, here another SyncTV: by RTMP and
// by HTTP-FLV, as FLV and as HLS, fetched once, until the last viewer has left.
func TestPulledStream(t *testing.T) {
	film := encoded(t)
	w := guardtest.Start(t)
	other := startHouse(t, map[string]string{"SYNCTV_RTMP_PLAY": "true"})
	streamer := other.register("streamer")
	theirs := streamer.createRoom(map[string]string{"name": "origin"})
	var k struct {
		URL, Stream string
		Item        struct{ Play struct{ URL string } }
	}
	streamer.post("/api/rooms/"+theirs+"/live-keys", struct{}{}).ok(201, &k)
	p, err := rtmptest.Publish(t.Context(), k.URL)
	if err != nil {
		t.Fatal(err)
	}
	var pushing sync.WaitGroup
	pushing.Go(func() { _ = p.Push(t.Context(), bytes.NewReader(film), 1) })
	defer pushing.Wait()
	defer p.Abort()
	// Its page is for members; a mirror of it is for everybody.
	w.Files.HandleFunc("/mirror.flv", func(rw http.ResponseWriter, r *http.Request) {
		req, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, other.url+k.Item.Play.URL, nil)
		req.Header.Set("Authorization", "Bearer "+streamer.token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return
		}
		defer func() { _ = res.Body.Close() }()
		b := make([]byte, 32<<10)
		for {
			n, err := res.Body.Read(b)
			if _, failed := rw.Write(b[:n]); err != nil || failed != nil {
				return
			}
			_ = http.NewResponseController(rw).Flush()
		}
	})
	h := startHouse(t, map[string]string{"SYNCTV_FETCH_DNS": w.DNS, "SYNCTV_FETCH_ALLOW": guardtest.AllowedHost + ",127.0.0.1"})
	host := h.register("host")
	room := "/api/rooms/" + host.createRoom(map[string]string{"name": "cinema"})
	for _, address := range []string{"rtmp://" + other.rtmp + "/live/" + k.Stream, w.Origin + "/mirror.flv"} {
		watchPulled(t, host, room, address)
	}
	host.post(room+"/playlist/items", object{"items": []object{{"url": "rtmp://" + other.rtmp + "/live/none"}}}).ok(201, nil)
}

func watchPulled(t *testing.T, host *client, room, address string) {
	t.Helper()
	var added struct {
		Items []struct {
			ID     string
			Live   bool
			Source struct{ Type, URL, Stream string }
			Play   struct {
				Kind, URL string
				HLS       string `json:"hls_url"`
			}
		}
	}
	host.post(room+"/playlist/items", object{"items": []object{{"url": address, "live": true}}}).ok(201, &added)
	it := added.Items[0]
	if !it.Live || it.Source.Type != "live" || it.Source.URL != address || it.Play.Kind != "flv" {
		t.Fatalf("%+v", it)
	}
	// An encoder has no business in it.
	host.post(room+"/live-keys", object{"item_id": it.ID}).problem(404, "item_not_found")
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	for range 3 {
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, host.h.url+it.Play.URL, nil)
		req.Header.Set("Authorization", "Bearer "+host.token)
		res, err := http.DefaultClient.Do(req)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v %v", address, res, err)
		}
		defer func() { _ = res.Body.Close() }()
		tags := flv.NewReader(res.Body, 0)
		for kinds := map[flv.Type]bool{}; len(kinds) < 2; {
			tag, err := tags.Next()
			if err != nil {
				t.Fatal(err)
			}
			if tag.Type != flv.Script {
				kinds[tag.Type] = true
			}
		}
	}
	await(t, "its HLS", func() bool { return strings.Contains(string(host.get(it.Play.HLS).body), "#EXT-X-STREAM-INF") })
	var st struct{ Video, Audio string }
	host.get(room+"/live/"+it.Source.Stream+"/stats").ok(200, &st)
	if st.Video != "avc1" || st.Audio != "mp4a" {
		t.Errorf("%s: %+v", address, st)
	}
	leave()
	host.delete(room+"/playlist/items/"+it.ID).ok(200, nil)
	await(t, "the stream's end", func() bool { return host.get(it.Play.URL).status == 404 })
}

// A live HLS presentation is fetched once for all who watch: its list within
// half a second, each segment ever.
func TestLiveHLSIsFetchedOnce(t *testing.T) {
	w := guardtest.Start(t)
	var mu sync.Mutex
	asked, first := map[string]int{}, 0
	w.Files.HandleFunc("/tv/{file}", func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		file := r.PathValue("file")
		asked[file]++
		if file != "index.m3u8" {
			http.ServeContent(rw, r, file, time.Time{}, bytes.NewReader(bytes.Repeat([]byte(file), 20_000)))
			return
		}
		_, _ = fmt.Fprintf(rw, "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:%d\n", first)
		for n := first; n < first+3; n++ {
			_, _ = fmt.Fprintf(rw, "#EXTINF:1,\n%d.ts\n", n)
		}
		first++
	})
	h := startHouse(t, map[string]string{"SYNCTV_FETCH_DNS": w.DNS, "SYNCTV_FETCH_ALLOW": guardtest.AllowedHost})
	host := h.register("host")
	room := host.createRoom(map[string]string{"name": "cinema"})
	var added struct {
		Items []struct {
			ID   string
			Live bool
		}
	}
	host.post("/api/rooms/"+room+"/playlist/items", object{"items": []object{{"url": w.Origin + "/tv/index.m3u8", "live": true}}}).ok(201, &added)
	if !added.Items[0].Live {
		t.Fatal("it is not live")
	}
	var viewers sync.WaitGroup
	for range 10 {
		viewers.Go(func() {
			seen := map[string]bool{}
			for len(seen) < 6 {
				list := string(host.get("/api/rooms/" + room + "/items/" + added.Items[0].ID + "/proxy/index.m3u8").body)
				for line := range strings.Lines(list) {
					if line = strings.TrimSpace(line); strings.HasPrefix(line, "/api/") && !seen[line] {
						seen[line] = true
						if a := host.get(line); a.status != 200 || len(a.body) < 20_000 {
							t.Errorf("segment: %d, %d bytes", a.status, len(a.body))
						}
					}
				}
			}
		})
	}
	viewers.Wait()
	mu.Lock()
	defer mu.Unlock()
	for file, n := range asked {
		if file != "index.m3u8" && n != 1 {
			t.Errorf("%s was asked for %d times", file, n)
		}
	}
	if len(asked) < 6 || asked["index.m3u8"] != first {
		t.Errorf("%v", asked)
	}
}
