//go:build unix

package main

import (
	"bytes"
	"context"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"synctv/internal/live/rtmp/rtmptest"
)

// viewer watches a stream as FLV until the test ends, and counts its bytes.
type viewer struct {
	got  atomic.Int64
	done chan struct{}
}

func (c *client) watch(url string) *viewer {
	c.h.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, "GET", c.h.url+url, nil)
	if err != nil {
		c.h.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	v := &viewer{done: make(chan struct{})}
	go func() {
		defer close(v.done)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return
		}
		defer func() { _ = res.Body.Close() }()
		buf := make([]byte, 32<<10)
		for err == nil {
			var n int
			n, err = res.Body.Read(buf)
			if res.StatusCode == 200 {
				v.got.Add(int64(n))
			}
		}
	}()
	c.h.t.Cleanup(func() { cancel(); <-v.done })
	return v
}

// more waits until the viewer has got something new.
func (v *viewer) more(t *testing.T) {
	t.Helper()
	was := v.got.Load()
	await(t, "more of the stream", func() bool { return v.got.Load() > was })
}

// publish pushes a film round and round until the returned function is called.
func publish(t *testing.T, url string, film []byte) (stop func()) {
	t.Helper()
	p, err := rtmptest.Publish(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var pushing sync.WaitGroup
	pushing.Go(func() {
		for p.Push(ctx, bytes.NewReader(film), 1) == nil {
		}
	})
	stop = sync.OnceFunc(func() { cancel(); p.Abort(); pushing.Wait() })
	t.Cleanup(stop)
	return stop
}

func TestAStreamIsWatchedOnAnyReplica(t *testing.T) {
	film := encoded(t)
	h, _ := replicas(t, 2)
	ada := h[0].register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	room := "/api/rooms/" + id
	var k struct {
		ID, URL, Stream string
		Item            struct{ Play struct{ URL string } }
	}
	ada.post(room+"/live-keys", struct{}{}).ok(201, &k)
	there := ada.on(h[1])
	there.get(k.Item.Play.URL).problem(404, "stream_offline")
	toA := k.URL
	toB := strings.Replace(k.URL, h[0].rtmp, h[1].rtmp, 1)
	stop := publish(t, toA, film)
	near, far, far2 := ada.watch(k.Item.Play.URL), there.watch(k.Item.Play.URL), there.watch(k.Item.Play.URL)
	for _, v := range []*viewer{near, far, far2} {
		v.more(t)
	}
	// HLS is made by the owner only: both replicas name the same files.
	playlist := room + "/live/" + k.Stream + "/index.m3u8"
	await(t, "a playlist", func() bool { return there.get(playlist).status == 200 })
	media := regexp.MustCompile(`(?m)^[a-z0-9_]+\.m3u8`)
	a, b := media.FindString(string(ada.get(playlist).body)), media.FindString(string(there.get(playlist).body))
	if a == "" || a != b {
		t.Errorf("playlists %q and %q", a, b)
	}
	list := there.get(room + "/live/" + k.Stream + "/" + b)
	part := regexp.MustCompile(`URI="([^"]+\.mp4)"`).FindSubmatch(list.body)
	if part == nil {
		t.Fatalf("no part in %d %s", list.status, list.body)
	}
	if got := there.get(room + "/live/" + k.Stream + "/" + string(part[1])); got.status != 200 || len(got.body) == 0 {
		t.Errorf("part: %d, %d bytes", got.status, len(got.body))
	}
	// The key's encoder comes back on the other replica: everybody goes on,
	// whichever replica they are on, in the same response, and pages hear that
	// HLS has another address.
	page := ada.socket(id)
	owner := func(stream any) any { return stream.(map[string]any)["owner"] }
	was := owner(page.next("snapshot")["live"].([]any)[0])
	stop()
	stopB := publish(t, toB, film)
	page.find("live", func(e map[string]any) bool {
		o := owner(e["stream"])
		return e["stream"].(map[string]any)["live"] == true && o != was && o != nil && was != nil
	})
	for _, v := range []*viewer{near, far, far2} {
		v.more(t)
		v.more(t)
	}
	for _, c := range []*client{ada, there} {
		s := c.socket(id)
		snap := s.next("snapshot")
		if l, ok := snap["live"].([]any); !ok || len(l) != 1 {
			t.Errorf("live in the snapshot: %v", snap["live"])
		}
	}
	// Revoking the key on one replica cuts the encoder on the other.
	ada.delete(room+"/live-keys/"+k.ID).ok(204, nil)
	<-near.done
	<-far.done
	stopB()
}
