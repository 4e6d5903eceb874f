package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/felixge/httpsnoop"
	"github.com/google/uuid"
	"github.com/klauspost/compress/gzhttp"

	"synctv/internal/problem"
	"synctv/internal/telemetry"
)

// chain is what every request passes, outermost first. The ResponseWriter is
// wrapped once, by httpsnoop, which keeps Flusher, Hijacker and ReaderFrom:
// sockets, live streams and sendfile need them.
func (s *Server) chain(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	for _, origin := range s.CORSOrigins {
		if err := guard.AddTrustedOrigin(origin); err != nil {
			panic(err) // the configuration has checked it
		}
	}
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.answer(r.Context(), problem.New(problem.Forbidden, "cross_origin", "This request came from another site.")).write(w)
	}))
	return s.observe(s.recovered(s.withCORS(guard.Handler(s.withHeaders(s.withinSize(s.withCaller(next)))))))
}

// requestID is the one a trusted proxy gave, so that its log and ours can be
// laid side by side, else a new one.
func (s *Server) requestID(r *http.Request) string {
	given := r.Header.Get("X-Request-Id")
	if telemetry.ValidRequestID(given) && isTrusted(parseAddress(r.RemoteAddr), s.TrustedProxies) {
		return given
	}
	return uuid.NewString()
}

// observe gives each request its id and writes one line when it is done. Query
// strings are left out: they may hold tokens.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := s.requestID(r)
		seen, wrapped := watch(w)
		ctx := context.WithValue(telemetry.WithRequestID(r.Context(), id), seenKey{}, seen)
		r = r.WithContext(ctx)
		sent := bodyOf(r)
		w.Header().Set("X-Request-Id", id)
		start := time.Now()
		s.Metrics.Opened()
		defer func() { s.Metrics.Closed(s.routes.of(seen.pattern), seen.status, time.Since(start)) }()
		next.ServeHTTP(wrapped, r)
		if seen.status == http.StatusRequestEntityTooLarge {
			linger(w, r, sent)
		}
		level := seen.level()
		if r.Context().Err() != nil {
			level = slog.LevelDebug // nobody waited for it
		}
		s.Log.Log(ctx, level, "request", "method", r.Method, "path", r.URL.Path,
			"status", seen.status, "bytes", seen.bytes, "ms", time.Since(start).Milliseconds())
	})
}

// below serves what is below the base path, which nothing inside knows of. A probe
// needs not know it either; who asks for the root is led to the page.
func (s *Server) below(next http.Handler) http.Handler {
	if s.Base == "" {
		return next
	}
	inside := http.StripPrefix(s.Base, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.EscapedPath(), s.Base+"/"):
			inside.ServeHTTP(w, r)
		case r.URL.Path == "/healthz" || r.URL.Path == "/readyz":
			next.ServeHTTP(w, r)
		case r.URL.Path == "/" || r.URL.Path == s.Base:
			http.Redirect(w, r, s.Base+"/", http.StatusTemporaryRedirect)
		default:
			s.answer(r.Context(), errNoRoute).write(w)
		}
	})
}

// seen is what a response turned out to be.
type seen struct {
	status  int
	bytes   int64
	pattern string // of the route that answered; empty before one was found
}

type seenKey struct{}

// compressFrom is the size from which packing pays.
const compressFrom = 1 << 10

// routed notes which route the mux chose, and packs text for whoever takes it:
// zstd or gzip; the built files have Brotli copies. The jitter keeps the size
// from telling what a secret beside other text is.
func (s *Server) routed() http.Handler {
	pack, err := gzhttp.NewWrapper(gzhttp.MinSize(compressFrom), gzhttp.EnableZstd(true), gzhttp.PreferZstd(true), gzhttp.RandomJitter(32, 0, false))
	if err != nil {
		panic(err) // constants
	}
	packed := pack(s.mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := r.Context().Value(seenKey{}).(*seen)
		_, pattern := s.mux.Handler(r)
		r, end := s.traced(r, pattern, n)
		defer func() { n.pattern = r.Pattern; end() }()
		if s.isText(pattern) {
			packed.ServeHTTP(w, r)
			return
		}
		s.mux.ServeHTTP(w, r)
	})
}

// traced begins the span of a request that the document describes; bytes,
// streams and sockets last too long to be one. A trace goes on from a trusted
// proxy only, as request ids do.
func (s *Server) traced(r *http.Request, pattern string, n *seen) (*http.Request, func()) {
	if !s.Traces.On() || !s.documented[pattern] {
		return r, func() {}
	}
	var from map[string]string
	if isTrusted(parseAddress(r.RemoteAddr), s.TrustedProxies) {
		from = telemetry.Carried(r.Header)
	}
	ctx, span := s.Traces.Begin(r.Context(), pattern, from)
	span.Set("http.request.method", r.Method)
	_, route, _ := strings.Cut(pattern, " ")
	span.Set("http.route", route)
	span.Set("request_id", telemetry.RequestID(ctx))
	return r.WithContext(ctx), func() {
		span.SetInt("http.response.status_code", n.status)
		var failed error
		if n.status >= http.StatusInternalServerError {
			failed = problem.New(problem.Internal, "internal", "")
		}
		span.End(failed)
	}
}

// isText tells which routes answer with text alone: what the document describes,
// the document, and the page. Bytes, streams and sockets go out untouched.
func (s *Server) isText(pattern string) bool {
	_, path, _ := strings.Cut(pattern, " ")
	return pattern == "/" || s.documented[pattern] || strings.HasPrefix(path, "/api/openapi")
}

// routes are the bound metrics by pattern of the mux.
type routes map[string]*telemetry.Requests

