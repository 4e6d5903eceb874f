//go:build unix && cluster

package cluster

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// pair is how far two pages were apart, in ms.
type pair struct{ P50, P95, P99 float64 }

// tooFewRuns is what scripts/drift ends with when others had the machine in all runs.
const tooFewRuns = 3

// drift is a run of the drift rig with its pages spread over the replicas. The
// rig judges it by its profile (test/drift/profiles.ts) and repeats what others
// disturbed; a run that always is disturbed shows nothing, and the test says so.
func drift(t *testing.T, profile string, replicas int, env func(i int) []string) map[string]pair {
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
	run := exec.CommandContext(t.Context(), filepath.Join(root, "scripts/drift"), profile, "1")
	run.Env = append(os.Environ(), "ROOT_PASSWORD="+rootPassword, "REPLICAS="+strings.Join(urls, ","))
	out, err := run.CombinedOutput()
	t.Logf("%s", out)
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.ExitCode() == tooFewRuns {
		t.Skip("NOT SHOWN: others took the machine in every run; try again when it is idle")
	}
	if err != nil {
		t.Errorf("the profile's promises: %v", err)
	}
	written, err := os.ReadFile(filepath.Join(root, "test/drift/.out", profile+"-report.json"))
	must(t, err)
	var report struct {
		Median struct{ Pairs map[string]pair }
	}
	must(t, json.Unmarshal(written, &report))
	return report.Median.Pairs
}

// Two replicas whose own clocks are 400 ms apart; three browsers, two of them on
// the first replica: they are as close to each other as to the third.
func TestSkew(t *testing.T) {
	pairs := drift(t, "lan", 2, func(i int) []string { return []string{"SYNCTV_SKEW=" + []string{"200ms", "-200ms"}[i]} })
	same, seen := pairs["same"]
	across := pairs["across"]
	t.Logf("two pages on one replica: p50 %v p95 %v p99 %v ms apart; on two: p50 %v p95 %v p99 %v ms",
		same.P50, same.P95, same.P99, across.P50, across.P95, across.P99)
	if !seen || across.P95 > same.P95+10 {
		t.Error("two replicas are further apart than one")
	}
}

// Three replicas with a page on each, on the lines of homes: as close as on one
// (the Home row of docs/SYNC.md).
func TestSpread(t *testing.T) {
	drift(t, "home", 3, func(int) []string { return nil })
}
