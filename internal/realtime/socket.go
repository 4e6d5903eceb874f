package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"hash/maphash"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/centrifugal/centrifuge"

	"synctv/internal/flood"
	"synctv/internal/mark"
	"synctv/internal/problem"
	"synctv/internal/room"
	"synctv/internal/screen"
)

// Rooms is what sockets need of the rule book. All may block on I/O.
type Rooms interface {
	// Enter answers with the rights that hold now, or why there are none.
	Enter(ctx context.Context, roomID string, who room.Person) (room.Access, error)
	Snapshot(ctx context.Context, roomID string, who room.Person) (room.Snapshot, error)
	// Standing is the person as they are now, if the sign-in session that
	// opened the socket still holds: it may have ended, and rights over the
	// whole platform may have changed. Guests have none and stay as they are.
	Standing(ctx context.Context, who room.Person, sessionID string) (room.Person, error)
	// Presence tells the room that a person came or went.
	Presence(ctx context.Context, roomID, personID string, online bool) error
	// Word takes what a person's player says of itself.
	Word(ctx context.Context, roomID string, who room.Person, w screen.Word) error
	// Silent takes that a page whose words were heard is gone.
	Silent(ctx context.Context, roomID, page string)
	// Marks are the versions of rooms' states as they are stored now.
	Marks(ctx context.Context, roomIDs []string) (map[string]mark.Marks, error)
}

// The heartbeat: a client that does not answer is gone after both.
const (
	pingInterval = 10 * time.Second
	pongTimeout  = 5 * time.Second
	writeTimeout = 5 * time.Second
	// enterTimeout bounds what a new socket asks of the store.
	enterTimeout = 10 * time.Second
)

// Sockets opens and serves them, one per page and room.
type Sockets struct {
	node    *Node
	rooms   Rooms
	now     func() time.Time // the cluster's time
	log     *slog.Logger
	upgrade http.Handler
	often   *flood.Guard
	// By person, so that each one's words keep their order. Full: a word is
	// refused, and said again later.
	words [hearers]chan word
	seed  maphash.Seed
}

// visit is who opens a socket, and where. It rides on the request's context.
type visit struct {
	roomID    string
	who       room.Person
	sessionID string // sign-in session; empty for guests
}

type visitKey struct{}

// NewSockets puts the rules of sockets on a node; do it once, before Start.
func NewSockets(n *Node, rooms Rooms, now func() time.Time) *Sockets {
	s := &Sockets{node: n, rooms: rooms, now: now, log: n.log, often: flood.New(wordsPerSecond, wordsBurst), seed: maphash.MakeSeed()}
	for i := range s.words {
		s.words[i] = make(chan word, wordsWaiting)
	}
	n.node.OnConnecting(s.connecting)
	n.node.OnConnect(s.connected)
	s.upgrade = centrifuge.NewWebsocketHandler(n.node, centrifuge.WebsocketConfig{
		MessageSizeLimit: messageLimitBytes,
		WriteTimeout:     writeTimeout,
		PingPongConfig:   centrifuge.PingPongConfig{PingInterval: pingInterval, PongTimeout: pongTimeout},
		// CheckOrigin stays the library's own: the Origin must be this host.
	})
	return s
}

// sendBufferBytes is what the kernel may hold for one socket. Left alone it
// would hide megabytes, and a reader who stopped would be noticed late.
const sendBufferBytes = 128 << 10

type connKey struct{}

// WithConn is for http.Server.ConnContext: it lets Serve bound the buffer of
// the connection it takes over.
func WithConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

func boundSendBuffer(ctx context.Context) {
	if c, ok := ctx.Value(connKey{}).(*net.TCPConn); ok {
		_ = c.SetWriteBuffer(sendBufferBytes) // a connection that fails here is gone
	}
}

// Serve turns a request into a socket of one person in one room. The caller
// has made sure who it is (nobody is refused as a session that ended); whether
// they may enter is asked here.
func (s *Sockets) Serve(w http.ResponseWriter, r *http.Request, roomID string, who room.Person, sessionID string) {
	boundSendBuffer(r.Context())
	ctx := context.WithValue(r.Context(), visitKey{}, visit{roomID: roomID, who: who, sessionID: sessionID})
	w, r = laned(w, r.WithContext(ctx), &s.node.fan.flushes)
	s.upgrade.ServeHTTP(w, r)
}

