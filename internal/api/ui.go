package api

import (
	"bytes"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// ui serves the built page from memory. Hashed assets never change and may be
// kept for ever; a missing one is a real 404, so that an old page notices; any
// other address is the page itself, which has a router of its own.
type ui struct {
	files fs.FS
	index []byte // index.html, or the placeholder of a build without Node
}

// newUI serves the page below base. The build knows no base: its scripts find
// each other by their own addresses, and the page is told here where they are and
// where the server's paths begin.
func newUI(files fs.FS, base string) *ui {
	index, err := fs.ReadFile(files, "index.html")
	if err != nil {
		index, err = fs.ReadFile(files, "placeholder.html")
	}
	if err != nil {
		index = []byte("<!doctype html><title>SyncTV</title><p>The page is not built: run <code>make web</code>.</p>")
	}
	index = bytes.ReplaceAll(index, []byte(`="./`), []byte(`="`+base+`/`))
	index = bytes.ReplaceAll(index, []byte(`data-base=""`), []byte(`data-base="`+base+`"`))
	return &ui{files: files, index: index}
}

func (u *ui) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if data, err := fs.ReadFile(u.files, name); err == nil && name != "index.html" {
		u.file(w, r, name, data)
		return
	}
	if strings.HasPrefix(name, "assets/") {
		w.Header().Set("Cache-Control", "no-store")
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeContent(w, r, "index.html", time.Time{}, bytes.NewReader(u.index))
}

// file serves one built file, as Brotli where the build made such a copy and
// the browser takes it.
func (u *ui) file(w http.ResponseWriter, r *http.Request, name string, data []byte) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, "assets/") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if t := contentType(name); t != "" {
		h.Set("Content-Type", t)
	}
	if packed, err := fs.ReadFile(u.files, name+".br"); err == nil {
		h.Set("Vary", "Accept-Encoding")
		if accepts(r.Header.Get("Accept-Encoding"), "br") {
			h.Set("Content-Encoding", "br")
			data = packed
		}
	}
	http.ServeContent(w, r, path.Base(name), time.Time{}, bytes.NewReader(data))
}

// accepts tells whether a list of codings, each with a weight, names one that is
// not refused ("br;q=0"). A bare * is no reason to send what one did not ask for.
func accepts(list, coding string) bool {
	for one := range strings.SplitSeq(list, ",") {
		name, params, _ := strings.Cut(one, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		weight, given := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(params, " ", "")), "q=")
		q, err := strconv.ParseFloat(weight, 64)
		return !given || err == nil && q > 0
	}
	return false
}

// contentType of what the build makes. The system's table is not asked: on
// some machines it calls scripts text/plain.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".html":
		return "text/html; charset=utf-8"
	case ".json", ".webmanifest":
		return "application/json"
	case ".wasm":
		return "application/wasm"
	}
	return ""
}
