package main

import (
	"flag"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"synctv/internal/cached"
	"synctv/internal/cluster/local"
	"synctv/internal/realtime"
	"synctv/internal/store"
	"synctv/internal/store/storetest"
)

// update writes the generated pages anew instead of comparing them.
var update = flag.Bool("update", false, "write docs that are generated")

// scrape reads the metrics port.
func (h *house) scrape() map[string]*dto.MetricFamily {
	h.t.Helper()
	m := regexp.MustCompile(`"metrics":"([^"]+)"`).FindStringSubmatch(h.log.String())
	if m == nil {
		h.t.Fatal("no metrics port in the log")
	}
	res, err := http.Get("http://" + m[1] + "/metrics")
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return families
}

func TestMetricsOnTheirOwnPort(t *testing.T) {
	h := startHouse(t, map[string]string{"SYNCTV_METRICS_ADDR": "127.0.0.1:0"})
	root := h.root()
	room := root.createRoom(map[string]string{"name": "counted"})
	root.get("/api/rooms/"+room).ok(200, nil)
	root.get("/api/rooms/nowhere").problem(404, "room_not_found")
	s := root.socket(room)
	s.next("snapshot")
	if strings.Contains(string(h.anonymous().get("/metrics").body), "synctv_") {
		t.Error("the page's port shows metrics")
	}
	families := h.scrape()
	for name, labels := range map[string]string{
		"synctv_http_requests_total":              `method=GET route=/api/rooms/{room} class=2xx`,
		"synctv_http_request_duration_seconds":    `route=/api/rooms/{room}`,
		"synctv_sockets_open":                     "",
		"synctv_rooms_occupied":                   "",
		"synctv_lock_asked_total":                 "result=taken",
		"synctv_database_connections_max":         "pool=write",
		"synctv_realtime_transport_messages_sent": "",
	} {
		if v := value(families[name], labels); v < 1 {
			t.Errorf("%s{%s} is %v", name, labels, v)
		}
	}
	if v := value(families["synctv_http_requests_total"], "route=/api/rooms/{room} class=4xx"); v != 1 {
		t.Errorf("%v requests were not found, want 1", v)
	}
	for _, name := range []string{"synctv_lock_held", "synctv_lock_lost_total", "synctv_redis_away", "synctv_store_away"} {
		if f := families[name]; f == nil || value(f, "") != 0 {
			t.Errorf("%s: %v", name, f)
		}
	}
	for name, f := range families {
		if strings.Contains(f.String(), room) {
			t.Errorf("%s has a room's id in a label", name)
		}
	}
}

