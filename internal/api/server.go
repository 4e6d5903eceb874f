// Package api is the HTTP surface: it decodes requests, finds out who asks,
// calls the use cases and encodes what they answer. It decides nothing. Errors
// are mapped to status and words here and nowhere else; the OpenAPI document
// is made from the same types that are sent.
package api

import (
	"cmp"
	"context"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"synctv/internal/account"
	"synctv/internal/caption"
	"synctv/internal/media"
	"synctv/internal/media/look"
	"synctv/internal/media/source"
	"synctv/internal/media/subtitle"
	"synctv/internal/room"
	"synctv/internal/screen"
	"synctv/internal/telemetry"
	"synctv/internal/waiting"
)

// Sockets opens what lasts for one person in one room.
type Sockets interface {
	// Serve opens the event socket.
	Serve(w http.ResponseWriter, r *http.Request, roomID string, who room.Person, sessionID string)
	// Hold makes a response end with the person's place in the room or with
	// their session. The request to go on with comes back; release must follow.
	Hold(w http.ResponseWriter, r *http.Request, roomID string, who func() (room.Person, string, error)) (held *http.Request, person room.Person, release func(), err error)
}

// Streams serves the streams of live items. It answers with an error
// only as long as nothing was written.
type Streams interface {
	ServeFLV(w http.ResponseWriter, r *http.Request, it screen.Item) error
	// ServeHLS answers for one file: index.m3u8, or what the playlists name.
	ServeHLS(w http.ResponseWriter, r *http.Request, it screen.Item, file string) error
	// StreamStats tells how a stream does; it fails when nobody publishes it. It
	// may ask another replica.
	StreamStats(ctx context.Context, stream string) (StreamStats, error)
	// EndStream disconnects the encoder and holds it off for a minute. It says
	// whether there was one.
	EndStream(stream string) bool
}

// Proxied is a request for an item that comes through this server.
type Proxied struct {
	Item        screen.Item
	Session     string // what links are bound to
	Person      string // whose budget it is
	Token, Rest string // of a link in one of the item's playlists; empty: the item itself
}

// Proxy fetches what browsers cannot. It answers with an error only as long as
// nothing was written.
type Proxy interface {
	ServeItem(w http.ResponseWriter, r *http.Request, p Proxied) error
}

// Options is what the surface stands on; all must be set.
type Options struct {
	Rooms    *room.Service
	Accounts *account.Service
	Catalog  *media.Catalog
	Captions *caption.Service
	Looks    *look.Service
	Sources  *source.Service
	Sockets  Sockets
	Waits    *waiting.Service
	Streams  Streams
	Proxy    Proxy
	UI       fs.FS // the built page
	Log      *slog.Logger
	Version  string
	Metrics  *telemetry.Metrics
	Levels   *telemetry.Levels // of the log, for admins to change
	Traces   *telemetry.Traces // nil: off
	Settings Settings
	// Ready tells whether requests can be served; its error is logged, not shown.
	Ready func(ctx context.Context) error
	// Away names what this replica has to do without for now; nil: nothing.
	Away func() []string
	// Base is the path that everything is below, "/watch"; empty: the root.
	Base string
	// TrustedProxies may say in X-Forwarded-For whom they speak for.
	TrustedProxies []netip.Prefix
	// CORSOrigins are other sites whose pages may use the API with tokens.
	CORSOrigins []string
	// CookieSecure sends cookies over TLS only.
	CookieSecure bool
	// RTMPURL is what encoders are told, "rtmp://host:port"; empty: the host of
	// the request with RTMPPort, or with RTMPSPort for those that speak TLS. A
	// port that is empty: none such.
	RTMPURL, RTMPPort, RTMPSPort string
}

// Server holds the routes.
type Server struct {
	Options
	mux  *http.ServeMux
	api  huma.API
	page http.HandlerFunc // serves the built page

	tarpit     tarpit
	routes     routes
	documented map[string]bool // patterns of the document
}

// New registers every route.
func New(o Options) *Server {
	s := &Server{Options: o, mux: http.NewServeMux(), documented: map[string]bool{}}
	shapeErrors()
	cfg := huma.DefaultConfig("SyncTV", o.Version)
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "/api/openapi", "", ""
	cfg.Info.License = &huma.License{Name: "MIT", Identifier: "MIT"}
	cfg.Servers = []*huma.Server{{URL: cmp.Or(s.Base, "/")}}
	cfg.CreateHooks = nil // no $schema links in answers
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: sessionCookie, Description: "a browser that is signed in"},
		"guest":   {Type: "apiKey", In: "cookie", Name: guestCookie, Description: "a guest of one room"},
		"bearer":  {Type: "http", Scheme: "bearer", Description: "the same tokens, for programs"},
	}
	s.api = humago.New(s.mux, cfg)
	s.accountRoutes()
	s.meRoutes()
	s.sourceRoutes()
	s.adminRoutes()
	s.operatorRoutes()
	s.serverSettingsRoutes()
	s.roomRoutes()
	s.settingsRoutes()
	s.memberRoutes()
	s.auditRoutes()
	s.playbackRoutes()
	s.playlistRoutes()
	s.captionRoutes()
	s.autoplayRoutes()
	s.waitRoutes()
	s.chatRoutes()
	s.chatChangeRoutes()
	s.danmakuRoutes()
	s.liveRoutes()
	s.streamRoutes()
	s.page = newUI(s.UI, s.Base).ServeHTTP
	for pattern, handler := range s.rawRoutes() {
		s.mux.HandleFunc(pattern, handler)
	}
	s.routes = s.bindRoutes()
	s.describeRaw()
	return s
}

