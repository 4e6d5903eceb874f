package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"synctv/internal/live/rtmp/rtmptest"
)

// installed finds a program that scripts/setup puts into bin where the system
// has none.
func installed(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		path, err = exec.LookPath("../../bin/" + name)
	}
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("%s is not installed: run scripts/setup", name)
	}
	return path
}

// put replaces what a file must have: an example that lost it is tested no more.
func put(t *testing.T, text, old, with string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("no %q in\n%s", old, text)
	}
	return strings.ReplaceAll(text, old, with)
}

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
	return strings.TrimPrefix(ln.Addr().String(), "127.0.0.1:")
}

// blockOf is the first block of a language in a page of docs.
func blockOf(t *testing.T, page, language string) string {
	t.Helper()
	raw, err := os.ReadFile("../../docs/" + page)
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindStringSubmatch(string(raw))
	if m == nil {
		t.Fatalf("%s has no %s", page, language)
	}
	return m[1]
}

// front starts a proxy before what listens at address, and gives its port. path
// is empty at the root of the site.
type front func(t *testing.T, address, path string) (port string)

func startFront(t *testing.T, env []string, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), env...)
	out := &syncBuffer{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(program), out)
		}
	})
}

// nginxFront runs deploy/proxy/nginx.conf, or the block of docs/REVERSE-PROXY.md
// for a path, with only addresses and files changed.
func nginxFront(t *testing.T, address, path string) string {
	program, dir, port := installed(t, "nginx"), t.TempDir(), freePort(t)
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writePair(t, cert, key, 1)
	site := deployFile(t, "proxy/nginx.conf")
	if path != "" {
		block := put(t, blockOf(t, "REVERSE-PROXY.md", "nginx"), "http://127.0.0.1:8080", "http://synctv")
		at := strings.Index(site, "    location / {")
		site = site[:at] + block + "}\n"
	}
	site = put(t, site, "listen 443 ", "listen 127.0.0.1:"+port+" ")
	site = put(t, site, "/etc/ssl/watch.pem", cert)
	site = put(t, site, "/etc/ssl/watch.key", key)
	site = put(t, site, "127.0.0.1:8080", address)
	conf := "daemon off; worker_processes 1; error_log stderr; pid " + dir + "/pid;\n"
	if os.Getuid() == 0 {
		conf += "user root;\n" // the test's folder is its owner's alone
	}
	conf += "events {}\nhttp {\naccess_log off;\n"
	for _, what := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		conf += what + "_temp_path " + dir + "/" + what + ";\n"
	}
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf+site+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	startFront(t, nil, program, "-p", dir, "-c", file)
	return port
}

// caddyFront runs deploy/proxy/Caddyfile likewise.
func caddyFront(t *testing.T, address, path string) string {
	program, dir, port := installed(t, "caddy"), t.TempDir(), freePort(t)
	site := deployFile(t, "proxy/Caddyfile")
	if path != "" {
		site = "{$SITE} {\n" + put(t, blockOf(t, "REVERSE-PROXY.md", "caddy"), "127.0.0.1:8080", address) + "}\n"
	} else {
		site = put(t, site, "synctv-1:8080 synctv-2:8080 synctv-3:8080", address)
	}
	file := filepath.Join(dir, "Caddyfile")
	conf := "{\nadmin off\nskip_install_trust\nauto_https disable_redirects\n}\n" + site
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	startFront(t, []string{"SITE=https://localhost:" + port, "HOME=" + dir, "XDG_DATA_HOME=" + dir, "XDG_CONFIG_HOME=" + dir},
		program, "run", "--adapter", "caddyfile", "--config", file)
	return port
}

