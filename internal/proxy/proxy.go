// Package proxy hands players what they cannot fetch themselves: films, and
// playlists of HLS and DASH whose links it rewrites to lead back through it.
// Links are sealed: they name what they lead to only to this server, and hold
// for one room, item and session, for hours. Whether somebody may see an item
// is decided before; the proxy knows no rooms, only what it is told of one visit.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"synctv/internal/guard"
	"synctv/internal/problem"
	"synctv/internal/proxy/disk"
)

// Kind is what a visit's item is.
type Kind string

// The kinds: hls and dash have playlists to rewrite, the rest is bytes.
const (
	File Kind = "file"
	HLS  Kind = "hls"
	DASH Kind = "dash"
)

// ErrLink is for links that were not made here, or for somebody else, or that
// have run out.
var ErrLink = problem.New(problem.NotFound, "link_expired", "This link has run out; open the film again.")

// Visit is one request of somebody who may see the item.
type Visit struct {
	Room, Item, Session string // what links are bound to
	Person              string // whose budget it is
	Base                string // path that links begin with
	URL                 string // of the item
	Authorization       string // that the item's server wants; for the item itself only
	Kind                Kind
}

// referer is what origins that look at it expect: a page of their own.
func (v Visit) referer() string {
	u, err := url.Parse(v.URL)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host + "/"
}

// authorization is for the item's own address, not for what lists lead to.
func (v Visit) authorization(t target) string {
	if t.url != v.URL {
		return ""
	}
	return v.Authorization
}

// Proxy is safe for concurrent use.
type Proxy struct {
	client  *guard.Client
	cache   *disk.Cache
	seal    *sealer
	lists   *lists
	budgets *Budgets
	buffers guard.Buffers
	passed  atomic.Int64
}

// New makes a proxy; key are 32 secret bytes, the same on every replica.
func New(client *guard.Client, cache *disk.Cache, key []byte, budgets *Budgets) (*Proxy, error) {
	s, err := newSealer(key)
	if err != nil {
		return nil, fmt.Errorf("links of the proxy: %w", err)
	}
	return &Proxy{client: client, cache: cache, seal: s, lists: newLists(client), budgets: budgets}, nil
}

