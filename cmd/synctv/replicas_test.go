//go:build unix

package main

import (
	"bufio"
	"maps"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/redis/rueidis"

	"synctv/internal/cluster/clustertest"
	"synctv/internal/store/storetest"
)

// replicas starts n replicas on a PostgreSQL and a Redis of the test's own.
func replicas(t *testing.T, n int) ([]*house, *clustertest.Redis) {
	t.Helper()
	server := clustertest.StartRedis(t)
	return replicasOn(t, n, server.URL), server
}

func replicasOn(t *testing.T, n int, redisURL string) []*house {
	t.Helper()
	env := map[string]string{
		"SYNCTV_DATABASE_URL": storetest.StartPostgres(t).NewDatabase(t), "SYNCTV_REDIS_URL": redisURL, "SYNCTV_CLUSTER_ADDR": "127.0.0.1:0", "SYNCTV_METRICS_ADDR": "127.0.0.1:0",
	}
	houses := make([]*house, n)
	for i := range houses {
		houses[i] = startHouse(t, env)
	}
	return houses
}

// on is the same person on another replica.
func (c *client) on(h *house) *client { return &client{h: h, token: c.token} }

func TestReplicasAreOne(t *testing.T) {
	t.Run("Redis", func(t *testing.T) {
		h, server := replicas(t, 2)
		written := overhear(t, server.Addr)
		testReplicasAreOne(t, h)
		everyKeyHasALifetime(t, written, server.Addr)
	})
	t.Run("Redis Cluster", func(t *testing.T) {
		url, nodes := clustertest.StartRedisCluster(t)
		written := overhear(t, nodes...)
		testReplicasAreOne(t, replicasOn(t, 2, url))
		everyKeyHasALifetime(t, written, nodes...)
	})
}

// overhear notes the names of keys in what each node is told, until the function
// it returns is called: some live so shortly that they are gone in the end.
func overhear(t *testing.T, nodes ...string) (keys func() map[string]bool) {
	t.Helper()
	var mu sync.Mutex
	var listening sync.WaitGroup
	var conns []net.Conn
	heard := map[string]bool{}
	named := regexp.MustCompile(`"(synctv:[^"]*)"`)
	for _, node := range nodes {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", node)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte("MONITOR\r\n")); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(conn)
		if ok, err := lines.ReadString('\n'); err != nil || ok != "+OK\r\n" {
			t.Fatalf("MONITOR: %q, %v", ok, err)
		}
		conns = append(conns, conn)
		listening.Go(func() {
			for {
				line, err := lines.ReadString('\n')
				for _, key := range named.FindAllStringSubmatch(line, -1) {
					mu.Lock()
					heard[key[1]] = true
					mu.Unlock()
				}
				if err != nil {
					return
				}
			}
		})
	}
	end := sync.OnceFunc(func() {
		for _, conn := range conns {
			_ = conn.Close()
		}
		listening.Wait()
	})
	t.Cleanup(end)
	return func() map[string]bool { end(); return heard }
}

// everyKeyHasALifetime looks at each node by itself, at what is there and at
// what was ever written.
func everyKeyHasALifetime(t *testing.T, written func() map[string]bool, nodes ...string) {
	t.Helper()
	ever := written()
	for _, kind := range []string{"synctv:copy:", "synctv:roll:", "synctv:fence:"} {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(ever)), func(key string) bool { return strings.HasPrefix(key, kind) }) {
			t.Errorf("no %s… was written: the test does not say much", kind)
		}
	}
	found := 0
	for _, node := range nodes {
		client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{node}, ForceSingleClient: true, DisableCache: true})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		keys, err := client.Do(t.Context(), client.B().Keys().Pattern("*").Build()).AsStrSlice()
		if err != nil {
			t.Fatal(err)
		}
		found += len(keys)
		keys = slices.AppendSeq(keys, maps.Keys(ever)) // -2: gone, or another node's
		for _, k := range keys {
			if ms, err := client.Do(t.Context(), client.B().Pttl().Key(k).Build()).AsInt64(); ms == -1 || err != nil && !strings.Contains(err.Error(), "MOVED") {
				t.Errorf("%s lives %d ms, %v", k, ms, err)
			}
		}
	}
	if t.Logf("%d keys, %d names ever", found, len(ever)); found == 0 {
		t.Error("no key was ever written")
	}
}

