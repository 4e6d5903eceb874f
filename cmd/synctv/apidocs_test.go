package main

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"synctv/internal/api"
)

// TestAPIGuideRuns executes every sh block of docs/API.md, in order, as one
// script against a server of its own.
func TestAPIGuideRuns(t *testing.T) {
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed", tool)
		}
	}
	page, err := os.ReadFile("../../docs/API.md")
	if err != nil {
		t.Fatal(err)
	}
	script := "set -euo pipefail\n"
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		script += block[1]
	}
	if strings.Count(script, "curl") < 6 {
		t.Fatal("the guide has lost its commands")
	}
	h := startHouse(t, nil)
	cmd := exec.CommandContext(t.Context(), "bash", "-c", strings.ReplaceAll(script, "http://localhost:8080", h.url))
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "Hello from a bot") {
		t.Errorf("%v\n%s", err, out)
	}
}

// openAPIDoc is the document, as far as the rules below look at it.
type openAPIDoc struct {
	OpenAPI string
	Info    struct{ Title, Version string }
	Paths   map[string]map[string]struct {
		OperationID string `json:"operationId"`
		Summary     string
		Tags        []string
		Parameters  []struct {
			Name, In, Description string
			Required              bool
			Schema                map[string]any
		}
		Responses map[string]struct {
			Description string
			Content     map[string]struct{ Schema map[string]any }
		}
	}
	Components struct{ Schemas map[string]map[string]any }
}

// TestOpenAPIIsStrict: what linters call errors, and that every operation is documented.
func TestOpenAPIIsStrict(t *testing.T) {
	h := startHouse(t, nil)
	raw := h.anonymous().get("/api/openapi.json").body
	var doc openAPIDoc
	if err := json.Unmarshal(raw, &doc); err != nil || !strings.HasPrefix(doc.OpenAPI, "3.1") || doc.Info.Title == "" {
		t.Fatal(err, doc.OpenAPI)
	}
	seen := map[string]bool{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			what := method + " " + path
			if op.OperationID == "" || op.Summary == "" || len(op.Tags) == 0 || seen[op.OperationID] || strings.HasSuffix(op.Summary, ".") {
				t.Errorf("%s: id %q, summary %q, tags %v", what, op.OperationID, op.Summary, op.Tags)
			}
			seen[op.OperationID] = true
			declared := ""
			for _, p := range op.Parameters {
				if p.In == "path" {
					declared += "{" + p.Name + "}"
				}
				if p.Schema == nil || p.In == "path" && !p.Required {
					t.Errorf("%s: parameter %s", what, p.Name)
				}
			}
			for _, p := range regexp.MustCompile(`{[a-z_]+}`).FindAllString(path, -1) {
				if !strings.Contains(declared, p) {
					t.Errorf("%s: %s is not declared", what, p)
				}
			}
			if !slices.ContainsFunc(slices.Collect(maps.Keys(op.Responses)), func(code string) bool { return code[0] == '2' || code == "101" }) {
				t.Errorf("%s: no good answer", what)
			}
			for code, r := range op.Responses {
				if r.Description == "" {
					t.Errorf("%s: %s is not described", what, code)
				}
			}
		}
	}
	for _, ref := range regexp.MustCompile(`"#/components/schemas/([^"]+)"`).FindAllStringSubmatch(string(raw), -1) {
		if doc.Components.Schemas[ref[1]] == nil {
			t.Errorf("%s is named, but not there", ref[1])
		}
	}
	page := string(h.anonymous().get("/api/docs").body)
	if !strings.Contains(page, "SyncTV API") || strings.Contains(page, "https://") {
		t.Errorf("the page of the document: %.200s", page)
	}
	if a := h.anonymous().get("/api/docs.js"); a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/javascript") {
		t.Errorf("its script: %d %s", a.status, a.header.Get("Content-Type"))
	}
}

// undescribed are the routes of the mux outside the document, and why.
func undescribed() map[string]string {
	return map[string]string{
		"/": "the page", "/api/": "answers 404", "GET /api/docs": "shows the document", "GET /api/docs.js": "its script",
	}
}

// TestEveryRouteIsDescribed: operations are by their making; the others by hand.
func TestEveryRouteIsDescribed(t *testing.T) {
	h := startHouse(t, nil)
	var doc openAPIDoc
	h.anonymous().get("/api/openapi.json").ok(200, &doc)
	for _, pattern := range api.RawPatterns() {
		method, path, _ := strings.Cut(strings.ReplaceAll(pattern, "...}", "}"), " ")
		_, described := doc.Paths[path][strings.ToLower(method)]
		if _, excused := undescribed()[pattern]; described == excused {
			t.Errorf("%s: described %t, excused %t", pattern, described, excused)
		}
	}
}

// TestOperationsAreDocumented compares the table of docs/API.md with the document.
func TestOperationsAreDocumented(t *testing.T) {
	h := startHouse(t, nil)
	var doc openAPIDoc
	h.anonymous().get("/api/openapi.json").ok(200, &doc)
	rows := []string{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			rows = append(rows, "| `"+strings.ToUpper(method)+" "+path+"` | "+op.Summary+" |\n")
		}
	}
	slices.Sort(rows)
	generated(t, "../../docs/API.md", "| operation | does |\n|---|---|\n"+strings.Join(rows, ""))
}