// value sums what carries all the labels, "name=value" each.
func value(f *dto.MetricFamily, labels string) (sum float64) {
	for _, m := range f.GetMetric() {
		have := []string{}
		for _, l := range m.GetLabel() {
			have = append(have, l.GetName()+"="+l.GetValue())
		}
		if !slices.ContainsFunc(strings.Fields(labels), func(w string) bool { return !slices.Contains(have, w) }) {
			sum += m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return sum
}

// TestMetricsAreDocumented compares docs/METRICS.md with every metric that may
// ever appear; "go test ./cmd/synctv -run MetricsAreDocumented -update" writes it.
func TestMetricsAreDocumented(t *testing.T) {
	generated(t, "../../docs/METRICS.md", metricsTable(t))
}

// generated compares what stands between the marks of a page with what it should
// be; with -update it writes it.
func generated(t *testing.T, page, want string) {
	t.Helper()
	have, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(have), "<!-- begin -->\n")
	_, tail, ok2 := strings.Cut(rest, "<!-- end -->")
	if !ok || !ok2 {
		t.Fatalf("%s has lost its marks", page)
	}
	next := head + "<!-- begin -->\n" + want + "<!-- end -->" + tail
	if *update {
		if err := os.WriteFile(page, []byte(next), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if next != string(have) {
		t.Errorf("%s is not what the program has; run: go test ./cmd/synctv -run AreDocumented -update\n%s", page, want)
	}
}

func metricsTable(t *testing.T) string {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{URL: storetest.SQLiteURL(t), MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	node, err := realtime.NewNode(realtime.Options{Log: slog.New(slog.DiscardHandler), Roll: local.NewRoll()})
	if err != nil {
		t.Fatal(err)
	}
	p := &program{node: node}
	rows := map[string]string{}
	sockets, ok := node.Metrics().(prometheus.Collector)
	if !ok {
		t.Fatal("the sockets' metrics do not describe themselves")
	}
	for _, c := range []prometheus.Collector{p.measure(db, cached.NewRooms(db, nil, time.Now, nil)).Collector(), sockets} {
		describe(c, rows)
	}
	out := "| metric | labels | meaning |\n|---|---|---|\n"
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		out += rows[name]
	}
	return out
}

var descPattern = regexp.MustCompile(`fqName: "(synctv_[^"]*)", help: "([^"]*)", unit: "[^"]*", constLabels: {([^}]*)}, variableLabels: {([^}]*)}`)

func describe(c prometheus.Collector, rows map[string]string) {
	ch, done := make(chan *prometheus.Desc), make(chan struct{})
	go func() {
		defer close(done)
		for d := range ch {
			m := descPattern.FindStringSubmatch(d.String())
			if m == nil {
				continue // of the runtime and the process: documented by Prometheus
			}
			labels := regexp.MustCompile(`="[^"]*"`).ReplaceAllString(m[3], "")
			labels = strings.Trim(labels+","+m[4], ",")
			if labels != "" {
				labels = "`" + strings.ReplaceAll(labels, ",", "` `") + "`"
			}
			rows[m[1]] = "| `" + m[1] + "` | " + labels + " | " + m[2] + " |\n"
		}
	}()
	c.Describe(ch)
	close(ch)
	<-done
}

func TestRequestIDsComeFromTrustedProxiesOnly(t *testing.T) {
	const given = "from-the-proxy-1"
	for trusted, want := range map[string]bool{"": false, "127.0.0.0/8": true} {
		h := startHouse(t, map[string]string{"SYNCTV_TRUSTED_PROXIES": trusted})
		ask := func(id string) string {
			req, err := http.NewRequestWithContext(t.Context(), "GET", h.url+"/api/rooms/none", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X-Request-Id", id)
			a := h.send(req)
			a.problem(404, "room_not_found") // has the same id in body and header
			return a.header.Get("X-Request-Id")
		}
		if got := ask(given); (got == given) != want {
			t.Errorf("trusted %q: id %q", trusted, got)
		}
		if (strings.Count(h.log.String(), given) > 0) != want {
			t.Errorf("trusted %q: the log has it, or not", trusted)
		}
		if _, err := uuid.Parse(ask("no good\tid")); err != nil {
			t.Error(err)
		}
	}
}

func TestLogLevelsChangeWhileRunning(t *testing.T) {
	h := startHouse(t, map[string]string{"SYNCTV_LOG_LEVEL": "info"})
	root := h.root()
	marks := func(id string) int {
		root.get("/api/rooms/" + id)
		return strings.Count(h.log.String(), id)
	}
	if marks("quiet-one") != 0 {
		t.Error("a request was logged at info")
	}
	root.do("PUT", "/api/admin/log-levels", object{"levels": "info,api=debug"}).ok(200, nil)
	h.await("the line of a request", func() bool { return marks("loud-one") > 0 })
	root.do("PUT", "/api/admin/log-levels", object{"levels": "loud"}).problem(400, "validation")
	var now struct{ Levels string }
	root.get("/api/admin/log-levels").ok(200, &now)
	if now.Levels != "info,api=debug" {
		t.Errorf("levels %q", now.Levels)
	}
}

func TestProfilesAreForAdmins(t *testing.T) {
	h := startHouse(t, nil)
	if a := h.root().get("/api/admin/debug/pprof/heap"); a.status != 200 || len(a.body) < 100 {
		t.Errorf("heap: %d, %d bytes", a.status, len(a.body))
	}
	h.root().get("/api/admin/debug/pprof/cmdline").problem(404, "not_found")
	h.anonymous().get("/api/admin/debug/pprof/heap").problem(401, "not_signed_in")
}
