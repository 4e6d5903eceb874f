package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"synctv/internal/config"
	"synctv/internal/store/storetest"
)

// console runs commands on the data of one folder.
type console struct {
	t   *testing.T
	env map[string]string
}

func newConsole(t *testing.T) *console {
	t.Helper()
	return &console{t, map[string]string{"SYNCTV_DATA_DIR": filepath.Join(t.TempDir(), "data")}}
}

// environ is variables as a process has them.
func environ(vars map[string]string) []string {
	list := make([]string, 0, len(vars))
	for name, value := range vars {
		list = append(list, name+"="+value)
	}
	return list
}

func (c *console) try(args ...string) (out, errOut string, err error) {
	var o, e bytes.Buffer
	err = run(c.t.Context(), args, environ(c.env), &o, &e)
	return o.String(), e.String(), err
}

func (c *console) run(args ...string) string {
	c.t.Helper()
	out, _, err := c.try(args...)
	if err != nil {
		c.t.Fatalf("synctv %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func (c *console) fails(code int, args ...string) {
	c.t.Helper()
	out, _, err := c.try(args...)
	if err == nil || exitCode(err) != code {
		c.t.Errorf("synctv %s: %v, want exit code %d; it printed %s", strings.Join(args, " "), err, code, out)
	}
}

func TestCommandsOnAccounts(t *testing.T) {
	c := newConsole(t)
	c.run("user", "add", "Alice")
	if out := c.run("user", "list"); !strings.HasPrefix(out, "NAME") || !strings.Contains(out, "Alice") {
		t.Errorf("table:\n%s", out)
	}
	c.fails(2, "user", "ban", "alice") // nobody says yes
	var users []userView
	if err := json.Unmarshal([]byte(c.run("user", "ban", "alice", "--yes", "-o", "json")), &users); err != nil || users[0].Status != "banned" {
		t.Errorf("%v %v", users, err)
	}
	c.run("user", "unban", "ALICE")
	if out := c.run("user", "role", "alice", "admin"); !strings.Contains(out, "admin") {
		t.Error(out)
	}
	if out := c.run("user", "password", "alice", "--yes"); len(strings.TrimSpace(out)) != 16 {
		t.Errorf("password %q", out)
	}
	c.fails(3, "user", "show", "nobody")
	c.fails(2, "user", "list", "-o", "xml")
	c.fails(2, "user", "show")
	c.fails(2, "user", "list", "--nonsense")
	c.fails(2, "nonsense")
	c.fails(1, "user", "add", "alice") // there is one
}

// TestCommandsBesideARunningServer changes what the server has, while it runs.
func TestCommandsBesideARunningServer(t *testing.T) {
	h := startHouse(t, nil)
	c := &console{t, map[string]string{"SYNCTV_DATA_DIR": filepath.Join(h.dir, "data")}}
	id := h.root().createRoom(map[string]string{"name": "Operated"})
	if out := c.run("room", "list"); !strings.Contains(out, "Operated") || !strings.Contains(out, id) {
		t.Error(out)
	}
	c.fails(2, "room", "delete", id)
	c.run("room", "close", id, "--yes")
	var d struct{ Status string }
	h.root().get("/api/rooms/"+id).ok(200, &d)
	if out := c.run("room", "show", id); !strings.Contains(out, "closed") {
		t.Error(out)
	}
	c.run("room", "reopen", id)
	c.run("room", "delete", id, "--yes")
	h.root().get("/api/rooms/"+id).problem(404, "room_not_found")
	c.fails(3, "room", "show", id)
	c.run("user", "add", "bob")
	password := strings.TrimSpace(c.run("user", "password", "root", "--yes"))
	h.signIn("root", password)
}

// TestMoveFromSQLiteToPostgres is what docs/BACKUP.md says, as commands.
func TestMoveFromSQLiteToPostgres(t *testing.T) {
	h := startHouse(t, nil)
	id := h.root().createRoom(map[string]string{"name": "Moves"})
	h.register("mover").post("/api/rooms/"+id+"/join", object{}).ok(200, nil)
	here := &console{t, map[string]string{"SYNCTV_DATA_DIR": filepath.Join(h.dir, "data")}}
	archive := filepath.Join(t.TempDir(), "synctv.gz")
	here.run("backup", archive)
	if out := here.run("restore", "--check", archive); !strings.HasPrefix(out, "whole: ") {
		t.Error(out)
	}
	if info, err := os.Stat(archive); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the archive is for others, too: %v %v", info.Mode(), err)
	}
	here.fails(1, "restore", archive) // not empty
	url := storetest.StartPostgres(t).NewDatabase(t)
	there := &console{t, map[string]string{"SYNCTV_DATABASE_URL": url}}
	there.run("restore", archive)
	if out := there.run("migrate", "status"); strings.Contains(out, "not yet") {
		t.Error(out)
	}
	there.run("migrate", "up")
	moved := startHouse(t, map[string]string{"SYNCTV_DATABASE_URL": url})
	var r struct{ Name string }
	moved.signIn("mover", "password-mover").get("/api/rooms/"+id).ok(200, &r)
}

func TestConfigCommands(t *testing.T) {
	c := newConsole(t)
	c.env["SYNCTV_DATABASE_URL"] = "postgres://u:hunter2@h/db"
	out := c.run("config", "print", "--room-quota", "7")
	if strings.Contains(out, "hunter2") || !strings.Contains(out, "[hidden]") || !strings.Contains(out, "flag --room-quota") {
		t.Error(out)
	}
	c.run("config", "check")
	c.fails(2, "config", "check", "--http-addr", "nowhere")
	file := filepath.Join(t.TempDir(), "synctv.yaml")
	if err := os.WriteFile(file, []byte(c.run("config", "example")), 0o600); err != nil {
		t.Fatal(err)
	}
	c.run("config", "check", "--config", file)
	c.run("version")
	c.run("completion", "bash")
}

// TestChangedFileIsTakenOver: an editor replaces the file by a rename.
func TestChangedFileIsTakenOver(t *testing.T) {
	file := filepath.Join(t.TempDir(), "synctv.yaml")
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	put("library-for: admins\n")
	h := startHouse(t, map[string]string{"SYNCTV_CONFIG": file})
	has := func(words string) func() bool {
		return func() bool { return strings.Contains(h.log.String(), words) }
	}
	put("library-for: users\nchat-retention: 30\n")
	h.await("the live key", has(`"msg":"configuration changed","key":"chat-retention","value":"30"`))
	h.await("the other key", has(`"msg":"this change needs a restart","key":"library-for"`))
	put("no-such-key: 1\n")
	h.await("the mistake", has("the changed configuration is not used"))
}

// TestCommandsAndKeysAreDocumented compares docs/CLI.md and docs/CONFIG.md with the program.
func TestCommandsAndKeysAreDocumented(t *testing.T) {
	generated(t, "../../docs/CLI.md", commandTable(t))
	out := "| key | default | meaning |\n|---|---|---|\n"
	for _, k := range config.Keys() {
		notes := ""
		if k.Secret {
			notes += " *Or `" + k.Flag + "-file`.*"
		}
		if k.Live {
			notes += " *Taken over while running.*"
		}
		value := k.Default
		if value != "" {
			value = "`" + value + "`"
		}
		out += "| `" + k.Flag + "` | " + value + " | " + strings.ReplaceAll(k.Help, "|", "\\|") + "." + notes + " |\n"
	}
	generated(t, "../../docs/CONFIG.md", out)
}

func commandTable(t *testing.T) string {
	t.Helper()
	out := "| command | does | for example |\n|---|---|---|\n"
	walk(commands(nil, io.Discard), func(one *cobra.Command) {
		if one.HasSubCommands() || !one.Runnable() || one.Name() == "help" || one.Parent().Name() == "completion" {
			return
		}
		example, _, _ := strings.Cut(strings.TrimSpace(one.Example), "\n")
		if example == "" || one.Short == "" {
			t.Errorf("%s has no example or no description", one.CommandPath())
		}
		_, args, _ := strings.Cut(one.Use, " ")
		out += "| `" + strings.TrimSpace(one.CommandPath()+" "+args) + "` | " + one.Short + " | `" + example + "` |\n"
	})
	return out
}