func testReplicasAreOne(t *testing.T, h []*house) {
	t.Helper()
	ada := h[0].register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	path := "/api/rooms/" + id
	kim := h[1].guest(id, "Kim")
	a := ada.socket(id)
	a.next("snapshot")
	k := kim.socket(id)
	k.next("snapshot")
	here := func(name string, online bool) func(map[string]any) bool {
		return func(e map[string]any) bool {
			m := e["member"].(map[string]any)
			return m["name"] == name && m["online"] == online
		}
	}
	a.find("member", here("Kim", true))
	var sum struct{ Online int }
	for _, c := range []*client{ada, ada.on(h[1])} {
		if c.get(path).ok(200, &sum); sum.Online != 2 {
			t.Errorf("%d online", sum.Online)
		}
	}
	// A second page of ada's, on the other replica: she stays when one closes.
	other := ada.on(h[1]).socket(id)
	other.next("snapshot")
	_ = a.conn.CloseNow()
	a.ended()
	item := ada.addURL(id, "https://example.org/a.mp4")
	ada.post(path+"/playback/item", map[string]string{"item_id": item}).ok(200, nil)
	k.next("playback")
	if ada.get(path).ok(200, &sum); sum.Online != 2 {
		t.Errorf("%d online after one of two pages closed", sum.Online)
	}
	kim.post(path+"/chat", map[string]string{"text": "hello"}).ok(201, nil)
	other.find("chat", func(e map[string]any) bool { return e["message"].(map[string]any)["text"] == "hello" })
	for _, one := range h { // leaves copies of the room and the member behind
		kim.on(one).get(path+"/live/nothing.flv").problem(404, "item_not_found")
	}
	// What ends or changes sockets acts on any replica.
	ada.post(path+"/members/"+memberID(kim, path)+"/kick", map[string]string{}).ok(204, nil)
	if code := k.ended(); code != 4503 {
		t.Errorf("kicked: %d", code)
	}
	ada.post("/api/auth/logout", nil).ok(204, nil)
	if code := other.ended(); code != 4501 {
		t.Errorf("signed out: %d", code)
	}
}

// While Redis is away each replica goes on by itself, and what happened on one
// reaches the other by way of the store.
func TestRedisAway(t *testing.T) {
	h, server := replicas(t, 2)
	ada := h[0].register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	path := "/api/rooms/" + id
	item := ada.addURL(id, "https://example.org/a.mp4")
	kim := h[1].guest(id, "Kim")
	a := ada.socket(id)
	a.next("snapshot")
	k := kim.socket(id)
	k.next("snapshot")
	server.Freeze()
	a.find("alone", func(e map[string]any) bool { return e["alone"] == true })
	ada.post(path+"/playback/item", map[string]string{"item_id": item}).ok(200, nil)
	a.next("playback")
	plays := func(e map[string]any) bool { return e["playback"].(map[string]any)["item_id"] == item }
	k.find("snapshot", plays)
	h[0].await("Redis to be missed", func() bool { return h[0].logged("Redis is away") })
	if said := string(ada.get("/readyz").body); !strings.Contains(said, "away: redis") {
		t.Errorf("readyz says %q", said)
	}
	if v := value(h[0].scrape()["synctv_redis_away"], ""); v != 1 {
		t.Errorf("synctv_redis_away is %v", v)
	}
	late := kim.socket(id) // a page that is opened meanwhile
	late.find("snapshot", plays)
	ada.post(path+"/members/"+memberID(kim, path)+"/kick", map[string]string{}).ok(204, nil)
	if code := k.ended(); code != 4503 {
		t.Errorf("kicked: %d", code)
	}
	server.Thaw()
	for _, one := range h {
		one.await("Redis to be found again", func() bool { return one.logged("Redis is back") })
	}
	a.find("alone", func(e map[string]any) bool { return e["alone"] == false })
	bob := h[1].guest(id, "Bob")
	b := bob.socket(id)
	b.next("snapshot")
	ada.post(path+"/playback/pause", map[string]any{}).ok(200, nil)
	b.next("playback")
}

func (h *house) logged(text string) bool { return strings.Contains(h.log.String(), text) }

func memberID(c *client, path string) string {
	var sum struct{ Me struct{ ID string } }
	c.get(path).ok(200, &sum)
	return sum.Me.ID
}
