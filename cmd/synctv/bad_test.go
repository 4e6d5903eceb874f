package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// Nothing that comes in badly disturbs the rest.
func TestBadInput(t *testing.T) {
	h := startHouse(t, nil)
	ada := h.register("ada")
	id := ada.createRoom(map[string]string{"name": "x"})
	room := "/api/rooms/" + id
	s := ada.socket(id)
	s.next("snapshot")
	ada.post(room+"/chat", "{bad").problem(400, "malformed_body")
	ada.post(room+"/chat", "").problem(400, "malformed_body")
	ada.post(room+"/chat", `{"text":7}`).problem(400, "validation")
	ada.post(room+"/chat", `{"text":"x","more":1}`).problem(400, "validation")
	ada.post(room+"/chat", `{}`).problem(400, "validation")
	ada.get("/api/nothing").problem(404, "not_found")
	ada.get("/api/rooms/"+strings.Repeat("x", 100)).problem(400, "validation")
	ada.get(room+"/items/nothing/media").problem(404, "item_not_found")
	ada.get(room+"/live/nothing.flv").problem(404, "item_not_found")
	ada.get(room+"/live/nothing.exe").problem(404, "not_found")
	(&client{h: h, token: "garbage"}).get(room+"/state").problem(401, "session_expired")
	for _, expect := range []string{"100-continue", ""} {
		for _, size := range []int{100 << 20, 900_000} {
			hugeChat(t, h, ada, room, size, expect)
		}
	}
	garbageOnRTMP(t, h)
	s.write("garbage")
	if code := s.ended(); code != 3501 {
		t.Errorf("garbage on the socket: closed with %d", code)
	}
	again := ada.socket(id)
	again.next("snapshot")
	ada.post(room+"/chat", map[string]string{"text": "all is well"}).ok(201, nil)
	again.next("chat")
	if strings.Contains(h.log.String(), `"level":"ERROR"`) {
		t.Errorf("errors of ours in the log:\n%s", h.log)
	}
}

// hugeChat sends far too much as a line of chat, asking first or not, and must
// be told so: no reset may overtake the answer.
func hugeChat(t *testing.T, h *house, c *client, room string, size int, expect string) {
	t.Helper()
	body := bytes.NewReader(bytes.Repeat([]byte("x"), size))
	req, err := http.NewRequestWithContext(t.Context(), "POST", h.url+room+"/chat", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.token)
	if expect != "" {
		req.Header.Set("Expect", expect)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%d bytes, expecting %q: %v", size, expect, err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, _ := io.ReadAll(res.Body)
	answer{t, res.StatusCode, res.Header, raw}.problem(413, "body_too_large")
}

func garbageOnRTMP(t *testing.T, h *house) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", h.rtmp)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte("GET / HTTP/1.1\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	for {
		if _, err := conn.Read(buf); err != nil {
			return // it was closed on us
		}
	}
}

func TestHealthAndPages(t *testing.T) {
	h := startHouse(t, nil)
	anon := h.anonymous()
	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n"} {
		if a := anon.get(path); a.status != 200 || string(a.body) != want {
			t.Errorf("%s: %d %q", path, a.status, a.body)
		}
	}
	page := anon.get("/r/some-room")
	allowed := page.header.Get("Permissions-Policy")
	for _, want := range []string{"fullscreen=(self)", "autoplay=(self)", "picture-in-picture=(self)", "clipboard-write=(self)", "camera=()", "microphone=()", "geolocation=()"} {
		if !strings.Contains(allowed, want) {
			t.Errorf("Permissions-Policy %q lacks %s", allowed, want)
		}
	}
	csp := page.header.Get("Content-Security-Policy")
	if page.status != 200 || !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") || page.header.Get("Cache-Control") != "no-cache" {
		t.Errorf("page: %d %v", page.status, page.header)
	}
	if strings.Contains(strings.SplitN(csp, "script-src", 2)[1][:40], "unsafe-inline") || page.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers %v", page.header)
	}
	if a := anon.get("/assets/none.js"); a.status != 404 {
		t.Errorf("a missing asset: %d", a.status)
	}
	if a := anon.post("/r/x", "{}"); a.status != 405 {
		t.Errorf("a post to a page: %d", a.status)
	}
	var doc struct {
		OpenAPI string
		Paths   map[string]any
	}
	anon.get("/api/openapi.json").ok(200, &doc)
	if !strings.HasPrefix(doc.OpenAPI, "3.1") || len(doc.Paths) < 20 {
		t.Errorf("openapi %s with %d paths", doc.OpenAPI, len(doc.Paths))
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"health", "--url", h.url}, nil, &out, &out); err != nil || out.String() != "ready\n" {
		t.Errorf("health: %v, %q", err, out.String())
	}
	if err := run(t.Context(), []string{"health", "--url", "http://127.0.0.1:1"}, nil, &out, &out); err == nil {
		t.Error("health of nothing is no error")
	}
}

func TestCommands(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"version"}, nil, &out, &out); err != nil || !strings.HasPrefix(out.String(), "synctv ") {
		t.Errorf("version: %v, %q", err, out.String())
	}
	for _, args := range [][]string{{"serve", "--http-addr", "nonsense"}, {"serve", "--log-format=xml"}, {"dance"}, {"serve", "extra"}} {
		if err := run(t.Context(), args, nil, &out, &out); err == nil {
			t.Errorf("%v was taken", args)
		}
	}
	err := run(t.Context(), []string{"serve", "--http-addr", "nonsense"}, nil, &out, &out)
	if err == nil || !strings.Contains(err.Error(), "http-addr (from flag --http-addr)") {
		t.Errorf("the mistake is not named: %v", err)
	}
}