// behind is a house whose clients come through a proxy, from 127.0.0.2, so that
// they are not what the house trusts.
func behind(t *testing.T, f front, path string, env map[string]string) *house {
	t.Helper()
	env["SYNCTV_TRUSTED_PROXIES"], env["SYNCTV_COOKIE_SECURE"] = "127.0.0.1/32", "true"
	if path != "" {
		env["SYNCTV_HTTP_BASE_PATH"] = path
	}
	h := startHouse(t, env)
	port := f(t, strings.TrimPrefix(h.url, "http://"), path)
	dial := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	h.web = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: "localhost", NextProtos: []string{"http/1.1"}}, //nolint:gosec // made a moment ago
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dial.DialContext(ctx, "tcp4", "127.0.0.1:"+port)
		},
	}}
	t.Cleanup(h.web.CloseIdleConnections)
	h.site = "https://localhost:" + port
	h.url = h.site + path
	await(t, "the proxy", func() bool {
		res, err := h.web.Get(h.url + "/api/info")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	return h
}

func TestFronts(t *testing.T) {
	film := encoded(t)
	for name, f := range map[string]front{"nginx": nginxFront, "caddy": caddyFront} {
		for _, path := range []string{"", "/watch"} {
			t.Run(name+path, func(t *testing.T) { throughFront(t, f, path, film) })
		}
	}
}

func throughFront(t *testing.T, f front, path string, film []byte) {
	t.Helper()
	dir := t.TempDir()
	data := writeFile(t, filepath.Join(dir, "film.mp4"), 300_000)
	h := behind(t, f, path, map[string]string{"SYNCTV_LIBRARY": "Films=" + dir})
	if page := h.anonymous().get("/"); page.status != http.StatusOK || !bytes.Contains(page.body, []byte("<html")) {
		t.Errorf("the page: %d %.100s", page.status, page.body)
	}
	root := h.root()
	h.seenFrom(t, root)
	room := "/api/rooms/" + root.createRoom(map[string]string{"name": "x"})
	h.eventsArrive(t, root, room)
	item := h.rangesArrive(t, root, room, data)
	c := captions{house: h, room: room, at: room + "/items/" + item + "/subtitles"}
	long := chineseSRT + strings.Repeat("\n2\n00:00:05,000 --> 00:00:06,000\nword\n", 60_000)
	c.upload(root, "long.srt", []byte(long)).ok(http.StatusCreated, nil)
	h.liveArrives(t, root, room, film)
}

// seenFrom: the house sees the person's address, not the proxy's, and not the
// one that the person claims.
func (h *house) seenFrom(t *testing.T, who *client) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.url+"/api/auth/login", strings.NewReader(`{"name":"root","password":"`+rootPassword+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Forwarded-For", "203.0.113.9")
	in := h.send(req)
	if c := in.header.Get("Set-Cookie"); in.status != http.StatusOK || !strings.Contains(c, "Secure") {
		t.Errorf("%d %s", in.status, c)
	}
	sessions := string(who.get("/api/me/sessions").body)
	if strings.Contains(sessions, "203.0.113.9") || strings.Contains(sessions, `"127.0.0.1"`) || strings.Count(sessions, `"127.0.0.2"`) < 2 {
		t.Errorf("sessions %s", sessions)
	}
}

func (h *house) eventsArrive(t *testing.T, who *client, room string) {
	t.Helper()
	s := who.socket(strings.TrimPrefix(room, "/api/rooms/"))
	s.next("snapshot")
	who.post(room+"/chat", object{"text": "through the front"}).ok(http.StatusCreated, nil)
	s.next("chat")
}

// rangesArrive gives the item that it made.
func (h *house) rangesArrive(t *testing.T, who *client, room string, data []byte) string {
	t.Helper()
	var list struct{ Items []struct{ ID string } }
	who.post(room+"/playlist/items", object{"items": []object{{"library_path": "Films/film.mp4"}}}).ok(http.StatusCreated, &list)
	media := h.url + room + "/items/" + list.Items[0].ID + "/media"
	res, got := fetch(t, h.web, http.MethodGet, media, map[string]string{"Authorization": "Bearer " + who.token, "Range": "bytes=100000-299999"})
	if res.StatusCode != http.StatusPartialContent || !bytes.Equal(got, data[100_000:]) {
		t.Errorf("a range: %d, %d bytes", res.StatusCode, len(got))
	}
	return list.Items[0].ID
}

// liveArrives: the stream's first pictures are here while the encoder sends on.
func (h *house) liveArrives(t *testing.T, who *client, room string, film []byte) {
	t.Helper()
	var k struct {
		URL, Stream string
		Item        struct{ Play struct{ URL string } }
	}
	who.post(room+"/live-keys", struct{}{}).ok(http.StatusCreated, &k)
	if at, err := url.Parse(k.URL); err != nil || at.Hostname() != "localhost" {
		t.Errorf("encoders are sent to %s: the proxy hides the host", k.URL)
	}
	p, err := rtmptest.Publish(t.Context(), strings.Replace(k.URL, "localhost", "127.0.0.1", 1))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	var pushing sync.WaitGroup
	defer func() { cancel(); p.Abort(); pushing.Wait() }()
	ended := make(chan struct{})
	pushing.Go(func() { defer close(ended); _ = p.Push(ctx, bytes.NewReader(film), 1) })
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.site+k.Item.Play.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+who.token)
	res, err := h.web.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	first := make([]byte, 2000)
	if _, err := io.ReadFull(res.Body, first); err != nil || !bytes.HasPrefix(first, []byte("FLV\x01")) {
		t.Fatalf("%d %.40q %v", res.StatusCode, first, err)
	}
	select {
	case <-ended:
		t.Error("the stream came when it was over")
	default:
	}
}
