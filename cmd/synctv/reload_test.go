package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// editFile replaces a file by a rename, as editors do.
func editFile(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

// TestChangedKeysTakeEffect: not only the log says so.
func TestChangedKeysTakeEffect(t *testing.T) {
	file := filepath.Join(t.TempDir(), "synctv.yaml")
	editFile(t, file, "log-level: info\n")
	h := startHouse(t, map[string]string{"SYNCTV_CONFIG": file, "SYNCTV_LOG_LEVEL": "", "SYNCTV_DRAIN_TIMEOUT": "", "SYNCTV_SIGNUP_RATE": ""})
	root := h.root()
	levels := func() string {
		var now struct{ Levels string }
		root.get("/api/admin/log-levels").ok(200, &now)
		return now.Levels
	}
	root.do("PUT", "/api/admin/log-levels", object{"levels": "info,api=debug"}).ok(200, nil)
	editFile(t, file, "log-level: info\nroom-idle: 1s\n")
	room := root.createRoom(map[string]string{"name": "idle"})
	h.await("the idle room to be closed", func() bool {
		var gate struct{ Status string }
		root.get("/api/rooms/"+room).ok(200, &gate)
		return gate.Status == "closed"
	})
	if got := levels(); got != "info,api=debug" {
		t.Errorf("another key changed, and the levels are %s", got)
	}
	editFile(t, file, "log-level: info,api=warn\n")
	h.await("the levels", func() bool { return levels() == "info,api=warn" })
	root.get("/api/rooms/unheard-room")
	if strings.Contains(h.log.String(), "unheard-room") {
		t.Error("a request is logged, at warn")
	}
	register := func(name string) answer {
		return h.anonymous().post("/api/auth/register", object{"name": name, "password": "password-" + name})
	}
	editFile(t, file, "signup-rate: 1\n")
	h.await("the rate", func() bool { return strings.Contains(h.log.String(), `"key":"signup-rate","value":"1"`) })
	register("ada").ok(201, nil)
	register("ben").problem(429, "too_many_accounts")
	editFile(t, file, "signup-rate: 0\nsignup: closed\n")
	h.await("sign-up to be closed", func() bool { return register("ben").status == 403 })
	editFile(t, file, "signup-rate: 0\n")
	h.await("sign-up to be open again, without a limit", func() bool { return register("ben").status == 201 })
	editFile(t, file, "drain-timeout: 100ms\n")
	h.await("the drain", func() bool { return strings.Contains(h.log.String(), `"key":"drain-timeout","value":"100ms"`) })
	// A request that never ends, and before which nothing would have been cut for half a minute.
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	fmt.Fprint(conn, "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n")
	if _, err := conn.Read(make([]byte, 1)); err != nil { // "100 Continue": the handler waits for the body
		t.Fatal(err)
	}
	go func() { _ = h.stop() }()
	h.await("the request to be cut", func() bool { return strings.Contains(h.log.String(), "requests were cut") })
}

// TestBusyFolder: what others write beside the file neither counts nor hides a
// change of the file.
func TestBusyFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "synctv.yaml")
	editFile(t, file, "chat-retention: 1\n")
	h := startHouse(t, map[string]string{"SYNCTV_CONFIG": file})
	ctx, cancel := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	defer writing.Wait()
	defer cancel()
	writing.Go(func() {
		for ctx.Err() == nil {
			_ = os.WriteFile(file+"-wal", []byte("rows"), 0o600)
			time.Sleep(settle / 20)
		}
	})
	editFile(t, file, "chat-retention: 2\n")
	h.await("the change", func() bool { return strings.Contains(h.log.String(), `"key":"chat-retention","value":"2"`) })
}

// TestChangedSecretNeedsARestart: a secret in a file somewhere else is watched
// too, with a configuration file and without one, and no secret is logged.
func TestChangedSecretNeedsARestart(t *testing.T) {
	first, second := filepath.Join(t.TempDir(), "password"), filepath.Join(t.TempDir(), "password")
	editFile(t, first, "a first password")
	editFile(t, second, "a first password")
	file := filepath.Join(t.TempDir(), "synctv.yaml")
	editFile(t, file, "root-password-file: "+first+"\n")
	warned := func(h *house) int {
		return strings.Count(h.log.String(), `"msg":"this change needs a restart","key":"root-password"`)
	}
	for name, env := range map[string]map[string]string{
		"named in the environment": {"SYNCTV_ROOT_PASSWORD": "", "SYNCTV_ROOT_PASSWORD_FILE": first},
		"named in the file":        {"SYNCTV_ROOT_PASSWORD": "", "SYNCTV_CONFIG": file},
	} {
		t.Run(name, func(t *testing.T) {
			h := startHouse(t, env)
			editFile(t, first, "a second password")
			h.await("the word", func() bool { return warned(h) == 1 })
			if env["SYNCTV_CONFIG"] != "" { // and where the file says from now on
				editFile(t, file, "root-password-file: "+second+"\n")
				h.await("the word on the other file", func() bool { return warned(h) == 2 })
				editFile(t, second, "a third password")
				h.await("the word on its change", func() bool { return warned(h) == 3 })
			}
			if strings.Contains(h.log.String(), "a second password") {
				t.Error("a secret is in the log")
			}
			editFile(t, first, "a first password")
		})
	}
}
