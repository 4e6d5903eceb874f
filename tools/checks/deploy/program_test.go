package deploy

import (
	"os/exec"
	"path/filepath"
	"testing"
)

const root = "../../.."

// build makes the program that deploy/ is for.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "synctv")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/synctv")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// run runs it with nothing but an environment.
func run(program string, env []string, args ...string) (string, error) {
	cmd := exec.Command(program, args...)
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	return string(out), err
}
