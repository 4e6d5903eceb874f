package main

import (
	"compress/gzip"
	"crypto/tls"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"synctv/internal/store/storetest"
)

// fetch sends a request as is: nothing unpacks the answer.
func fetch(t *testing.T, client *http.Client, method, url string, head map[string]string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range head {
		req.Header.Set(k, v)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, raw
}

func plainClient() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
}

func TestTextIsPackedAndMediaIsNot(t *testing.T) {
	dir := t.TempDir()
	film := writeFile(t, filepath.Join(dir, "film.mp4"), 200_000)
	h := startHouse(t, map[string]string{"SYNCTV_LIBRARY": "Films=" + dir})
	client := plainClient()
	open := map[string]func(string) (io.Reader, error){
		"gzip": func(s string) (io.Reader, error) { return gzip.NewReader(strings.NewReader(s)) },
		"zstd": func(s string) (io.Reader, error) { return zstd.NewReader(strings.NewReader(s)) },
		"":     func(s string) (io.Reader, error) { return strings.NewReader(s), nil },
	}
	for encoding, unpack := range open {
		res, raw := fetch(t, client, "GET", h.url+"/api/openapi.json", map[string]string{"Accept-Encoding": encoding})
		if got := res.Header.Get("Content-Encoding"); got != encoding || !strings.Contains(res.Header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("asked for %q, got %q, Vary %q", encoding, got, res.Header.Get("Vary"))
		}
		r, err := unpack(string(raw))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(r); err != nil || !strings.Contains(string(text), "openapi") {
			t.Errorf("%q: %v", encoding, err)
		}
	}
	root := h.root()
	room := root.createRoom(map[string]string{"name": "films"})
	var l struct {
		Items []struct{ Play struct{ URL string } }
	}
	root.post("/api/rooms/"+room+"/playlist/items", object{"items": []object{{"library_path": "Films/film.mp4"}}}).ok(201, &l)
	res, raw := fetch(t, client, "GET", h.url+l.Items[0].Play.URL,
		map[string]string{"Accept-Encoding": "gzip, zstd, br", "Range": "bytes=10-1009", "Authorization": "Bearer " + root.token})
	if res.StatusCode != http.StatusPartialContent || res.Header.Get("Content-Encoding") != "" || string(raw) != string(film[10:1010]) {
		t.Errorf("media: %d %q, %d bytes", res.StatusCode, res.Header.Get("Content-Encoding"), len(raw))
	}
}

func TestHTTP2WithAndWithoutTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writePair(t, cert, key, 1)
	h := startHouse(t, map[string]string{"SYNCTV_TLS_CERT": cert, "SYNCTV_TLS_KEY": key})
	secure := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true, DisableKeepAlives: true} //nolint:gosec // our own, made above
	res, _ := fetch(t, &http.Client{Transport: secure}, "GET", strings.Replace(h.url, "http:", "https:", 1)+"/api/info", nil)
	if res.ProtoMajor != 2 || res.StatusCode != 200 || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("with TLS: %s %d %v", res.Proto, res.StatusCode, res.Header)
	}
	plain := startHouse(t, nil)
	prior := &http.Protocols{}
	prior.SetUnencryptedHTTP2(true)
	res, _ = fetch(t, &http.Client{Transport: &http.Transport{Protocols: prior, DisableKeepAlives: true}}, "GET", plain.url+"/api/info", nil)
	if res.ProtoMajor != 2 || res.StatusCode != 200 || res.Header.Get("Strict-Transport-Security") != "" {
		t.Errorf("without: %s %d", res.Proto, res.StatusCode)
	}
}

func TestOtherSitesNeedLeave(t *testing.T) {
	const friend = "https://bots.example.org"
	h := startHouse(t, map[string]string{"SYNCTV_CORS_ORIGINS": friend})
	ask := func(method, origin string) *http.Response {
		res, _ := fetch(t, plainClient(), method, h.url+"/api/rooms", map[string]string{
			"Origin": origin, "Access-Control-Request-Method": "POST", "Sec-Fetch-Site": "cross-site",
		})
		return res
	}
	if res := ask("OPTIONS", friend); res.StatusCode != 204 || res.Header.Get("Access-Control-Allow-Origin") != friend || res.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("friend asks: %d %v", res.StatusCode, res.Header)
	}
	if res := ask("POST", friend); res.StatusCode == 403 {
		t.Errorf("friend posts: %d", res.StatusCode)
	}
	if res := ask("POST", "https://evil.example.org"); res.StatusCode != 403 || res.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("another posts: %d %v", res.StatusCode, res.Header)
	}
	c := newConsole(t)
	c.fails(2, "config", "check", "--cors-origins", "bots.example.org/path")
	c.fails(2, "config", "check", "--tls-cert", "only-one.pem")
}

func TestPoolIsComparedWithTheServer(t *testing.T) {
	url := storetest.StartPostgres(t).NewDatabase(t)
	h := startHouse(t, map[string]string{"SYNCTV_DATABASE_URL": url, "SYNCTV_DATABASE_MAX_CONNS": "900"})
	if !strings.Contains(h.log.String(), "more connections than the database takes") {
		t.Error("a pool beyond the server's limit was not named")
	}
}
