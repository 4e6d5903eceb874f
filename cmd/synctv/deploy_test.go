package main

import (
	"encoding/json"
	"errors"
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
	files, err := filepath.Glob(deploy + "/*/*.yaml")
	if err != nil || len(files) < 6 {
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
			if strings.Contains(f, "kubernetes") && (doc["apiVersion"] == nil || doc["kind"] == nil || doc["metadata"] == nil) {
				t.Errorf("%s: %v is no object", f, doc)
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
	for _, f := range []string{"Dockerfile", "compose/single.yaml", "compose/cluster.yaml", "kubernetes/synctv.yaml", "systemd/synctv.service"} {
		for _, name := range regexp.MustCompile(`SYNCTV_[A-Z_]+`).FindAllString(deployFile(t, f), -1) {
			if !keys[name] {
				t.Errorf("%s sets %s, which does not exist", f, name)
			}
		}
	}
	routes := strings.Join(api.RawPatterns(), "\n")
	for _, probe := range []string{"/healthz", "/readyz"} {
		if !strings.Contains(routes, "GET "+probe) || !strings.Contains(deployFile(t, "kubernetes/synctv.yaml"), probe) {
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
	}
}

func TestDeployRulesPassPromtool(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		promtool, err = exec.LookPath("../../bin/promtool") // where scripts/setup puts it
	}
	if err != nil {
		t.Skip("promtool is not installed: run scripts/setup")
	}
	for _, args := range [][]string{{"check", "rules", deploy + "/prometheus/alerts.yaml"}, {"check", "config", deploy + "/prometheus/prometheus.yaml"}} {
		if out, err := exec.Command(promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}
