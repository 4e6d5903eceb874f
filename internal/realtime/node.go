// Package realtime carries events to every open socket of a room. It knows the
// room's events and who may receive them, and the library that does the work;
// it decides nothing and stores nothing.
package realtime

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"

	"github.com/centrifugal/centrifuge"
	"github.com/prometheus/client_golang/prometheus"

	"synctv/internal/cluster"
	"synctv/internal/room"
	"synctv/internal/telemetry"
)

// Bounds of one socket. A client that does not read is cut when this much
// waits for it, or when it misses a pong.
const (
	clientQueueBytes  = 256 << 10
	messageLimitBytes = 16 << 10 // from the client: probes and telemetry only
)

// Node is this process's part of the event system. It implements
// room.Announcer. Run owns its goroutines.
type Node struct {
	node    *centrifuge.Node
	metrics *prometheus.Registry
	drift   prometheus.Histogram
	open    *sessions
	fan     *fan
	heard   *heard
	roll    cluster.Roll
	bus     *bus // nil: alone
	held    held
	log     *slog.Logger
	traces  *telemetry.Traces
	leaving atomic.Bool           // the replica is being stopped
	hear    func(op, what string) // what Broadcast says; nil: nobody listens
}

// Options of a node.
type Options struct {
	Log    *slog.Logger
	Roll   cluster.Roll // who is in which room, on any replica
	Shared *Shared      // nil: no other replicas
	Traces *telemetry.Traces
}

// NewNode makes a node that is not running yet.
func NewNode(o Options) (*Node, error) {
	// Its own registry: several nodes live in one process in tests.
	metrics := prometheus.NewRegistry()
	node, err := centrifuge.New(centrifuge.Config{
		LogLevel:           centrifuge.LogLevelInfo,
		LogHandler:         logTo(o.Log),
		ClientQueueMaxSize: clientQueueBytes,
		ClientChannelLimit: 8,
		Metrics:            centrifuge.MetricsConfig{MetricsNamespace: "synctv_realtime", RegistererGatherer: metrics},
	})
	if err != nil {
		return nil, fmt.Errorf("make the realtime node: %w", err)
	}
	drift := newDriftHistogram()
	metrics.MustRegister(drift)
	n := &Node{node: node, metrics: metrics, drift: drift, open: newSessions(), fan: newFan(), held: held{open: map[*response]struct{}{}}, heard: newHeard(), roll: o.Roll, log: o.Log, traces: o.Traces}
	node.OnNotification(n.notified)
	if o.Shared == nil {
		memory, err := centrifuge.NewMemoryBroker(node, centrifuge.MemoryBrokerConfig{})
		if err != nil {
			return nil, fmt.Errorf("make the broker: %w", err)
		}
		node.SetBroker(single{memory, n.fan})
		return n, nil
	}
	if n.bus, err = newBus(node, o.Shared, tap{heard: n.heard, traces: o.Traces, sockets: node.Hub().NumSubscribers}, n.fan); err != nil {
		return nil, err
	}
	node.SetBroker(n.bus)
	return n, nil
}

// Start begins to take sockets and events. Stop must follow.
func (n *Node) Start() error { return n.node.Run() }

// Stop tells every socket to reconnect elsewhere and waits for them until ctx
// ends. They are not told offline meanwhile: most will be on another replica
// in a moment, and the roll forgets the others by itself.
func (n *Node) Stop(ctx context.Context) error {
	n.leaving.Store(true)
	err := n.node.Shutdown(ctx)
	n.fan.flushes.Wait() // their sockets are closed
	return err
}

// Metrics of the sockets, for a scrape.
func (n *Node) Metrics() prometheus.Gatherer { return n.metrics }

// Rooms counts those with an open socket here.
func (n *Node) Rooms() int { return n.open.rooms.Size() }

// Sockets counts the open ones.
func (n *Node) Sockets() int { return n.node.Hub().NumClients() }

func channel(t room.Topic, roomID string) string { return string(t) + ":" + roomID }

// Broadcast says something to every replica, this one too, outside any room. It
// is not repeated: whoever needs to be sure looks at the store.
func (n *Node) Broadcast(ctx context.Context, op, what string) {
	if err := n.node.Notify(op, []byte(what), ""); err != nil {
		n.log.ErrorContext(ctx, "a broadcast was not sent", "op", op, "error", err)
	}
}

// OnBroadcast is called once, before Start, with what hears broadcasts. It must
// not block.
func (n *Node) OnBroadcast(hear func(op, what string)) {
	n.hear = hear
}

// Announce implements room.Announcer. The event is encoded once.
func (n *Node) Announce(ctx context.Context, roomID string, e room.Event) {
	err := n.publish(ctx, channel(e.Topic(), roomID), e)
	if err != nil {
		n.log.ErrorContext(ctx, "an event was not published", "room", roomID, "event", e.Type, "error", err)
	}
}

// publish encodes an event and says it. To other replicas the trace goes along;
// where they take it (tap) it is taken off again, before any page sees it.
func (n *Node) publish(ctx context.Context, ch string, e room.Event) (err error) {
	ctx, span := telemetry.Start(ctx, "publish")
	defer func() { span.End(err) }()
	span.Set("event", string(e.Type))
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if n.bus != nil && span.Recorded() {
		_, err = n.node.Publish(ch, data, centrifuge.WithTags(telemetry.Carry(ctx)))
	} else {
		_, err = n.node.Publish(ch, data)
	}
	return err
}

