package api

import (
	"net/http/httptest"
	"testing"
	"testing/fstest"
)

// The page is told where it is, at whatever depth it is opened.
func TestThePageKnowsItsBase(t *testing.T) {
	page := `<html data-base=""><link href="./favicon.svg"><script src="./assets/main-1.js"></script>`
	for base, want := range map[string]string{
		"":       `<html data-base=""><link href="/favicon.svg"><script src="/assets/main-1.js"></script>`,
		"/watch": `<html data-base="/watch"><link href="/watch/favicon.svg"><script src="/watch/assets/main-1.js"></script>`,
	} {
		w := httptest.NewRecorder()
		newUI(fstest.MapFS{"index.html": {Data: []byte(page)}}, base).ServeHTTP(w, httptest.NewRequest("GET", "/r/deep/inside", nil))
		if w.Body.String() != want {
			t.Errorf("below %q: %s", base, w.Body)
		}
	}
}

// Hashed assets are kept for a year, the page is asked for each time, a missing
// asset is remembered by nobody.
func TestBuiltFilesAreCachedByName(t *testing.T) {
	u := newUI(fstest.MapFS{
		"index.html": {Data: []byte("the page")}, "icon.svg": {Data: []byte("<svg/>")},
		"assets/app-1a2b.js": {Data: []byte("plain")}, "assets/app-1a2b.js.br": {Data: []byte("packed")},
	}, "")
	for _, c := range []struct {
		path, accepts string
		status        int
		cached, body  string
	}{
		{"/", "", 200, "no-cache", "the page"},
		{"/r/whatever", "", 200, "no-cache", "the page"},
		{"/icon.svg", "", 200, "no-cache", "<svg/>"},
		{"/assets/app-1a2b.js", "gzip", 200, "public, max-age=31536000, immutable", "plain"},
		{"/assets/app-1a2b.js", "gzip, br", 200, "public, max-age=31536000, immutable", "packed"},
		{"/assets/app-1a2b.js", "gzip, br;q=0", 200, "public, max-age=31536000, immutable", "plain"},
		{"/assets/app-1a2b.js", "br; q=0.0, gzip", 200, "public, max-age=31536000, immutable", "plain"},
		{"/assets/app-1a2b.js", "BR;q=0.5", 200, "public, max-age=31536000, immutable", "packed"},
		{"/assets/app-1a2b.js", "brotli", 200, "public, max-age=31536000, immutable", "plain"},
		{"/assets/app-0000.js", "", 404, "", "404 page not found\n"},
	} {
		r := httptest.NewRequest("GET", c.path, nil)
		r.Header.Set("Accept-Encoding", c.accepts)
		w := httptest.NewRecorder()
		u.ServeHTTP(w, r)
		cached := w.Header().Get("Cache-Control")
		if w.Code != c.status || w.Body.String() != c.body || c.status == 200 && cached != c.cached || c.status == 404 && cached != "" && cached != "no-store" {
			t.Errorf("%s (%s): %d %q %q", c.path, c.accepts, w.Code, cached, w.Body)
		}
	}
}