func (m routes) of(pattern string) *telemetry.Requests {
	if r, ok := m[pattern]; ok {
		return r
	}
	return m[""]
}

// bindRoutes binds the labels of every route once. Sockets, streams and media
// last as long as people stay.
func (s *Server) bindRoutes() routes {
	m := routes{"": s.Metrics.Route("any", "other", false)}
	for path, item := range s.api.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{
			http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodPatch: item.Patch, http.MethodDelete: item.Delete,
		} {
			if op != nil {
				s.documented[method+" "+path] = true
				m[method+" "+path] = s.Metrics.Route(method, path, false)
			}
		}
	}
	for pattern := range s.rawRoutes() {
		method, path, ok := strings.Cut(pattern, " ")
		if !ok {
			method, path = "any", pattern
		}
		lasts := strings.HasPrefix(path, "/api/rooms/") || strings.Contains(path, "/pprof/")
		m[pattern] = s.Metrics.Route(method, path, lasts)
	}
	return m
}

func watch(w http.ResponseWriter) (*seen, http.ResponseWriter) {
	n := &seen{status: http.StatusOK}
	return n, httpsnoop.Wrap(w, httpsnoop.Hooks{
		WriteHeader: func(next httpsnoop.WriteHeaderFunc) httpsnoop.WriteHeaderFunc {
			return func(code int) {
				if code == http.StatusRequestEntityTooLarge {
					w.Header().Set("Connection", "close")
				}
				n.status = code
				next(code)
			}
		},
		Write: func(next httpsnoop.WriteFunc) httpsnoop.WriteFunc {
			return func(b []byte) (int, error) { c, err := next(b); n.bytes += int64(c); return c, err }
		},
		ReadFrom: func(next httpsnoop.ReadFromFunc) httpsnoop.ReadFromFunc {
			return func(src io.Reader) (int64, error) { c, err := next(src); n.bytes += c; return c, err }
		},
	})
}

// Lingering ends after so many bytes or so long, whichever comes first.
const (
	lingerBytes = 256 << 20
	lingerTime  = 3 * time.Second
)

// sent is the body of a request. Closing it is left to the server: a closed body
// cannot be read away any more, and whoever parses one closes it.
type sent struct {
	io.ReadCloser
	asked bool // somebody read, so that a client that waits for "100 Continue" has been told to send
}

func (b *sent) Read(p []byte) (int, error) { b.asked = true; return b.ReadCloser.Read(p) }

// Close implements io.Closer.
func (b *sent) Close() error { return nil }

// bodyOf puts the body of r into a *sent; nil for one without.
func bodyOf(r *http.Request) *sent {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	b := &sent{ReadCloser: r.Body}
	r.Body = b
	return b
}

// linger reads away what a client still sends of a body that was refused.
// Closing at once would reset the connection, and the client, busy sending,
// would see a broken pipe instead of the answer.
func linger(w http.ResponseWriter, r *http.Request, body *sent) {
	if r.ProtoMajor != 1 || body == nil || r.Header.Get("Expect") != "" && !body.asked {
		return
	}
	ctl := http.NewResponseController(w)
	if ctl.Flush() != nil || ctl.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, body, lingerBytes) // its bytes are of no use to anybody
}

// withinSize refuses a body by its announced length before a byte is read, so
// that a client which asks first (Expect: 100-continue) never sends it.
func (s *Server) withinSize(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > largestUpload {
			s.answer(r.Context(), problem.New(problem.TooLarge, "body_too_large", "This is too large.")).write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// level: our failures need somebody, the rest is routine.
func (n *seen) level() slog.Level {
	switch {
	case n.status >= http.StatusInternalServerError && n.status != http.StatusServiceUnavailable:
		return slog.LevelError
	case n.status == http.StatusServiceUnavailable:
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

// recovered turns a panic into an answer and a line with the stack. A panic
// with http.ErrAbortHandler is meant to end the connection and passes.
func (s *Server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { //nolint:errorlint // a panic value
				panic(v)
			}
			s.Log.ErrorContext(r.Context(), "panic", "value", v, "stack", string(debug.Stack()))
			s.answer(r.Context(), problem.New(problem.Internal, "internal", "Something went wrong on our side.")).write(w)
		}()
		next.ServeHTTP(w, r)
	})
}

// withCORS lets programs on the named origins use the API with tokens. Cookies
// are not allowed along.
func (s *Server) withCORS(next http.Handler) http.Handler {
	if len(s.CORSOrigins) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, origin := w.Header(), r.Header.Get("Origin")
		h.Add("Vary", "Origin")
		if !slices.Contains(s.CORSOrigins, origin) {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "X-Request-Id, Retry-After")
		if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
		h.Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
	})
}

// withHeaders sets what every answer carries.
func (s *Server) withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("Permissions-Policy", permissionsPolicy)
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// contentSecurityPolicy: scripts from here only; media from wherever the room
// chose. Inline styles are what Svelte's style directives need.
const contentSecurityPolicy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; " +
	"worker-src 'self' blob:; media-src * blob:; connect-src *; img-src 'self' data: blob:; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"

// permissionsPolicy leaves the page what players and a link to copy need; no
// frame gets any of it, and nobody the rest.
const permissionsPolicy = "autoplay=(self), clipboard-write=(self), fullscreen=(self), picture-in-picture=(self), " +
	"accelerometer=(), camera=(), clipboard-read=(), display-capture=(), encrypted-media=(), geolocation=(), gyroscope=(), hid=(), " +
	"magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"

// raw adapts a handler that may answer with an error.
func (s *Server) raw(work func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := work(w, r); err != nil {
			s.answer(r.Context(), err).write(w)
		}
	}
}