// Online implements room.Announcer. While other replicas cannot be asked it
// knows of this one's sockets only.
func (n *Node) Online(ctx context.Context, roomID string) map[string]bool {
	here := n.open.online(roomID)
	names, err := n.roll.Names(ctx, roomID)
	if err != nil {
		return here
	}
	for _, name := range names {
		here[name] = true
	}
	return here
}

// Tell implements room.Announcer.
func (n *Node) Tell(ctx context.Context, roomID, personID string, e room.Event) {
	err := n.publish(ctx, personal(roomID, personID), e)
	if err != nil {
		n.log.ErrorContext(ctx, "a person was not told", "room", roomID, "event", e.Type, "error", err)
	}
}

// personal is the channel of one person's pages in one room.
func personal(roomID, personID string) string { return "me:" + roomID + ":" + personID }

// Retune implements room.Announcer.
func (n *Node) Retune(ctx context.Context, roomID, personID string, topics []room.Topic) {
	only := &centrifuge.FilterNode{Key: labelRoom, Cmp: "eq", Val: roomID}
	for _, t := range []room.Topic{room.TopicPlaylist, room.TopicChat, room.TopicMembers} { // everyone has TopicRoom
		var err error
		if slices.Contains(topics, t) {
			err = n.node.Subscribe(personID, channel(t, roomID), centrifuge.WithSubscribeLabelFilter(only))
		} else {
			err = n.node.Unsubscribe(personID, channel(t, roomID), centrifuge.WithUnsubscribeLabelFilter(only))
		}
		if err != nil {
			n.log.ErrorContext(ctx, "a person's topics were not changed", "room", roomID, "topic", t, "error", err)
		}
	}
}

// Empty implements room.Announcer. It ends running responses too, as all that
// end sockets do.
func (n *Node) Empty(ctx context.Context, roomID string, why room.Farewell) {
	n.cut(ctx, whom{Room: roomID})
	only := &centrifuge.FilterNode{Key: labelRoom, Cmp: "eq", Val: roomID}
	err := n.node.Disconnect("", centrifuge.WithDisconnectAllUsers(true), centrifuge.WithCustomDisconnect(farewell(why)), centrifuge.WithDisconnectLabelFilter(only))
	if err != nil {
		n.log.ErrorContext(ctx, "a room was not emptied", "room", roomID, "why", why, "error", err)
	}
}

// EndPerson ends every socket of one person, wherever they are.
func (n *Node) EndPerson(ctx context.Context, personID string, why room.Farewell) {
	n.cut(ctx, whom{Person: personID})
	if err := n.node.Disconnect(personID, centrifuge.WithCustomDisconnect(farewell(why))); err != nil {
		n.log.ErrorContext(ctx, "a person's sockets were not ended", "why", why, "error", err)
	}
}

// Renew makes every socket of one person connect again, so that it has the
// rights which hold now; players ask anew too.
func (n *Node) Renew(ctx context.Context, personID string) {
	n.cut(ctx, whom{Person: personID})
	if err := n.node.Disconnect(personID, centrifuge.WithCustomDisconnect(centrifuge.DisconnectForceReconnect)); err != nil {
		n.log.ErrorContext(ctx, "a person's sockets were not renewed", "error", err)
	}
}

// Disconnect implements room.Announcer.
func (n *Node) Disconnect(ctx context.Context, roomID, personID string, why room.Farewell) {
	n.cut(ctx, whom{Room: roomID, Person: personID})
	n.end(ctx, personID, labelRoom, roomID, why)
}

// EndSession ends every socket of one person that was opened with one sign-in
// session.
func (n *Node) EndSession(ctx context.Context, personID, sessionID string) {
	n.cut(ctx, whom{Person: personID, Session: sessionID})
	n.end(ctx, personID, labelSession, sessionID, room.SessionEnded)
}

func (n *Node) end(ctx context.Context, personID, label, value string, why room.Farewell) {
	only := &centrifuge.FilterNode{Key: label, Cmp: "eq", Val: value}
	err := n.node.Disconnect(personID, centrifuge.WithCustomDisconnect(farewell(why)), centrifuge.WithDisconnectLabelFilter(only))
	if err != nil {
		n.log.ErrorContext(ctx, "sockets were not ended", label, value, "why", why, "error", err)
	}
}

// The labels of a socket, by which it is found again on any replica.
const (
	labelRoom    = "room"
	labelSession = "session"
)

// farewell gives the code of a reason. 4500 to 4999 tell the client library
// that connecting again is of no use.
func farewell(why room.Farewell) centrifuge.Disconnect {
	code := uint32(4503)
	switch why {
	case room.SessionEnded:
		code = 4501
	case room.Removed:
	case room.RoomGone:
		code = 4504
	}
	return centrifuge.Disconnect{Code: code, Reason: string(why)}
}

func logTo(log *slog.Logger) centrifuge.LogHandler {
	levels := map[centrifuge.LogLevel]slog.Level{
		centrifuge.LogLevelWarn: slog.LevelWarn, centrifuge.LogLevelError: slog.LevelError,
		// Its info lines are about single clients: detail, to us.
		centrifuge.LogLevelInfo: slog.LevelDebug, centrifuge.LogLevelDebug: slog.LevelDebug, centrifuge.LogLevelTrace: slog.LevelDebug,
	}
	return func(e centrifuge.LogEntry) {
		level, ok := levels[e.Level]
		if !ok {
			return
		}
		attrs := make([]any, 0, 2+2*len(e.Fields))
		attrs = append(attrs, "event", e.Message)
		for k, v := range e.Fields {
			attrs = append(attrs, k, v)
		}
		log.Log(context.Background(), level, "centrifuge", attrs...)
	}
}