// rawRoutes are those that are not made from types: bytes, sockets, pages.
// rawDocs describes them.
func (s *Server) rawRoutes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /api/rooms/{room}/socket":                               s.raw(s.socket),
		"GET /api/rooms/{room}/items/{item}/media":                   s.raw(s.held(s.media)),
		"GET /api/rooms/{room}/items/{item}/proxy/{file}":            s.raw(s.held(s.proxied)),
		"GET /api/rooms/{room}/items/{item}/proxy/{token}/{rest...}": s.raw(s.held(s.proxied)),
		"GET /api/rooms/{room}/live/{file}":                          s.raw(s.held(s.watch)),
		"GET /api/rooms/{room}/live/{stream}/{file}":                 s.raw(s.held(s.watchHLS)),
		"GET /api/admin/debug/pprof/{profile}":                       s.raw(s.profile),
		"GET /api/docs":                                              docsFile("index.html"),
		"GET /api/docs.js":                                           docsFile("docs.js"),
		"/api/":                                                      s.raw(func(http.ResponseWriter, *http.Request) error { return errNoRoute }),
		"GET /healthz":                                               s.healthz,
		"GET /readyz":                                                s.readyz,
		"/":                                                          s.page,
		"GET /api/library/picture":                                   s.raw(s.libraryPicture),
		"GET /api/rooms/{room}/items/{item}/subtitles/{subtitle}": s.raw(s.captionText),
	}
}

// RawPatterns lists those routes, for the tests that every route has a rule and
// is described.
func RawPatterns() []string {
	return slices.Sorted(maps.Keys((&Server{}).rawRoutes()))
}

// Handler is the whole chain.
func (s *Server) Handler() http.Handler { return s.chain(s.below(s.routed())) }

// OpenAPI is the document of the API, as JSON.
func (s *Server) OpenAPI() ([]byte, error) { return s.api.OpenAPI().MarshalJSON() }

// operation registers one use case: what it is called, where it is, and which
// credentials it looks at (nil: anybody may ask). The errors a caller may meet are the
// same everywhere.
func operation[I, O any](s *Server, op huma.Operation, work func(context.Context, *I) (*O, error)) {
	op.Errors = []int{400, 401, 403, 404, 409, 413, 429, 500, 503}
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes = maxBodyBytes
	}
	if op.Security == nil {
		op.Security = anybody()
	}
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		callerOf(ctx).rotates = true
		ctx, cancel := context.WithTimeout(ctx, operationLimit)
		defer cancel()
		ctx, span := telemetry.Start(ctx, op.OperationID)
		out, err := work(ctx, in)
		span.End(err)
		if err != nil {
			return nil, s.answer(ctx, err)
		}
		return out, nil
	})
}

// operationLimit is longer than anything takes while the store answers, and as
// long as anybody waits when it does not.
const operationLimit = 15 * time.Second

// maxBodyBytes is enough for every command; one that needs more says so, up to
// largestBody, and files up to largestUpload.
const (
	maxBodyBytes  = 64 << 10
	largestBody   = 1 << 20
	largestUpload = subtitle.MaxBytes
)

// body wraps an answer.
type body[T any] struct{ Body T }

func reply[T any](v T, err error) (*body[T], error) {
	if err != nil {
		return nil, err
	}
	return &body[T]{Body: v}, nil
}

// InRoom is the path of everything inside a room.
type InRoom struct {
	Room string `path:"room" maxLength:"32" doc:"id of the room"`
}

// anybody is what operations say that look at no proof.
func anybody() []map[string][]string { return []map[string][]string{} }

// people is what operations accept as proof of who asks.
func people() []map[string][]string {
	return []map[string][]string{{"session": {}}, {"guest": {}}, {"bearer": {}}}
}

// healthz tells that the process runs.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	writePlain(w, http.StatusOK, "ok\n")
}

// readyz tells that it can serve: a load balancer sends people elsewhere while
// it cannot.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := s.Ready(ctx); err != nil {
		s.Log.WarnContext(ctx, "not ready", "error", err)
		writePlain(w, http.StatusServiceUnavailable, "not ready\n")
		return
	}
	said := "ready\n"
	if s.Away != nil {
		for _, what := range s.Away() {
			said += "away: " + what + "\n"
		}
	}
	writePlain(w, http.StatusOK, said)
}

func writePlain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // the client may be gone
}
