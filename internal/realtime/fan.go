package realtime

import (
	"runtime"
	"strings"
	"sync"

	"github.com/centrifugal/centrifuge"
	"github.com/puzpuzpuz/xsync/v4"

	"synctv/internal/room"
)

// fan brings the events of rooms to the sockets of this replica: each event is
// made a frame once, and the same bytes go to everybody. The library decides
// who has subscribed to what, and carries everything else.
type fan struct {
	rooms   *xsync.Map[string, []*seat] // room → its sockets; a slice is never changed
	flushes sync.WaitGroup              // goroutines that empty lanes
}

// seat is one socket in a room.
type seat struct {
	client *centrifuge.Client
	lane   *lane // nil: everything goes through the library
}

func newFan() *fan { return &fan{rooms: xsync.NewMap[string, []*seat]()} }

func (f *fan) add(roomID string, s *seat) {
	f.rooms.Compute(roomID, func(old []*seat, _ bool) ([]*seat, xsync.ComputeOp) {
		return append(old[:len(old):len(old)], s), xsync.UpdateOp
	})
}

func (f *fan) remove(roomID, socketID string) {
	f.rooms.Compute(roomID, func(old []*seat, _ bool) ([]*seat, xsync.ComputeOp) {
		rest := make([]*seat, 0, len(old))
		for _, s := range old {
			if s.client.ID() != socketID {
				rest = append(rest, s)
			}
		}
		if len(rest) == 0 {
			return nil, xsync.DeleteOp
		}
		return rest, xsync.UpdateOp
	})
}

// seatsPerCore is from which number of sockets it pays to send from another
// core, too: a send takes some 8 µs, a goroutine 1.
const seatsPerCore = 64

// deliver sends an event to all who have subscribed to its channel. It is false
// for channels that are the library's business. It does not wait for anybody.
func (f *fan) deliver(ch string, data []byte) bool {
	topic, roomID, _ := strings.Cut(ch, ":")
	switch room.Topic(topic) {
	case room.TopicRoom, room.TopicPlaylist, room.TopicChat, room.TopicMembers:
	default:
		return false
	}
	seats, _ := f.rooms.Load(roomID)
	if len(seats) == 0 {
		return true
	}
	frame := appendFrame(nil, pushOf(ch, data))
	share := max(seatsPerCore, (len(seats)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	var others sync.WaitGroup
	for len(seats) > share {
		part := seats[:share]
		seats = seats[share:]
		others.Go(func() { sendAll(part, ch, frame, data) })
	}
	sendAll(seats, ch, frame, data)
	others.Wait()
	return true
}

func sendAll(seats []*seat, ch string, frame, data []byte) {
	for _, s := range seats {
		switch {
		case !s.client.IsSubscribed(ch):
		case s.lane != nil:
			s.lane.offer(frame)
		default:
			_ = s.client.Send(data) // it fails when the socket ends
		}
	}
}

// pushOf is a publication in the library's protocol, in JSON. Names of channels
// need no quoting, and data is JSON.
func pushOf(ch string, data []byte) []byte {
	const before, between, after = `{"push":{"channel":"`, `","pub":{"data":`, `}}}`
	text := make([]byte, 0, len(before)+len(ch)+len(between)+len(data)+len(after))
	text = append(append(text, before...), ch...)
	text = append(append(text, between...), data...)
	return append(text, after...)
}

// fanned is a broker's handler whose events of rooms go through the fan.
type fanned struct {
	centrifuge.BrokerEventHandler
	fan *fan
}

// HandlePublication implements centrifuge.BrokerEventHandler.
func (f fanned) HandlePublication(ch string, pub *centrifuge.Publication, at centrifuge.StreamPosition, delta bool, prev *centrifuge.Publication) error {
	if f.fan.deliver(ch, pub.Data) {
		return nil
	}
	return f.BrokerEventHandler.HandlePublication(ch, pub, at, delta, prev)
}

// single is the library's broker for one process.
type single struct {
	*centrifuge.MemoryBroker
	fan *fan
}

// RegisterBrokerEventHandler is called once, before anything else.
func (b single) RegisterBrokerEventHandler(h centrifuge.BrokerEventHandler) error {
	return b.MemoryBroker.RegisterBrokerEventHandler(fanned{h, b.fan})
}