// connecting decides whether a socket may be and what it receives.
func (s *Sockets) connecting(ctx context.Context, _ centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
	v, ok := ctx.Value(visitKey{}).(visit)
	if !ok {
		return centrifuge.ConnectReply{}, centrifuge.DisconnectBadRequest
	}
	if v.who.ID == "" {
		return centrifuge.ConnectReply{}, farewell(room.SessionEnded)
	}
	enterCtx, cancel := context.WithTimeout(ctx, enterTimeout)
	defer cancel()
	access, err := s.rooms.Enter(enterCtx, v.roomID, v.who)
	if err != nil {
		return centrifuge.ConnectReply{}, s.refuse(ctx, err)
	}
	subs := map[string]centrifuge.SubscribeOptions{}
	for _, topic := range access.Topics() {
		subs[channel(topic, v.roomID)] = centrifuge.SubscribeOptions{}
	}
	subs[personal(v.roomID, v.who.ID)] = centrifuge.SubscribeOptions{}
	return centrifuge.ConnectReply{
		Credentials:   &centrifuge.Credentials{UserID: v.who.ID},
		Subscriptions: subs,
		Labels:        map[string]string{labelRoom: v.roomID, labelSession: v.sessionID},
		// A probe's answer goes out at once, not behind the queue.
		ReplyWithoutQueue: true,
	}, nil
}

// refuse maps a problem to a disconnect: lasting ones end the page's attempts,
// passing ones let it try again.
func (s *Sockets) refuse(ctx context.Context, err error) error {
	switch problem.KindOf(err) {
	case problem.NotFound:
		return farewell(room.RoomGone)
	case problem.Unauthenticated:
		return farewell(room.SessionEnded)
	case problem.Forbidden:
		return farewell(room.Removed)
	case problem.Invalid, problem.Conflict, problem.TooLarge, problem.RateLimited, problem.Unavailable, problem.Internal:
	}
	if !errors.Is(err, context.Canceled) {
		s.log.ErrorContext(ctx, "a socket could not be opened", "error", err)
	}
	return centrifuge.DisconnectServerError
}

// connected runs when the client receives its channels already: a snapshot
// sent now misses nothing, what came meanwhile has a higher version.
func (s *Sockets) connected(c *centrifuge.Client) {
	v, _ := c.Context().Value(visitKey{}).(visit)
	c.OnRPC(func(e centrifuge.RPCEvent, reply centrifuge.RPCCallback) { s.rpc(c.ID(), v, e, reply) })
	c.OnAlive(func() { s.alive(c, v) })
	c.OnDisconnect(func(e centrifuge.DisconnectEvent) {
		s.note(c.Context(), v, e.Disconnect)
		s.left(c, v)
	})
	s.node.fan.add(v.roomID, &seat{client: c, lane: laneOf(c)})
	first := s.node.open.add(v.roomID, v.who.ID, c.ID())
	ctx, cancel := context.WithTimeout(c.Context(), enterTimeout)
	defer cancel()
	ctx, span := s.node.traces.Begin(ctx, "socket opened", nil)
	defer span.End(nil)
	if err := s.sendSnapshot(ctx, c, v); err != nil {
		if !errors.Is(err, context.Canceled) {
			s.log.ErrorContext(ctx, "no snapshot for a socket", "room", v.roomID, "error", err)
		}
		c.Disconnect(centrifuge.DisconnectServerError)
		return
	}
	if s.node.bus != nil && s.node.bus.away() {
		sendAlone(c, true)
	}
	if first {
		s.came(ctx, v)
	}
}

// came tells the room of a person's first socket on any replica. Where the
// others cannot be asked it is told once more rather than not.
func (s *Sockets) came(ctx context.Context, v visit) {
	if first, err := s.node.roll.Enter(ctx, v.roomID, v.who.ID); first || err != nil {
		s.presence(ctx, v, true)
	}
}

// sendSnapshot asks once more who it is: whoever was put out while the socket
// opened was told before it could hear.
func (s *Sockets) sendSnapshot(ctx context.Context, c *centrifuge.Client, v visit) error {
	who, err := s.rooms.Standing(ctx, v.who, v.sessionID)
	if err != nil {
		return err
	}
	snap, err := s.rooms.Snapshot(ctx, v.roomID, who)
	if err != nil {
		return err
	}
	data, err := json.Marshal(snap)
	if err != nil {
		return err
	}
	if s.node.bus != nil {
		s.node.heard.begin(v.roomID, snap)
	}
	return c.Send(data)
}

