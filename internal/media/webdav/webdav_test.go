package webdav

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/webdav"

	"synctv/internal/guard"
	"synctv/internal/media/source"
)

var login = source.Credentials{User: "ada", Password: "pass:word"}

// real is a WebDAV server, of a folder, behind a password.
func real(t *testing.T, files ...string) (source.Account, *Backend) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range files {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700), os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	dav := &webdav.Handler{Prefix: "/dav", FileSystem: webdav.Dir(dir), LockSystem: webdav.NewMemLS()}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != login.User || password != login.Password {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		dav.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	policy := guard.Policy{}
	policy.Allow.Networks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	client := guard.NewClient(policy)
	t.Cleanup(client.Close)
	return source.Account{ID: "a", Kind: "webdav", Name: "Home", URL: server.URL + "/dav"}, &Backend{client}
}

func names(list []source.File) string {
	var out []string
	for _, e := range list {
		name := e.Path
		if e.Folder {
			name += "/"
		}
		out = append(out, fmt.Sprintf("%s:%d", name, e.SizeBytes))
	}
	return strings.Join(out, " ")
}

func TestAgainstARealServer(t *testing.T) {
	a, b := real(t, "film.mp4", "notes.txt", "剧集/第 1 集 #?%.mkv", "剧集/.hidden.mp4", "剧集/Season/x.mp4")
	ctx := context.Background()
	for at, want := range map[string]string{
		"":           "剧集/:0 film.mp4:8",
		"剧集":         "剧集/Season/:0 剧集/第 1 集 #?%.mkv:24",
		"剧集/Season":  "剧集/Season/x.mp4:19",
		"剧集/nowhere": "source_not_found",
	} {
		list, err := b.List(ctx, a, login, at)
		if got := names(list); err == nil && got != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q, %v, want %q", at, got, err, want)
		}
	}
	film := "剧集/第 1 集 #?%.mkv"
	e, err := b.Describe(ctx, a, login, film)
	if err != nil || e.Folder || e.Name != "第 1 集 #?%.mkv" {
		t.Errorf("%+v %v", e, err)
	}
	if _, err := b.Describe(ctx, a, login, "notes.txt"); !errors.Is(err, source.ErrKind) {
		t.Errorf("no film: %v", err)
	}
	if top, err := b.Describe(ctx, a, login, ""); err != nil || !top.Folder || top.Name != "Home" {
		t.Errorf("%+v %v", top, err)
	}
	if _, err := b.List(ctx, a, source.Credentials{User: "ada", Password: "x"}, ""); !errors.Is(err, source.ErrCredentials) {
		t.Errorf("a wrong password: %v", err)
	}
	modes, err := b.Resolve(ctx, a, login, film)
	if err != nil || len(modes) != 1 || !modes[0].Until.IsZero() {
		t.Fatalf("%+v %v", modes, err)
	}
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, modes[0].URL, nil)
	req.Header.Set("Authorization", modes[0].Authorization)
	res, err := b.Client.Do(req)
	if err != nil || res.StatusCode != http.StatusOK || res.ContentLength != 24 {
		t.Errorf("%v %v", res, err)
	}
	_ = res.Body.Close()
}

// Nothing outside the account's own address gets into a listing.
func TestAnswersStayBelowTheAccount(t *testing.T) {
	base, _ := url.Parse("http://nas.lan/dav")
	for href, want := range map[string]string{
		"/dav/": "", "/dav": "", "/dav/a.mp4": "a.mp4", "/dav/a%20b/": "a b", "http://nas.lan/dav/x": "x", "x.mp4": "!",
		"/davx/a": "!", "/other": "!", "/dav/../etc": "!", "/dav/a/%2e%2e/%2e%2e/b": "!", "http://evil.test/dav/a": "!", "//evil.test/dav/a": "!",
		"/dav/a%5cb": "!", "/dav//a": "!", "%zz": "!", "/dav/a%00": "!",
	} {
		at, ok := below(base, href)
		if !ok {
			at = "!"
		}
		if at != want {
			t.Errorf("%q: %q, want %q", href, at, want)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`<D:multistatus xmlns:D="DAV:"><D:response><D:href>/dav/a.mp4</D:href><D:propstat><D:status>HTTP/1.1 200 OK</D:status><D:prop><D:getcontentlength>5</D:getcontentlength></D:prop></D:propstat></D:response></D:multistatus>`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, _ := read(source.Account{URL: "http://nas.lan/dav"}, raw)
		for _, e := range list {
			if strings.HasPrefix(e.Path, "/") || strings.Contains("/"+e.Path+"/", "/../") || e.SizeBytes < 0 {
				t.Fatalf("%+v", e)
			}
		}
	})
}
