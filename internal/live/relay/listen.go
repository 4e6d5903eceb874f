package relay

import (
	"crypto/subtle"
	"net/http"
	"strings"

	"synctv/internal/telemetry"
)

// Handler is what the internal listener serves to other replicas: this one's
// streams as FLV, their numbers, and the files of their HLS. hls may be nil.
func (r *Relay) Handler(token string, hls func(w http.ResponseWriter, r *http.Request, stream, name string) error) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+flvPath+"{stream}", func(w http.ResponseWriter, req *http.Request) {
		stream := req.PathValue("stream")
		if r.hub.Relayed(stream) { // never in a circle
			http.Error(w, "not here", http.StatusNotFound)
			return
		}
		defer r.pullers.join(stream, req.Header)()
		if err := r.hub.ServeFLV(w, req, stream); err != nil {
			http.Error(w, "not here", http.StatusNotFound)
		}
	})
	mux.HandleFunc("GET "+infoPath+"{stream}", r.serveInfo)
	mux.HandleFunc("GET "+watchedPath+"{stream}", r.serveWatched)
	mux.HandleFunc("GET "+hlsPath+"{stream}/{name}", func(w http.ResponseWriter, req *http.Request) {
		if hls == nil || hls(w, req, req.PathValue("stream"), req.PathValue("name")) != nil {
			http.Error(w, "not here", http.StatusNotFound)
		}
	})
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		shown := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
		if subtle.ConstantTimeCompare([]byte(shown), []byte(token)) != 1 {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		if r.traces.On() { // the asking is traced, not what may last for hours
			_, span := r.traces.Begin(req.Context(), "relay asked", telemetry.Carried(req.Header))
			span.End(nil)
		}
		mux.ServeHTTP(w, req)
	})
}
