package realtime

import (
	"context"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/centrifugal/centrifuge"

	"synctv/internal/room"
)

// held are the running responses of this replica that end with their person's
// place in the room: films, streams, what is waited for. Safe for use from many
// goroutines.
type held struct {
	cuts atomic.Int64 // words heard so far
	mu   sync.Mutex
	open map[*response]struct{} // guarded by mu
}

// response is one of them.
type response struct {
	visit
	cut context.CancelFunc
}

// whom says which responses a word is about; empty fields match all.
type whom struct {
	Room    string `json:"room,omitempty"`
	Person  string `json:"person,omitempty"`
	Session string `json:"session,omitempty"`
}

func (o whom) fits(v visit) bool {
	return (o.Room == "" || o.Room == v.roomID) &&
		(o.Person == "" || o.Person == v.who.ID) &&
		(o.Session == "" || o.Session == v.sessionID)
}

func (h *held) add(r *response) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open[r] = struct{}{}
}

func (h *held) remove(r *response) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.open, r)
}

func (h *held) all() []*response {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Keys(h.open))
}

// cut ends those it is about. It waits for none of them.
func (h *held) cut(o whom) {
	h.cuts.Add(1) // before the look at who is there: Hold reads it after it has put itself there
	for _, r := range h.all() {
		if o.fits(r.visit) {
			r.cut()
		}
	}
}

// Moved is what OnBroadcast hears, too, of a room, or of a person in it, whose
// responses are about to be cut: "room/person" or "room/".
const Moved = "moved"

// opCut is the word by which replicas tell each other whose responses end.
const opCut = "cut"

// cut tells every replica, this one too. A word that is lost is made up for by
// the regular look.
func (n *Node) cut(ctx context.Context, o whom) {
	data, err := json.Marshal(o)
	if err == nil {
		err = n.node.Notify(opCut, data, "")
	}
	if err != nil {
		n.log.ErrorContext(ctx, "responses elsewhere were not cut", "room", o.Room, "error", err)
	}
}

func (n *Node) notified(e centrifuge.NotificationEvent) {
	if e.Op != opCut {
		if n.hear != nil {
			n.hear(e.Op, string(e.Data))
		}
		return
	}
	var o whom
	if json.Unmarshal(e.Data, &o) != nil || o == (whom{}) {
		return
	}
	if n.hear != nil && o.Room != "" {
		n.hear(Moved, o.Room+"/"+o.Person) // first: who asks after the cut is to be refused
	}
	n.held.cut(o)
}

// Hold makes a response end when its person is banned, kicked or leaves, when
// the room closes or the sign-in session ends, on whatever replica that
// happens. who finds out whose it is and by which session; it is asked again
// when responses were cut meanwhile, for its answer may be older than that.
// Whether the person may have the response is to be asked after Hold: so nobody
// slips through between. The request to go on with has the context that ends;
// release must be called when the response is done.
//
// Writes that wait end too: over HTTP/1 the connection is closed, otherwise the
// write deadline passes.
func (s *Sockets) Hold(w http.ResponseWriter, r *http.Request, roomID string, who func() (room.Person, string, error)) (*http.Request, room.Person, func(), error) {
	for {
		heard := s.node.held.cuts.Load()
		person, sessionID, err := who()
		if err != nil {
			return nil, room.Person{}, nil, err
		}
		held, release := s.hold(w, r, visit{roomID: roomID, who: person, sessionID: sessionID})
		if s.node.held.cuts.Load() == heard {
			return held, person, release, nil
		}
		release()
	}
}

func (s *Sockets) hold(w http.ResponseWriter, r *http.Request, v visit) (held *http.Request, release func()) {
	ctx, cancel := context.WithCancel(r.Context())
	one := &response{visit: v, cut: cancel}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		if conn, ok := r.Context().Value(connKey{}).(net.Conn); ok && r.ProtoMajor == 1 {
			_ = conn.Close() // nobody reads the rest
			return
		}
		_ = http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0)) // writers without one see the context
	})
	s.node.held.add(one)
	return r.WithContext(ctx), func() {
		s.node.held.remove(one)
		if !stop() {
			<-ended
		}
		cancel()
	}
}

// reviewEvery is how often running responses are looked at: as often as sockets.
const reviewEvery = 25 * time.Second

// Review looks regularly whether running responses may go on, until ctx ends:
// the net under everything that should have cut them at once.
func (s *Sockets) Review(ctx context.Context) {
	tick := time.NewTicker(reviewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.review(ctx)
		}
	}
}

func (s *Sockets) review(ctx context.Context) {
	for _, r := range s.node.held.all() {
		if _, out := refusal(s.stands(ctx, r.visit)); out {
			r.cut()
		}
	}
}
