package api

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"synctv/internal/problem"
	"synctv/internal/room"
)

var errOtherSite = problem.New(problem.Forbidden, "cross_origin", "This request came from another site.")

// watch serves a live stream as endless FLV to a member of its room, over HTTP
// or, if asked to, over a WebSocket.
func (s *Server) watch(w http.ResponseWriter, r *http.Request, who room.Person) error {
	stream, ok := strings.CutSuffix(r.PathValue("file"), ".flv")
	if !ok {
		return errNoRoute
	}
	if !sameOrigin(r) {
		return errOtherSite
	}
	item, err := s.Rooms.WatchStream(r.Context(), r.PathValue("room"), who, stream, 0)
	if err != nil {
		return err
	}
	return offlineUnlessKnown(s.Streams.ServeFLV(w, r, item))
}

// watchHLS serves one file of a live stream's HLS to a member of its room:
// index.m3u8, and what the playlists name.
func (s *Server) watchHLS(w http.ResponseWriter, r *http.Request, who room.Person) error {
	item, err := s.Rooms.WatchStream(r.Context(), r.PathValue("room"), who, r.PathValue("stream"), 0)
	if err != nil {
		return err
	}
	return offlineUnlessKnown(s.Streams.ServeHLS(w, r, item, r.PathValue("file")))
}

// offlineUnlessKnown: what the streams do not put in words is that nobody
// publishes.
func offlineUnlessKnown(err error) error {
	var known *problem.Problem
	if err == nil || errors.As(err, &known) {
		return err
	}
	return errStreamOffline.Because(err)
}

// sameOrigin says whether a WebSocket was opened by our own page. Browsers send
// cookies along with other sites' sockets; programs send no origin.
func sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || r.Header.Get("Upgrade") == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}
