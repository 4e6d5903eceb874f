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

// Two replicas whose own clocks are 400 ms apart; three browsers, two of them on
// the first replica: they are as close to each other as to the third.
func TestSkew(t *testing.T) {
	root, err := filepath.Abs("../..")
	must(t, err)
	films := filepath.Join(root, "test/drift/.out/films")
	must(t, os.MkdirAll(films, 0o755))
	r := newRigWith(t, 2, "skew", func(i int) []string {
		return []string{"SYNCTV_SKEW=" + []string{"200ms", "-200ms"}[i], "SYNCTV_LIBRARY=Films=" + films}
	})
	run := exec.CommandContext(t.Context(), filepath.Join(root, "web/node_modules/.bin/playwright"), "test", "--config", "test/drift/playwright.config.ts")
	run.Dir = root
	run.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(root, "web/node_modules"), "PROFILE=lan", "ROOT_PASSWORD="+rootPassword,
		"REPLICAS="+r.replicas[0].url+","+r.replicas[1].url)
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var said struct {
		Void  bool
		Pairs map[string]struct{ P50, P95, P99 float64 }
	}
	_, line, _ := strings.Cut(string(out), `{"profile"`)
	line, _, _ = strings.Cut(line, "\n")
	must(t, json.Unmarshal([]byte(`{"profile"`+line), &said))
	same, across := said.Pairs["same"], said.Pairs["across"]
	t.Logf("two pages on one replica: p50 %v p95 %v p99 %v ms apart; on two: p50 %v p95 %v p99 %v ms (disturbed by others: %v)",
		same.P50, same.P95, same.P99, across.P50, across.P95, across.P99, said.Void)
	if across.P95 > same.P95+10 {
		t.Error("two replicas are further apart than one")
	}
}
