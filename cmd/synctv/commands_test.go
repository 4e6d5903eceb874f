package main

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// walk visits every command.
func walk(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, one := range c.Commands() {
		walk(one, visit)
	}
}

// TestGroupsRefuseUnknownWords: a script that misspells a command must not go on
// as if it had been done.
func TestGroupsRefuseUnknownWords(t *testing.T) {
	c, groups := newConsole(t), 0
	walk(commands(nil, io.Discard), func(cmd *cobra.Command) {
		if !cmd.HasSubCommands() {
			return
		}
		groups++
		path := strings.Fields(cmd.CommandPath())[1:]
		c.fails(2, append(path, "bogus")...)
		if out := c.run(path...); !strings.Contains(out, "Usage:") {
			t.Errorf("%v alone prints no help", path)
		}
	})
	if groups < 8 {
		t.Errorf("%d groups", groups)
	}
	for typed, meant := range map[string]string{"config chekc": "check", "migrate upp": "up", "user lst": "list", "confg": "config"} {
		_, _, err := c.try(strings.Fields(typed)...)
		if err == nil || exitCode(err) != 2 || !strings.Contains(err.Error(), meant) {
			t.Errorf("%s: %v", typed, err)
		}
	}
}

// TestEveryCommandKnowsItsOutput: a command that takes -o prints JSON with it and
// refuses what is neither.
func TestEveryCommandKnowsItsOutput(t *testing.T) {
	h := startHouse(t, nil)
	c := &console{t, map[string]string{"SYNCTV_DATA_DIR": filepath.Join(h.dir, "data"), "SYNCTV_HTTP_ADDR": strings.TrimPrefix(h.url, "http://")}}
	room := h.root().createRoom(map[string]string{"name": "Printed"})
	c.run("user", "add", "ada")
	archive := filepath.Join(t.TempDir(), "a.gz")
	asked := map[string]bool{}
	for _, line := range []string{
		"version", "health", "config print", "config check", "migrate status", "migrate up", "backup " + archive, "restore --check " + archive,
		"user list", "user show ada", "user password ada --yes", "user role ada admin", "user role ada user", "user ban ada --yes", "user unban ada", "user add eve",
		"room list", "room show " + room, "room close " + room + " --yes", "room reopen " + room, "room delete " + room + " --yes",
		"setting list", "setting set signup closed", "setting reset signup", "source list", "source rotate-keys",
	} {
		args := strings.Fields(line)
		var v any
		if out := c.run(append(args, "-o", "json")...); json.Unmarshal([]byte(out), &v) != nil {
			t.Errorf("%s -o json prints %s", line, out)
		}
		cmd, _, err := commands(nil, io.Discard).Find(args)
		if err != nil {
			t.Fatal(err)
		}
		asked[cmd.CommandPath()] = true
	}
	unasked := map[string]bool{"synctv user approve": true, "synctv source show": true} // asked where there is something to ask about
	walk(commands(nil, io.Discard), func(cmd *cobra.Command) {
		if cmd.HasSubCommands() || cmd.Flag("output") == nil {
			return
		}
		if !asked[cmd.CommandPath()] && !unasked[cmd.CommandPath()] {
			t.Errorf("nobody asked %s for JSON", cmd.CommandPath())
		}
		c.fails(2, append(strings.Fields(cmd.CommandPath())[1:], "-o", "xml")...)
	})
	c.fails(2, "config", "example", "-o", "json") // takes none
}

// TestCompletion asks the shells' own question, and has bash read the script.
func TestCompletion(t *testing.T) {
	c := newConsole(t)
	for typed, want := range map[string]string{
		"":                  "serve",
		"us":                "user",
		"user ":             "ban",
		"migrate u":         "up",
		"user list -o ":     "json",
		"serve --http-ad":   "--http-addr",
		"completion ":       "fish",
		"restore --databas": "--database-url",
	} {
		args := append([]string{"__complete"}, strings.Split(typed, " ")...)
		if out := c.run(args...); !strings.Contains("\n"+out, "\n"+want) {
			t.Errorf("%q completes to %s", typed, out)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if out := c.run("completion", shell); !strings.Contains(out, "synctv") || !strings.Contains(out, "__complete") {
			t.Errorf("%s: %d bytes", shell, len(out))
		}
	}
	script := filepath.Join(t.TempDir(), "synctv.bash")
	if err := os.WriteFile(script, []byte(c.run("completion", "bash")), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "bash", "-c", `. "$0" && complete -p synctv`, script).CombinedOutput() //nolint:gosec // the test's own
	if err != nil || !strings.Contains(string(out), "__start_synctv") {
		t.Errorf("bash: %v\n%s", err, out)
	}
}
