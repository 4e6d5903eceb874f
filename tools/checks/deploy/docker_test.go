package deploy

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// TestDockerfileLints reads it with BuildKit's parser and the rules of
// "docker build --check" that look at instructions.
func TestDockerfileLints(t *testing.T) {
	raw, err := os.ReadFile(root + "/deploy/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	ast, err := parser.Parse(bytes.NewReader(raw))
	if err != nil || len(ast.Warnings) > 0 {
		t.Fatal(err, ast.Warnings)
	}
	l := linter.New(&linter.Config{Warn: func(rule, about, _, message string, at []parser.Range) {
		t.Errorf("%v: %s: %s (%s)", at, rule, message, about)
	}})
	stages, _, err := instructions.Parse(ast.AST, l)
	if err != nil {
		t.Fatal(err)
	}
	checkStages(t, stages)
}

// checkStages: COPY --from names stages that are there, and the image runs as
// nobody and looks after itself.
func checkStages(t *testing.T, stages []instructions.Stage) {
	t.Helper()
	names, said := map[string]bool{}, map[string]string{}
	for _, s := range stages {
		for _, c := range s.Commands {
			if cp, ok := c.(*instructions.CopyCommand); ok && cp.From != "" && !names[cp.From] {
				t.Errorf("COPY from %s, which is not before it", cp.From)
			}
			said[s.Name+" "+c.Name()] = strings.Join(strings.Fields(c.(interface{ String() string }).String()), " ")
		}
		names[s.Name] = true
	}
	last := stages[len(stages)-1].Name
	if user := said[last+" USER"]; !strings.HasPrefix(user, "USER 65532") {
		t.Errorf("runs as %q", user)
	}
	if said[last+" HEALTHCHECK"] == "" || said[last+" ENTRYPOINT"] == "" {
		t.Error("no health check, or nothing to run")
	}
}
