package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"synctv/internal/api"
	"synctv/internal/config"
)

const deploy = "../../deploy"

func deployFile(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(deploy, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestDeployFilesParse(t *testing.T) {
	files, err := filepath.Glob(deploy + "/*/*.yaml") // the chart has a test of its own, in tools/checks
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		d := yaml.NewDecoder(strings.NewReader(string(raw)))
		for {
			var doc map[string]any
			err := d.Decode(&doc)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", f, err)
			}
		}
	}
	var board struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	if err := json.Unmarshal([]byte(deployFile(t, "grafana/synctv.json")), &board); err != nil || len(board.Panels) < 6 {
		t.Error(err)
	}
}

// TestDeployNamesWhatThereIs: variables, probes and metrics.
func TestDeployNamesWhatThereIs(t *testing.T) {
	keys := map[string]bool{"SYNCTV_CONFIG": true}
	for _, k := range config.Keys() {
		keys[k.Env()] = true
		if k.Secret {
			keys[k.Env()+"_FILE"] = true
		}
	}
	for _, f := range []string{"Dockerfile", "compose/single.yaml", "compose/cluster.yaml", "helm/synctv/templates/statefulset.yaml", "systemd/synctv.service"} {
		for _, name := range regexp.MustCompile(`SYNCTV_[A-Z_]+`).FindAllString(deployFile(t, f), -1) {
			if !keys[name] {
				t.Errorf("%s sets %s, which does not exist", f, name)
			}
		}
	}
	routes := strings.Join(api.RawPatterns(), "\n")
	for _, probe := range []string{"/healthz", "/readyz"} {
		if !strings.Contains(routes, "GET "+probe) || !strings.Contains(deployFile(t, "helm/synctv/templates/statefulset.yaml"), probe) {
			t.Errorf("no probe %s", probe)
		}
	}
	known := metricsTable(t)
	for _, f := range []string{"prometheus/alerts.yaml", "grafana/synctv.json"} {
		for _, name := range regexp.MustCompile(`synctv_[a-z_]+`).FindAllString(deployFile(t, f), -1) {
			if !strings.Contains(known, "`"+strings.TrimSuffix(name, "_bucket")+"`") {
				t.Errorf("%s shows %s, which does not exist", f, name)
			}
		}
		uses := labelsIn(deployFile(t, f))
		if len(uses) < 2 {
			t.Errorf("%s: %d labels found", f, len(uses))
		}
		for _, use := range uses {
			if row := regexp.MustCompile("(?m)^\\| `" + use[0] + "` \\| ([^|]*)\\|").FindStringSubmatch(known); row == nil || !strings.Contains(row[1], "`"+use[1]+"`") {
				t.Errorf("%s asks %s for the label %s, which it has not", f, use[0], use[1])
			}
		}
	}
}

// labelsIn finds the metrics and labels that expressions select or sum by.
func labelsIn(text string) (uses [][2]string) {
	name := `(synctv_[a-z_]+?)(?:_bucket)?`
	for _, m := range regexp.MustCompile(name+`\{([a-z_]+)[=!]`).FindAllStringSubmatch(text, -1) {
		uses = append(uses, [2]string{m[1], m[2]})
	}
	for _, m := range regexp.MustCompile(`by \(([a-z_, ]+)\) \((?:rate\(|increase\()?`+name+`[\[{)]`).FindAllStringSubmatch(text, -1) {
		for label := range strings.SplitSeq(m[1], ",") {
			if label = strings.TrimSpace(label); label != "le" { // of every histogram
				uses = append(uses, [2]string{m[2], label})
			}
		}
	}
	return uses
}

func TestDeployRulesPassPromtool(t *testing.T) {
	promtool := installed(t, "promtool")
	for _, args := range [][]string{{"check", "rules", deploy + "/prometheus/alerts.yaml"}, {"check", "config", deploy + "/prometheus/prometheus.yaml"}, {"test", "rules", deploy + "/prometheus/tests.yaml"}} {
		if out, err := exec.Command(promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}

// TestEachAlertIsTried: tests.yaml names every alert, and has cases in which it
// fires and does not.
func TestEachAlertIsTried(t *testing.T) {
	tests := deployFile(t, "prometheus/tests.yaml")
	for _, m := range regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(deployFile(t, "prometheus/alerts.yaml"), -1) {
		if !strings.Contains(tests, "alertname: "+m[1]+", exp_alerts: []") || !strings.Contains(tests, "alertname: "+m[1]+"\n        exp_alerts:\n") {
			t.Errorf("%s is not tried both ways", m[1])
		}
	}
}

// TestDashboardIsPromQL gives each expression of the dashboard to promtool, as a
// rule of its own.
func TestDashboardIsPromQL(t *testing.T) {
	promtool := installed(t, "promtool")
	var board struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	if err := json.Unmarshal([]byte(deployFile(t, "grafana/synctv.json")), &board); err != nil {
		t.Fatal(err)
	}
	rules := []any{}
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			expr := strings.ReplaceAll(target.Expr, "$__rate_interval", "5m")
			rules = append(rules, map[string]string{"record": fmt.Sprintf("panel:%d", len(rules)), "expr": expr})
		}
	}
	raw, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": rules}}})
	file := filepath.Join(t.TempDir(), "dashboard.yaml")
	if err != nil || len(rules) < 10 || os.WriteFile(file, raw, 0o600) != nil {
		t.Fatal(len(rules), err)
	}
	if out, err := exec.Command(promtool, "check", "rules", file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestUnitVerifies asks systemd about the unit, with a program that is there.
func TestUnitVerifies(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed (Debian package systemd)")
	}
	unit := put(t, deployFile(t, "systemd/synctv.service"), "/usr/local/bin/synctv", "/bin/true")
	file := filepath.Join(t.TempDir(), "synctv.service")
	if err := os.WriteFile(file, []byte(unit), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(analyze, "verify", "--man=no", file).CombinedOutput()
	if err != nil || strings.Contains(string(out), "synctv.service:") {
		t.Errorf("%v\n%s", err, out)
	}
}