// Serve answers for the item itself (token empty) or for a link from one of
// its playlists. It gives an error only as long as nothing was written.
func (p *Proxy) Serve(w http.ResponseWriter, r *http.Request, v Visit, token, rest string) error {
	t := target{what: isBytes, url: v.URL}
	switch {
	case token != "":
		var err error
		if t, err = p.seal.open(v, token, time.Now()); err != nil {
			return err
		}
		if t.what == isFolder {
			if t, err = t.below(rest, r.URL.RawQuery); err != nil {
				return err
			}
		}
	case v.Kind == HLS:
		t.what = isHLS
	case v.Kind == DASH:
		t.what = isDASH
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if err := p.budgets.ask(v); err != nil {
		return err
	}
	switch t.what {
	case isHLS, isDASH:
		return p.serveList(w, r, v, t)
	case isKey:
		return p.passThrough(w, r, v, t)
	default:
		return p.serveBytes(w, r, v, t)
	}
}

// serveBytes sends a file from the cache, or passes it through if it cannot be
// had in slices.
func (p *Proxy) serveBytes(w http.ResponseWriter, r *http.Request, v Visit, t target) error {
	o := disk.Origin{URL: t.url, Referer: v.referer(), Authorization: v.authorization(t)}
	f, err := p.cache.File(r.Context(), o)
	if errors.Is(err, disk.ErrWhole) {
		return p.passThrough(w, r, v, t)
	}
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", contentType(f.Type, t.url))
	h.Set("Accept-Ranges", "bytes")
	h.Set("Cache-Control", "private, no-cache")
	setIf(h, "ETag", f.ETag)
	setIf(h, "Last-Modified", f.Modified)
	if notModified(r, f.ETag, f.Modified) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	ask := r.Header.Get("Range")
	if cond := r.Header.Get("If-Range"); cond != "" && cond != f.ETag && cond != f.Modified {
		ask = "" // it asks for a range of another version: it gets this one whole
	}
	span, err := parseRange(ask, f.Size)
	if err != nil {
		h.Set("Content-Range", fmt.Sprintf("bytes */%d", f.Size))
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return nil //nolint:nilerr // it is answered
	}
	h.Set("Content-Length", strconv.FormatInt(span.to-span.from, 10))
	status := http.StatusOK
	if span.part {
		status = http.StatusPartialContent
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", span.from, span.to-1, f.Size))
	}
	if r.Method == http.MethodHead {
		w.WriteHeader(status)
		return nil
	}
	return p.send(w, r, v, o, f, span, status)
}

// send writes the header with the first bytes, so that a fetch that fails at
// once is still an error that can be read.
func (p *Proxy) send(w http.ResponseWriter, r *http.Request, v Visit, o disk.Origin, f disk.File, s span, status int) error {
	body := &late{ResponseWriter: w, status: status}
	err := p.cache.Copy(r.Context(), body, o, f, s.from, s.to, func(n int64) error { return p.budgets.spend(v, n) })
	if err == nil {
		body.begin()
		return nil
	}
	if !body.begun {
		for _, name := range []string{"Content-Length", "Content-Range", "Accept-Ranges", "ETag", "Last-Modified"} {
			w.Header().Del(name)
		}
		return err
	}
	// The header promised more bytes: the server closes the connection, and the
	// player asks for the rest.
	return nil
}

// late writes the status when the first byte is there. It keeps ReadFrom, so
// that files go to the socket by sendfile(2).
type late struct {
	http.ResponseWriter
	status int
	begun  bool
}

func (l *late) begin() {
	if !l.begun {
		l.begun = true
		l.WriteHeader(l.status)
	}
}

func (l *late) Write(p []byte) (int, error) {
	l.begin()
	return l.ResponseWriter.Write(p)
}

func (l *late) ReadFrom(r io.Reader) (int64, error) {
	l.begin()
	return io.Copy(l.ResponseWriter, r)
}

// passThrough fetches for this request alone. When the viewer goes, the
// request's context ends the fetch.
func (p *Proxy) passThrough(w http.ResponseWriter, r *http.Request, v Visit, t target) error {
	req, err := http.NewRequestWithContext(r.Context(), r.Method, t.url, nil)
	if err != nil {
		return guard.ErrRefused.Because(errors.New("the address cannot be read"))
	}
	for _, name := range []string{"Range", "If-Range"} {
		setIf(req.Header, name, r.Header.Get(name))
	}
	p.passed.Add(1)
	req.Header.Set("Referer", v.referer())
	setIf(req.Header, "Authorization", v.authorization(t))
	res, err := p.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	switch res.StatusCode {
	case http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable:
	default:
		return guard.ErrStatus.Because(guard.StatusError{Code: res.StatusCode})
	}
	h := w.Header()
	for _, name := range []string{"Content-Length", "Content-Range", "Content-Encoding", "Accept-Ranges", "ETag", "Last-Modified"} {
		setIf(h, name, res.Header.Get(name))
	}
	h.Set("Content-Type", contentType(res.Header.Get("Content-Type"), t.url))
	h.Set("Cache-Control", "private, no-cache")
	w.WriteHeader(res.StatusCode)
	if r.Method != http.MethodHead {
		p.pump(r.Context(), w, res.Body, v)
	}
	return nil
}

// pump copies until either side ends; what comes is sent at once, because it
// may be live.
func (p *Proxy) pump(ctx context.Context, w http.ResponseWriter, body io.Reader, v Visit) {
	b := p.buffers.Get()
	defer b.Release()
	out := http.NewResponseController(w)
	for ctx.Err() == nil {
		n, err := body.Read(b.Bytes)
		if n > 0 {
			if p.budgets.spend(v, int64(n)) != nil {
				return
			}
			if _, err := w.Write(b.Bytes[:n]); err != nil {
				return
			}
			_ = out.Flush() // fails with the next write
		}
		if err != nil {
			return // at the end, or cut: Content-Length tells the player which
		}
	}
}

// contentType is what players may be told: media and what belongs to it, never
// something that a browser would run as a page.
func contentType(said, address string) string {
	kind, params, err := mime.ParseMediaType(said)
	family, _, _ := strings.Cut(kind, "/")
	switch {
	case err != nil:
	case family == "video", family == "audio", family == "font", kind == "text/vtt", kind == "application/mp4",
		kind == "image/jpeg", kind == "image/png", kind == "image/webp", kind == "application/ttml+xml":
		if charset, ok := params["charset"]; ok {
			return mime.FormatMediaType(kind, map[string]string{"charset": charset})
		}
		return kind
	}
	u, err := url.Parse(address)
	if err != nil {
		return "application/octet-stream"
	}
	byName := map[string]string{
		".mp4": "video/mp4", ".m4v": "video/mp4", ".m4s": "video/iso.segment", ".m4a": "audio/mp4", ".webm": "video/webm", ".mkv": "video/x-matroska",
		".ts": "video/mp2t", ".flv": "video/x-flv", ".mp3": "audio/mpeg", ".aac": "audio/aac", ".ogg": "audio/ogg", ".flac": "audio/flac", ".vtt": "text/vtt",
	}
	if t, ok := byName[strings.ToLower(path.Ext(u.Path))]; ok {
		return t
	}
	return "application/octet-stream"
}

func setIf(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}

// notModified answers a browser that holds this very version.
func notModified(r *http.Request, etag, modified string) bool {
	if tags := r.Header.Get("If-None-Match"); tags != "" {
		return etag != "" && strings.Contains(tags, etag)
	}
	since := r.Header.Get("If-Modified-Since")
	return since != "" && since == modified
}

// Stats is what the proxy, its cache and its own buffers did.
type Stats struct {
	Cache      disk.Stats
	Buffers    guard.BuffersStats
	Passed     int64 // fetched for one request alone
	OverBudget int64 // refused or ended by a budget
}

// Stats is a snapshot.
func (p *Proxy) Stats() Stats {
	return Stats{Cache: p.cache.Stats(), Buffers: p.buffers.Stats(), Passed: p.passed.Load(), OverBudget: p.budgets.refused.Load()}
}
