//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"synctv/test/outside"
)

// server is the program under test.
type server struct {
	cmd   *exec.Cmd
	dir   string
	addr  string
	token string // root's

	mu  sync.Mutex
	cut []string // guarded by mu: who was cut by the server, and why
}

const password = "load-test-password"

func startServer(ctx context.Context, o options) (*server, error) {
	dir, err := os.MkdirTemp("", "synctv-sockets-")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, addr: "127.0.0.1:" + strconv.Itoa(freePort())}
	args := []string{o.server, "serve"}
	if o.pin {
		args = append([]string{"taskset", "-c", "0"}, args...)
		if out, err := exec.CommandContext(ctx, "taskset", "-acp", "1", strconv.Itoa(os.Getpid())).CombinedOutput(); err != nil { //nolint:gosec // our own pid
			return nil, fmt.Errorf("taskset: %w: %s", err, out)
		}
	}
	s.cmd = exec.Command(args[0], args[1:]...) //nolint:gosec,noctx // the operator's own program; stopped below
	s.cmd.Env = append(os.Environ(), "SYNCTV_DATA_DIR="+dir, "SYNCTV_HTTP_ADDR="+s.addr, "SYNCTV_RTMP_ADDR=off",
		"SYNCTV_ROOT_PASSWORD="+password, "SYNCTV_LOG_FORMAT=json")
	log, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go s.follow(bufio.NewScanner(log)) // ends with the server's end of the pipe
	return s, s.signIn(ctx)
}

// follow reads the log for sockets that the server cuts.
func (s *server) follow(lines *bufio.Scanner) {
	for lines.Scan() {
		var l struct{ Msg, Person, Reason string }
		if json.Unmarshal(lines.Bytes(), &l) != nil || l.Msg != "a socket was cut" {
			continue
		}
		s.mu.Lock()
		s.cut = append(s.cut, l.Person+": "+l.Reason)
		s.mu.Unlock()
	}
}

// cutOff names those who were cut so far.
func (s *server) cutOff() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.cut)
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
	_ = os.RemoveAll(s.dir)
}

func freePort() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

func (s *server) signIn(ctx context.Context) error {
	deadline := time.Now().Add(10 * time.Second)
	for {
		var in struct{ Token string }
		err := s.post(ctx, "", "/api/auth/login", map[string]any{"name": "root", "password": password}, &in)
		if err == nil {
			s.token = in.Token
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the server did not start: %w", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *server) post(ctx context.Context, token, path string, body, into any) error {
	return outside.Call(ctx, http.MethodPost, s.addr, token, path, body, into)
}

// makeRoom makes a room with something to play.
func (s *server) makeRoom(ctx context.Context) (string, error) {
	var r struct{ ID string }
	if err := s.post(ctx, s.token, "/api/rooms", map[string]any{"name": "load"}, &r); err != nil {
		return "", err
	}
	var l struct{ Items []struct{ ID string } }
	add := map[string]any{"items": []map[string]string{{"url": "https://example.org/film.mp4"}}}
	if err := s.post(ctx, s.token, "/api/rooms/"+r.ID+"/playlist/items", add, &l); err != nil {
		return "", err
	}
	if len(l.Items) != 1 {
		return "", errors.New("no item was added")
	}
	return r.ID, s.post(ctx, s.token, "/api/rooms/"+r.ID+"/playback/item", map[string]any{"item_id": l.Items[0].ID}, nil)
}

func (s *server) guest(ctx context.Context, room, name string) (string, error) {
	var in struct{ Token string }
	err := s.post(ctx, "", "/api/rooms/"+room+"/guests", map[string]any{"name": name}, &in)
	return in.Token, err
}
