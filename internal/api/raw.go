package api

import (
	"errors"
	"net/http"

	"synctv/internal/media"
	"synctv/internal/problem"
	"synctv/internal/room"
)

var errStreamOffline = problem.New(problem.NotFound, "stream_offline", "Nobody is publishing this stream right now.")

// socket opens the event socket. Who may enter is decided when it connects, so
// that the page gets a reason it can tell from a network failure.
func (s *Server) socket(w http.ResponseWriter, r *http.Request) error {
	roomID := r.PathValue("room")
	who, sessionID, err := s.person(r.Context(), roomID)
	if problem.KindOf(err) == problem.Unauthenticated {
		who = room.Person{} // refused on the socket: a browser hides the status of a failed upgrade
	} else if err != nil && !errors.Is(err, room.ErrNotMember) {
		return err
	}
	s.Sockets.Serve(w, r, roomID, who, sessionID)
	return nil
}

// held is for responses that may last: it finds out who asks and makes the
// response end with their place in the room. Whether they may have it is asked
// by work, after that, so that nobody slips through between.
func (s *Server) held(work func(http.ResponseWriter, *http.Request, room.Person) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		roomID := r.PathValue("room")
		ctx := r.Context()
		r, who, release, err := s.Sockets.Hold(w, r, roomID, func() (room.Person, string, error) {
			defer func() { ctx = afresh(ctx) }() // for the next time
			return s.person(ctx, roomID)
		})
		if err != nil {
			return err
		}
		defer release()
		return work(w, r, who)
	}
}

// media serves a library item's file with ranges. The file goes from disk to
// socket by sendfile(2): ServeContent copies from an *os.File, and every
// wrapper in between keeps io.ReaderFrom.
func (s *Server) media(w http.ResponseWriter, r *http.Request, who room.Person) error {
	roomID := r.PathValue("room")
	item, err := s.Rooms.OpenItem(r.Context(), roomID, who, r.PathValue("item"))
	if err != nil {
		return err
	}
	f, err := s.Catalog.Open(item)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", media.ContentType(item))
	w.Header().Set("Cache-Control", "private, no-cache")
	http.ServeContent(w, r, "", info.ModTime(), f)
	return nil
}

// proxied serves an item's address through this server: the item itself under
// its name, or what a link in one of its playlists leads to.
func (s *Server) proxied(w http.ResponseWriter, r *http.Request, who room.Person) error {
	item, err := s.Rooms.OpenItem(r.Context(), r.PathValue("room"), who, r.PathValue("item"))
	if err != nil {
		return err
	}
	p := Proxied{Item: item, Session: who.ID, Person: who.ID, Token: r.PathValue("token"), Rest: r.PathValue("rest")}
	if _, session, err := s.signedIn(r.Context()); err == nil && who.Kind == room.KindUser {
		p.Session = session.ID // a guest is one session anyway
	}
	if !s.Catalog.Proxied(item) || p.Token == "" && r.PathValue("file") != media.ProxyName(item) {
		return errNoRoute
	}
	return s.Proxy.ServeItem(w, r, p)
}
