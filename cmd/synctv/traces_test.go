//go:build unix

package main

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"synctv/internal/cluster/clustertest"
	"synctv/internal/store/storetest"
)

// traceCollector takes traces by OTLP/HTTP, as a real one does.
type traceCollector struct {
	url   string
	mu    sync.Mutex
	spans []span // guarded by mu
}

type span struct {
	replica, trace, id, parent, name string
	facts                            map[string]string
}

func collectTraces(t *testing.T) *traceCollector {
	t.Helper()
	c := &traceCollector{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		var data otlp.TracesData
		if err := proto.Unmarshal(raw, &data); err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		for _, of := range data.GetResourceSpans() {
			c.take(of)
		}
	}))
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

func (c *traceCollector) take(of *otlp.ResourceSpans) {
	c.mu.Lock()
	defer c.mu.Unlock()
	replica := ""
	for _, a := range of.GetResource().GetAttributes() {
		if a.GetKey() == "service.instance.id" {
			replica = a.GetValue().GetStringValue()
		}
	}
	for _, scope := range of.GetScopeSpans() {
		for _, s := range scope.GetSpans() {
			one := span{
				replica: replica, trace: hex.EncodeToString(s.GetTraceId()), id: hex.EncodeToString(s.GetSpanId()),
				parent: hex.EncodeToString(s.GetParentSpanId()), name: s.GetName(), facts: map[string]string{},
			}
			for _, a := range s.GetAttributes() {
				one.facts[a.GetKey()] = a.GetValue().GetStringValue()
			}
			c.spans = append(c.spans, one)
		}
	}
}

// of gives the spans of the trace whose first one has a fact, by their ids.
func (c *traceCollector) of(key, value string) (root span, all map[string]span) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spans {
		if s.facts[key] == value {
			root = s
		}
	}
	return root, c.trace(root.trace)
}

// trace gives the spans of one trace by their ids; c.mu is held.
func (c *traceCollector) trace(id string) map[string]span {
	all := map[string]span{}
	for _, s := range c.spans {
		if id != "" && s.trace == id {
			all[s.id] = s
		}
	}
	return all
}

// pulled is the lineage of a pull that one replica asked for and another heard;
// empty: there is none yet.
func (c *traceCollector) pulled() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, asked := range c.spans {
		all := c.trace(asked.trace)
		if by := all[asked.parent]; asked.name == "relay asked" && by.name == "relay pull" && by.replica != asked.replica {
			return lineage(all, asked)
		}
	}
	return ""
}

// lineage is the names from a span up to the first.
func lineage(all map[string]span, s span) string {
	names := []string{s.name}
	for s.parent != "" {
		above, ok := all[s.parent]
		if !ok {
			return "? < " + strings.Join(names, " < ")
		}
		s, names = above, append([]string{above.name}, names...)
	}
	return strings.Join(names, " < ")
}

// traced is two replicas that send their traces to one collector.
func traced(t *testing.T) ([]*house, *traceCollector) {
	t.Helper()
	collector := collectTraces(t)
	env := map[string]string{
		"SYNCTV_DATABASE_URL": storetest.StartPostgres(t).NewDatabase(t), "SYNCTV_REDIS_URL": clustertest.StartRedis(t).URL,
		"SYNCTV_CLUSTER_ADDR": "127.0.0.1:0", "SYNCTV_OTLP_ENDPOINT": collector.url,
	}
	return []*house{startHouse(t, env), startHouse(t, env)}, collector
}

// One trace shows a pause from the request to the sockets of another replica.
func TestOneTraceAcrossReplicas(t *testing.T) {
	h, collector := traced(t)
	ada := h[0].register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	item := ada.addURL(id, "https://example.org/a.mp4")
	ada.post("/api/rooms/"+id+"/playback/item", map[string]string{"item_id": item}).ok(200, nil)
	k := h[1].guest(id, "Kim").socket(id)
	k.next("snapshot")
	paused := ada.post("/api/rooms/"+id+"/playback/pause", map[string]any{})
	paused.ok(200, nil)
	if e := k.next("playback"); e["playback"].(map[string]any)["status"] != "paused" {
		t.Fatalf("%v", e)
	}
	renamed := ada.do("PATCH", "/api/rooms/"+id, map[string]any{"name": "y"})
	renamed.ok(200, nil)
	for _, s := range k.passed {
		if strings.Contains(sprint(s), "traceparent") {
			t.Error("a page was told of the trace")
		}
	}
	for what, answer := range map[string]answer{"pause": paused, "rename": renamed} {
		collector.wants(t, what, answer.header.Get("X-Request-Id"))
	}
}

// TestARelayPullIsTraced: on the replica that asks and on the one that has it.
func TestARelayPullIsTraced(t *testing.T) {
	film := encoded(t)
	h, collector := traced(t)
	ada := h[0].register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	var k struct {
		URL  string
		Item struct{ Play struct{ URL string } }
	}
	ada.post("/api/rooms/"+id+"/live-keys", struct{}{}).ok(201, &k)
	publish(t, k.URL, film)
	ada.watch(k.Item.Play.URL).more(t)
	ada.on(h[1]).watch(k.Item.Play.URL).more(t)
	await(t, "the trace of the pull", func() bool { return collector.pulled() == "relay pull < relay asked" })
}

// wants awaits the whole trace of one request: spans of both replicas, the
// store's and the publication's among them, each under the one before.
func (c *traceCollector) wants(t *testing.T, what, requestID string) {
	t.Helper()
	var root span
	var all map[string]span
	await(t, "the trace of the "+what, func() bool {
		root, all = c.of("request_id", requestID)
		for _, s := range all {
			if s.name == "deliver" && s.replica != root.replica {
				return true
			}
		}
		return false
	})
	seen := map[string]bool{}
	for _, s := range all {
		p := lineage(all, s)
		seen[s.name] = true
		t.Logf("%.6s %s", s.replica, p)
		if !strings.HasPrefix(p, root.name) {
			t.Errorf("not under %s: %s", root.name, p)
		}
		if s.name == "deliver" && !strings.Contains(p, "publish < deliver") {
			t.Errorf("delivered by %s", p)
		}
	}
	if root.parent != "" || root.facts["http.route"] == "" || !seen["publish"] || !seen["store"] && !seen["store transaction"] || what == "rename" && !seen["lock"] {
		t.Errorf("%s: %v, %v", what, root, seen)
	}
}
