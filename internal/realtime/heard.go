package realtime

import (
	"context"
	"encoding/json"
	"strings"
	"sync"

	"github.com/centrifugal/centrifuge"

	"synctv/internal/mark"
	"synctv/internal/room"
	"synctv/internal/telemetry"
)

// heard is what this replica's sockets were told of each open room. Safe for
// use from many goroutines.
type heard struct {
	mu    sync.Mutex
	rooms map[string]*mark.Heard // guarded by mu
}

func newHeard() *heard { return &heard{rooms: map[string]*mark.Heard{}} }

// begin starts to follow a room with the snapshot its first socket got.
func (h *heard) begin(roomID string, s room.Snapshot) {
	at := mark.Marks{Room: s.Room.Version, Epoch: s.Playback.Epoch, Playback: s.Playback.Version, Playlist: s.Playlist.Version}
	if n := len(s.Chat); n > 0 {
		at.Chat = s.Chat[n-1].Seq
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rooms[roomID] == nil {
		h.rooms[roomID] = mark.Begin(at)
	}
}

// keep forgets all rooms but these.
func (h *heard) keep(open map[string]bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id := range h.rooms {
		if !open[id] {
			delete(h.rooms, id)
		}
	}
}

// look says in which rooms something was missed.
func (h *heard) look(now map[string]mark.Marks) (missed []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, m := range now {
		f := h.rooms[id]
		if f == nil {
			h.rooms[id] = mark.Begin(m)
		} else if f.Look(m) {
			missed = append(missed, id)
		}
	}
	return missed
}

// tap passes events on and notes how far they came.
type tap struct {
	centrifuge.BrokerEventHandler
	heard   *heard
	traces  *telemetry.Traces
	sockets func(channel string) int // of this replica
}

// HandlePublication implements centrifuge.BrokerEventHandler.
func (t tap) HandlePublication(ch string, pub *centrifuge.Publication, at centrifuge.StreamPosition, delta bool, prev *centrifuge.Publication) error {
	t.heard.note(ch, pub.Data)
	if pub.Tags != nil {
		_, span := t.traces.Begin(context.Background(), "deliver", pub.Tags)
		if span.Recorded() {
			span.SetInt("sockets", t.sockets(ch))
		}
		defer span.End(nil)
		pub.Tags = nil // ours, not the pages'
	}
	return t.BrokerEventHandler.HandlePublication(ch, pub, at, delta, prev)
}

// note reads of an event only the numbers it carries.
func (h *heard) note(channel string, data []byte) {
	var e struct {
		Type     room.EventType
		Version  int64
		Playback struct{ Epoch, Version int64 }
		Room     struct{ Version int64 }
		Message  struct{ Seq int64 }
	}
	_, roomID, _ := strings.Cut(channel, ":")
	roomID, _, _ = strings.Cut(roomID, ":") // personal channels name a person, too
	if json.Unmarshal(data, &e) != nil {
		return
	}
	said := mark.Event{Room: e.Room.Version, Epoch: e.Playback.Epoch, Playback: e.Playback.Version}
	switch e.Type {
	case room.EventPlaylist:
		said.Playlist = e.Version
	case room.EventChat:
		said.Chat = e.Message.Seq
	case room.EventMember, room.EventMemberGone, room.EventMe:
		said.Members = true
	case room.EventSnapshot, room.EventPlayback, room.EventLive, room.EventRoom, room.EventChatChanged, room.EventDanmaku, room.EventDanmakuGone:
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if f := h.rooms[roomID]; f != nil {
		f.Note(said)
	}
}
