package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
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
	Paths map[string]map[string]struct {
		Summary string
		Tags    []string
	}
}

// TestOpenAPIIsStrict: a linter of others finds nothing in the document.
func TestOpenAPIIsStrict(t *testing.T) {
	if _, err := os.Stat("../../web/node_modules/@redocly/openapi-core"); err != nil {
		t.Skip("needs web/node_modules (npm ci in web)")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("needs node")
	}
	h := startHouse(t, nil)
	raw := h.anonymous().get("/api/openapi.json").body
	lint := func(raw []byte) (string, error) {
		file := filepath.Join(t.TempDir(), "openapi.json")
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(node, "../../test/openapi/lint.mjs", file).CombinedOutput()
		return string(out), err
	}
	if out, err := lint(raw); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	// It would find something.
	if out, err := lint(bytes.Replace(raw, []byte(`"operationId":"get-room"`), []byte(`"operationId":"list-rooms"`), 1)); err == nil || !strings.Contains(out, "list-rooms") {
		t.Errorf("two operations of one id: %v\n%s", err, out)
	}
}

// TestOperationsAreNamed: alike, and in the table of contents.
func TestOperationsAreNamed(t *testing.T) {
	var doc openAPIDoc
	startHouse(t, nil).anonymous().get("/api/openapi.json").ok(200, &doc)
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if op.Summary == "" || len(op.Tags) == 0 || strings.HasSuffix(op.Summary, ".") {
				t.Errorf("%s %s: summary %q, tags %v", method, path, op.Summary, op.Tags)
			}
		}
	}
}

// TestTheDocumentIsShown by this server's own page and script.
func TestTheDocumentIsShown(t *testing.T) {
	anon := startHouse(t, nil).anonymous()
	page := string(anon.get("/api/docs").body)
	if !strings.Contains(page, "SyncTV API") || strings.Contains(page, "https://") {
		t.Errorf("the page of the document: %.200s", page)
	}
	if a := anon.get("/api/docs.js"); a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/javascript") {
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