// alive looks every half minute whether the person may still be here: the net
// under everything that should have ended the socket at once.
func (s *Sockets) alive(c *centrifuge.Client, v visit) {
	endIfRefused(c, s.stands(c.Context(), v))
}

// stands asks whether a visit may go on, and why not.
func (s *Sockets) stands(ctx context.Context, v visit) error {
	ctx, cancel := context.WithTimeout(ctx, enterTimeout)
	defer cancel()
	who, err := s.rooms.Standing(ctx, v.who, v.sessionID)
	if err == nil {
		_, err = s.rooms.Enter(ctx, v.roomID, who)
	}
	return err
}

// refusal is what an error says about a visit; out is false when it may go on.
func refusal(err error) (why room.Farewell, out bool) {
	switch problem.KindOf(err) {
	case problem.NotFound:
		return room.RoomGone, true
	case problem.Unauthenticated:
		return room.SessionEnded, true
	case problem.Forbidden:
		return room.Removed, true
	case problem.Invalid, problem.Conflict, problem.TooLarge, problem.RateLimited, problem.Unavailable, problem.Internal:
		// The store is away: whoever is in stays in.
	}
	return "", false
}

// endIfRefused ends a socket for good when its person is not to be here.
func endIfRefused(c *centrifuge.Client, err error) {
	if why, out := refusal(err); out {
		c.Disconnect(farewell(why))
	}
}

// note names in the log whoever was cut because their end did not keep up: the
// queue was full, no pong came or a write took too long.
func (s *Sockets) note(ctx context.Context, v visit, why centrifuge.Disconnect) {
	switch why.Code {
	case centrifuge.DisconnectSlow.Code, centrifuge.DisconnectNoPong.Code, centrifuge.DisconnectWriteError.Code:
		s.log.InfoContext(ctx, "a socket was cut", "room", v.roomID, "person", v.who.ID, "reason", why.Reason)
	}
}

// left runs when a socket is gone.
func (s *Sockets) left(c *centrifuge.Client, v visit) {
	s.node.fan.remove(v.roomID, c.ID())
	lastHere := s.node.open.remove(v.roomID, v.who.ID, c.ID())
	if s.node.leaving.Load() {
		return // they will be back elsewhere
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), enterTimeout)
	defer cancel()
	s.rooms.Silent(ctx, v.roomID, c.ID())
	if !lastHere {
		return // another page of theirs is open
	}
	if last, err := s.node.roll.Leave(ctx, v.roomID, v.who.ID); last || err != nil {
		s.presence(ctx, v, false)
	}
}

// presence is told but not needed: the next snapshot has it right.
func (s *Sockets) presence(ctx context.Context, v visit, online bool) {
	err := s.rooms.Presence(ctx, v.roomID, v.who.ID, online)
	if err != nil && problem.KindOf(err) != problem.NotFound && !errors.Is(err, context.Canceled) {
		s.log.WarnContext(ctx, "presence was not told", "room", v.roomID, "error", err)
	}
}

// rpc runs on the socket's read loop: nothing in here may wait.
func (s *Sockets) rpc(socketID string, v visit, e centrifuge.RPCEvent, reply centrifuge.RPCCallback) {
	t2 := s.now() // first: when the probe was read
	switch e.Method {
	case "clock":
	case "word":
		reply(centrifuge.RPCReply{Data: []byte("{}")}, s.take(socketID, v, e.Data))
		return
	default:
		reply(centrifuge.RPCReply{}, centrifuge.ErrorMethodNotFound)
		return
	}
	data := append(make([]byte, 0, 64), `{"t2":`...)
	data = appendMS(data, t2)
	data = append(data, `,"t3":`...)
	data = append(appendMS(data, s.now()), '}') // last: just before it is answered
	reply(centrifuge.RPCReply{Data: data}, nil)
}

// appendMS writes an instant as milliseconds since the Unix epoch, to the
// microsecond.
func appendMS(dst []byte, t time.Time) []byte {
	us := t.UnixMicro()
	dst = strconv.AppendInt(dst, us/1000, 10)
	frac := us % 1000
	return append(dst, '.', byte('0'+frac/100), byte('0'+frac/10%10), byte('0'+frac%10))
}
