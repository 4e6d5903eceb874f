//go:build unix

package main

import (
	"encoding/json"
	"testing"
)

// The streamer's page may be on any replica: the numbers are the owner's, and
// the viewers everybody's.
func TestStreamStatsOfAnotherReplica(t *testing.T) {
	film := encoded(t)
	h, _ := replicas(t, 2)
	ada := h[0].register("ada")
	room := "/api/rooms/" + ada.createRoom(map[string]string{"name": "x"})
	var k struct {
		URL, Stream string
		Item        struct{ Play struct{ URL string } }
	}
	ada.post(room+"/live-keys", struct{}{}).ok(201, &k)
	there := ada.on(h[1])
	path := room + "/live/" + k.Stream + "/stats"
	there.get(path).problem(404, "stream_offline")
	publish(t, k.URL, film)

	type numbers struct {
		StartedMS   int64 `json:"started_ms"`
		BitrateKbps int64 `json:"bitrate_kbps"`
		Video       string
		Viewers     int
	}
	read := func(c *client) (n numbers) {
		a := c.get(path)
		if a.status == 200 {
			if err := json.Unmarshal(a.body, &n); err != nil {
				t.Fatal(err)
			}
		}
		return n
	}
	await(t, "numbers where nobody watches", func() bool { n := read(there); return n.Video == "avc1" && n.BitrateKbps > 0 })
	if n := read(ada).Viewers; n != 0 {
		t.Errorf("%d viewers, nobody watches: asking for numbers pulled the stream", n)
	}
	started := read(ada).StartedMS
	for _, v := range []*viewer{ada.watch(k.Item.Play.URL), there.watch(k.Item.Play.URL), there.watch(k.Item.Play.URL)} {
		v.more(t)
	}
	for _, c := range []*client{ada, there} {
		await(t, "all three viewers", func() bool { return read(c).Viewers == 3 })
		if got := read(c).StartedMS; got != started || started == 0 {
			t.Errorf("started %d, on the owner %d", got, started)
		}
	}
}
