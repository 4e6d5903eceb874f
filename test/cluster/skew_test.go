//go:build unix && cluster

package cluster

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// verdict is what the drift rig says of a run, in ms.
type verdict struct {
	Void                 bool
	P50, P95, P99        float64
	StolenSeconds        int
	Pairs                map[string]struct{ P50, P95, P99 float64 }
	CorrectiveSeeks      map[string]int
	RateChangesPerMinute map[string]float64
	Settle               []struct {
		What string
		MS   float64
	}
}

// drift is a run of the drift rig with its pages spread over the replicas.
func drift(t *testing.T, profile string, replicas int, env func(i int) []string) (said verdict) {
	t.Helper()
	root, err := filepath.Abs("../..")
	must(t, err)
	films := filepath.Join(root, "test/drift/.out/films")
	must(t, os.MkdirAll(films, 0o755))
	r := newRigWith(t, replicas, "drift", func(i int) []string {
		return append(env(i), "SYNCTV_LIBRARY=Films="+films)
	})
	var urls []string
	for _, replica := range r.replicas {
		urls = append(urls, replica.url)
	}
	run := exec.CommandContext(t.Context(), filepath.Join(root, "web/node_modules/.bin/playwright"), "test", "--config", "test/drift/playwright.config.ts")
	run.Dir = root
	run.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(root, "web/node_modules"), "PROFILE="+profile, "ROOT_PASSWORD="+rootPassword,
		"REPLICAS="+strings.Join(urls, ","))
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, line, _ := strings.Cut(string(out), `{"profile"`)
	line, _, _ = strings.Cut(line, "\n")
	must(t, json.Unmarshal([]byte(`{"profile"`+line), &said))
	return said
}

// Two replicas whose own clocks are 400 ms apart; three browsers, two of them on
// the first replica: they are as close to each other as to the third.
func TestSkew(t *testing.T) {
	said := drift(t, "lan", 2, func(i int) []string { return []string{"SYNCTV_SKEW=" + []string{"200ms", "-200ms"}[i]} })
	same, across := said.Pairs["same"], said.Pairs["across"]
	t.Logf("two pages on one replica: p50 %v p95 %v p99 %v ms apart; on two: p50 %v p95 %v p99 %v ms (disturbed by others: %v)",
		same.P50, same.P95, same.P99, across.P50, across.P95, across.P99, said.Void)
	if across.P95 > same.P95+10 {
		t.Error("two replicas are further apart than one")
	}
}

// Three replicas with a page on each, on the lines of homes: as close as on one
// (the Home row of docs/SYNC.md).
func TestSpread(t *testing.T) {
	said := drift(t, "home", 3, func(int) []string { return nil })
	t.Logf("p50 %v p95 %v p99 %v ms apart, settled %v, seeks %v, rate changes a minute %v, stolen seconds %d, void: %v",
		said.P50, said.P95, said.P99, said.Settle, said.CorrectiveSeeks, said.RateChangesPerMinute, said.StolenSeconds, said.Void)
	if !said.Void && (said.P50 > 8 || said.P95 > 20 || said.P99 > 40) {
		t.Error("further apart than promised: 8, 20 and 40 ms")
	}
}
