package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// house is the whole program, running on free loopback ports.
type house struct {
	t    *testing.T
	url  string // http://127.0.0.1:port
	site string // behind a proxy: url without the path
	web  *http.Client
	rtmp string // 127.0.0.1:port
	dir  string
	stop func() error
	log  *syncBuffer
	out  *syncBuffer
}

const rootPassword = "root-password-1"

// syncBuffer is what several goroutines may write to.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// startHouse runs "synctv serve" inside the test until it ends. env adds to
// and overrules what it sets; what is empty is not set.
func startHouse(t *testing.T, env map[string]string) *house {
	t.Helper()
	dir := t.TempDir()
	all := map[string]string{
		"SYNCTV_DATA_DIR": filepath.Join(dir, "data"), "SYNCTV_HTTP_ADDR": "127.0.0.1:0", "SYNCTV_RTMP_ADDR": "127.0.0.1:0",
		"SYNCTV_ROOT_PASSWORD": rootPassword, "SYNCTV_LOG_FORMAT": "json", "SYNCTV_LOG_LEVEL": "debug", "SYNCTV_DRAIN_TIMEOUT": "5s",
		"SYNCTV_SIGNUP_RATE": "0", // all of a test is one address
	}
	for k, v := range env {
		if all[k] = v; v == "" {
			delete(all, k)
		}
	}
	h := &house{t: t, dir: dir, web: http.DefaultClient, log: &syncBuffer{}, out: &syncBuffer{}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"serve"}, environ(all), h.out, h.log)
	}()
	h.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() {
		if err := h.stop(); err != nil {
			t.Errorf("serve ended with %v", err)
		}
	})
	h.awaitStart(done)
	return h
}

// awaitStart reads the addresses from the log, as an operator would.
func (h *house) awaitStart(done chan error) {
	h.t.Helper()
	h.await("the server to start", func() bool {
		select {
		case err := <-done:
			done <- err
			h.t.Fatalf("serve: %v\n%s", err, h.log)
		default:
		}
		for line := range strings.SplitSeq(h.log.String(), "\n") {
			var l struct{ Msg, HTTP, RTMP string }
			if json.Unmarshal([]byte(line), &l) == nil && l.Msg == "serving" {
				h.url, h.rtmp = "http://"+l.HTTP, l.RTMP
				return true
			}
		}
		return false
	})
}

// await polls until a condition holds; it never just sleeps.
func (h *house) await(what string, holds func() bool) {
	h.t.Helper()
	await(h.t, what, holds)
}

func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited too long for %s", what)
		}
	}
}

// client is one person's program: it keeps its token, not cookies.
type client struct {
	h     *house
	token string
}

// answer is a response read whole.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

func (c *client) do(method, path string, body any) answer {
	c.h.t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			c.h.t.Fatal(err)
		}
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(c.h.t.Context(), method, c.h.url+path, r)
	if err != nil {
		c.h.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return c.h.send(req)
}

func (h *house) send(req *http.Request) answer {
	h.t.Helper()
	res, err := h.web.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer{h.t, res.StatusCode, res.Header, raw}
}

func (c *client) get(path string) answer            { c.h.t.Helper(); return c.do("GET", path, nil) }
func (c *client) post(path string, body any) answer { c.h.t.Helper(); return c.do("POST", path, body) }
func (c *client) delete(path string) answer         { c.h.t.Helper(); return c.do("DELETE", path, nil) }

// ok wants a status and decodes into v.
func (a answer) ok(status int, v any) {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal(a.body, v); err != nil {
		a.t.Fatalf("%v in %s", err, a.body)
	}
}

// problem wants an error in the one shape of errors, and gives its code.
func (a answer) problem(status int, code string) map[string]any {
	a.t.Helper()
	var p map[string]any
	if err := json.Unmarshal(a.body, &p); err != nil || a.header.Get("Content-Type") != "application/problem+json" {
		a.t.Fatalf("status %d, not a problem: %.300s", a.status, a.body)
	}
	if a.status != status || p["code"] != code {
		a.t.Errorf("got %d %v, want %d %s: %s", a.status, p["code"], status, code, a.body)
	}
	if p["request_id"] == "" || p["request_id"] != a.header.Get("X-Request-Id") || p["detail"] == "" {
		a.t.Errorf("without request id or words: %s", a.body)
	}
	return p
}

func (h *house) anonymous() *client { return &client{h: h} }

func (h *house) signIn(name, password string) *client {
	h.t.Helper()
	c := h.anonymous()
	var in struct{ Token string }
	c.post("/api/auth/login", map[string]string{"name": name, "password": password}).ok(200, &in)
	c.token = in.Token
	return c
}

func (h *house) register(name string) *client {
	h.t.Helper()
	c := h.anonymous()
	var in struct{ Token string }
	c.post("/api/auth/register", map[string]string{"name": name, "password": "password-" + name}).ok(201, &in)
	c.token = in.Token
	return c
}

