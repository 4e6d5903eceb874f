package realtime

import (
	"context"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/centrifugal/centrifuge"

	"synctv/internal/cluster/local"
	"synctv/internal/room"
	"synctv/internal/screen"
)

// An event costs the same to say however many hear it: it is encoded once.
func TestAnnouncingAllocatesLittle(t *testing.T) {
	n, err := NewNode(Options{Log: slog.New(slog.DiscardHandler), Roll: local.NewRoll()})
	if err != nil {
		t.Fatal(err)
	}
	NewSockets(n, &book{}, time.Now)
	if err := n.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = n.Stop(context.Background()) }()
	e := room.Event{Type: room.EventPlayback, Playback: &screen.Playback{ItemID: "item", Rate: 1, Version: 7}}
	if a := testing.AllocsPerRun(200, func() { n.Announce(t.Context(), "room", e) }); a > 12 {
		t.Errorf("%v allocations an event", a)
	} else {
		t.Logf("%v allocations an event", a)
	}
}

// A probe's answer is the one thing a probe allocates.
func TestProbesAllocateOnce(t *testing.T) {
	s := &Sockets{now: time.Now}
	var got int
	e := centrifuge.RPCEvent{Method: "clock"}
	answer := func(r centrifuge.RPCReply, _ error) { got = len(r.Data) }
	if a := testing.AllocsPerRun(200, func() { s.rpc("socket", visit{}, e, answer) }); a > 1 || got == 0 {
		t.Errorf("%v allocations a probe, %d bytes", a, got)
	}
}

// Asking who is in a room allocates nothing; coming and going only what is kept.
func TestSessionMapAllocatesLittle(t *testing.T) {
	s := newSessions()
	for i := range 4 {
		s.add("room", strconv.Itoa(i), "first")
	}
	if a := testing.AllocsPerRun(200, func() { s.has("room", "2") }); a != 0 {
		t.Errorf("%v allocations to ask", a)
	}
	if a := testing.AllocsPerRun(200, func() { s.add("room", "new", "s"); s.remove("room", "new", "s") }); a > 3 {
		t.Errorf("%v allocations to come and go", a)
	}
}
