package api

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// rawDoc describes a route whose answer is no JSON.
type rawDoc struct {
	id, tag, summary string
	kind             string // of its answer
	status           int
	query            string // a parameter it takes; empty: none
	public           bool
}

// rawDocs has a row for each of rawRoutes that a program may want; the others
// are pages, probes and the document itself.
func rawDocs() map[string]rawDoc {
	return map[string]rawDoc{
		"GET /api/rooms/{room}/socket":                               {id: "open-socket", tag: "rooms", summary: "The room's events, over a WebSocket", status: http.StatusSwitchingProtocols},
		"GET /api/rooms/{room}/items/{item}/media":                   {id: "get-media", tag: "playlist", summary: "A library item's file; ranges are served", kind: "video/*", status: http.StatusOK},
		"GET /api/rooms/{room}/items/{item}/proxy/{file}":            {id: "get-proxied", tag: "playlist", summary: "An item's address, through this server", kind: "*/*", status: http.StatusOK},
		"GET /api/rooms/{room}/items/{item}/proxy/{token}/{rest...}": {id: "get-proxied-part", tag: "playlist", summary: "What a playlist that came through this server names", kind: "*/*", status: http.StatusOK},
		"GET /api/rooms/{room}/items/{item}/subtitles/{subtitle}":    {id: "get-subtitle", tag: "subtitles", summary: "A subtitle as WebVTT, or as ASS where it is ASS", kind: "text/vtt", status: http.StatusOK, query: "format"},
		"GET /api/rooms/{room}/live/{file}":                          {id: "watch-flv", tag: "live", summary: "A live stream as endless FLV, STREAM.flv; over a WebSocket if asked to upgrade", kind: "video/x-flv", status: http.StatusOK},
		"GET /api/rooms/{room}/live/{stream}/{file}":                 {id: "watch-hls", tag: "live", summary: "A live stream as HLS: index.m3u8, and what the playlists name", kind: "application/vnd.apple.mpegurl", status: http.StatusOK},
		"GET /api/library/picture":                                   {id: "get-library-picture", tag: "library", summary: "The poster of a library file", kind: "image/*", status: http.StatusOK, query: "path"},
		"GET /api/admin/debug/pprof/{profile}":                       {id: "get-profile", tag: "admin", summary: "A profile of this replica, as Go's pprof reads it", kind: "application/octet-stream", status: http.StatusOK, query: "seconds"},
		"GET /healthz":                                               {id: "get-health", tag: "server", summary: "That the process runs", kind: "text/plain", status: http.StatusOK, public: true},
		"GET /readyz":                                                {id: "get-readiness", tag: "server", summary: "Whether this replica can serve; 503 while it drains", kind: "text/plain", status: http.StatusOK, public: true},
	}
}

// describeRaw adds them to the document. Called after the routes are bound: what
// is described there by hand is no text to be packed, and no span.
func (s *Server) describeRaw() {
	for pattern, d := range rawDocs() {
		_, path, _ := strings.Cut(pattern, " ")
		path = strings.ReplaceAll(path, "...}", "}")
		s.api.OpenAPI().AddOperation(d.operation(path))
	}
}

func (d rawDoc) operation(path string) *huma.Operation {
	op := &huma.Operation{OperationID: d.id, Method: http.MethodGet, Path: path, Tags: []string{d.tag}, Summary: d.summary}
	for _, m := range regexp.MustCompile(`{(\w+)}`).FindAllStringSubmatch(path, -1) {
		op.Parameters = append(op.Parameters, &huma.Param{Name: m[1], In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}})
	}
	if d.query != "" {
		op.Parameters = append(op.Parameters, &huma.Param{Name: d.query, In: "query", Schema: &huma.Schema{Type: huma.TypeString}})
	}
	op.Responses = d.responses()
	if op.Security = people(); d.public {
		op.Security = anybody()
	}
	return op
}

func (d rawDoc) responses() map[string]*huma.Response {
	good := &huma.Response{Description: http.StatusText(d.status)}
	if d.kind != "" {
		good.Content = map[string]*huma.MediaType{d.kind: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	}
	all := map[string]*huma.Response{strconv.Itoa(d.status): good}
	refusals := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}
	if d.public {
		refusals = []int{http.StatusServiceUnavailable}
	}
	for _, status := range refusals {
		all[strconv.Itoa(status)] = &huma.Response{Description: http.StatusText(status)}
	}
	return all
}