func (h *house) root() *client { h.t.Helper(); return h.signIn("root", rootPassword) }

// guest joins a room by its link.
func (h *house) guest(roomID, name string) *client {
	h.t.Helper()
	var in struct{ Token string }
	h.anonymous().post("/api/rooms/"+roomID+"/guests", map[string]string{"name": name}).ok(201, &in)
	return &client{h: h, token: in.Token}
}

func (c *client) createRoom(body map[string]string) string {
	c.h.t.Helper()
	var r struct{ ID string }
	c.post("/api/rooms", body).ok(201, &r)
	return r.ID
}

// addURL adds a direct item and gives its id.
func (c *client) addURL(roomID, url string) string {
	c.h.t.Helper()
	var l struct{ Items []struct{ ID string } }
	c.post("/api/rooms/"+roomID+"/playlist/items", map[string]any{"items": []map[string]string{{"url": url}}}).ok(201, &l)
	return l.Items[0].ID
}

// socket is an open event socket. Events arrive in order on events, which is
// closed when the socket ends; code is the close code then.
type socket struct {
	t      *testing.T
	conn   *websocket.Conn
	events chan map[string]any
	rpc    chan map[string]any
	code   websocket.StatusCode // valid once events is closed
	passed []map[string]any     // what find went over
}

func (c *client) socket(roomID string) *socket {
	c.h.t.Helper()
	head := http.Header{}
	if c.token != "" {
		head.Set("Authorization", "Bearer "+c.token)
	}
	conn, res, err := websocket.Dial(c.h.t.Context(), c.h.url+"/api/rooms/"+roomID+"/socket", &websocket.DialOptions{HTTPHeader: head, HTTPClient: c.h.web})
	if err != nil {
		status := 0
		if res != nil {
			status = res.StatusCode
		}
		c.h.t.Fatalf("socket: %v (status %d)", err, status)
	}
	conn.SetReadLimit(4 << 20)
	s := &socket{t: c.h.t, conn: conn, events: make(chan map[string]any, 1000), rpc: make(chan map[string]any, 10)}
	s.write(`{"id":1,"connect":{}}`)
	done := make(chan struct{})
	go func() { defer close(done); s.read() }()
	c.h.t.Cleanup(func() { _ = conn.CloseNow(); <-done })
	return s
}

func (s *socket) write(text string) {
	s.t.Helper()
	if err := s.conn.Write(context.Background(), websocket.MessageText, []byte(text)); err != nil {
		s.t.Logf("socket write: %v", err)
	}
}

type frame struct {
	ID      int
	RPC     struct{ Data map[string]any }
	Connect *struct{}
	Error   *struct{ Message string }
	Push    *struct {
		Pub     *struct{ Data map[string]any }
		Message *struct{ Data map[string]any }
	}
}

func (s *socket) read() {
	defer close(s.events)
	for {
		_, data, err := s.conn.Read(context.Background())
		if err != nil {
			s.code = websocket.CloseStatus(err)
			return
		}
		for line := range bytes.SplitSeq(bytes.TrimSpace(data), []byte("\n")) {
			s.take(line)
		}
	}
}

func (s *socket) take(line []byte) {
	if string(line) == "{}" {
		s.write("{}") // a ping wants a pong
		return
	}
	var f frame
	if err := json.Unmarshal(line, &f); err != nil {
		s.t.Errorf("frame %s: %v", line, err)
		return
	}
	switch {
	case f.Push != nil && f.Push.Pub != nil:
		s.events <- f.Push.Pub.Data
	case f.Push != nil && f.Push.Message != nil:
		s.events <- f.Push.Message.Data
	case f.ID > 1:
		s.rpc <- f.RPC.Data
	}
}

// next waits for an event of one type, passing over others.
func (s *socket) next(kind string) map[string]any {
	s.t.Helper()
	return s.find(kind, func(map[string]any) bool { return true })
}

func (s *socket) find(kind string, fits func(map[string]any) bool) map[string]any {
	s.t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	for {
		select {
		case e, ok := <-s.events:
			if !ok {
				s.t.Fatalf("the socket ended (%d) before %q", s.code, kind)
			}
			if e["type"] == kind && fits(e) {
				return e
			}
			s.passed = append(s.passed, e)
		case <-deadline.C:
			s.t.Fatalf("no event %q", kind)
		}
	}
}

// ended waits for the end and gives the close code.
func (s *socket) ended() websocket.StatusCode {
	s.t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	for {
		select {
		case _, ok := <-s.events:
			if !ok {
				return s.code
			}
		case <-deadline.C:
			s.t.Fatal("the socket did not end")
		}
	}
}

// writeFile makes a file of n bytes that are not all the same.
func writeFile(t *testing.T, path string, n int) []byte {
	t.Helper()
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i*7 + i>>8)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return data
}

func sprint(v any) string { return fmt.Sprint(v) }
