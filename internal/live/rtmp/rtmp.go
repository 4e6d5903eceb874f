// Package rtmp takes live streams from encoders. It knows the RTMP protocol's
// server side as OBS, FMLE and ffmpeg speak it, and hands what they send to a
// live.Hub; whether an encoder may publish is asked of a Door. It does not know
// rooms or keys, never writes an encoder's URL to a log, and relays codec
// payloads without looking into them.
//
// The ladder: handshake → chunk → messages (intake) → commands (session).
package rtmp

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"time"

	"synctv/internal/live"
)

// Door decides who may publish. It is asked once per publish, from the
// connection's goroutine, and may block as long as its context lives. It
// returns an error that wraps live.ErrUnauthorized to refuse; any other error
// is a failure of ours.
type Door interface {
	Admit(ctx context.Context, req Request) (live.Pass, error)
}

// Request is what an encoder asked for. App is the application path without a
// query ("live/room"), Name the stream name without one; Query holds the
// parameters of both. Name and Query may hold the key: they are never logged.
type Request struct {
	App    string
	Name   string
	Query  url.Values
	Remote netip.AddrPort
}

// Publisher is where admitted streams go; a *live.Hub.
type Publisher interface {
	Publish(ctx context.Context, pass live.Pass) (*live.Publication, error)
}

// Gallery finds streams that are played over RTMP. It decides whether the
// request may, and returns a viewer that the session will leave. live.ErrOffline
// says that nobody publishes; any other error is told as the same.
type Gallery interface {
	Open(ctx context.Context, req Request) (*live.Viewer, error)
}

// Limits bound a server. Zero fields take the defaults named here.
type Limits struct {
	Conns     int           // open connections: 256; more are closed at once
	PerHost   int           // connections of one address that do not publish yet: 16
	Players   int           // that play, from one address: 8; all together Conns/2
	Handshake time.Duration // until the handshake is done: 5 s
	Publish   time.Duration // from then until publish was admitted: 10 s
	Idle      time.Duration // a publisher that sends nothing: 15 s
	Write     time.Duration // for each of our small answers: 5 s
	Message   int           // largest audio or video message, bytes: 8 MiB
}

// Sizes nobody needs to change.
const (
	maxCommand  = 64 << 10 // bytes of a command or data message
	maxWaiting  = 64       // messages finished while another is assembled in place
	chunkSize   = 4096     // of what we send
	ackWindow   = 2500000  // bytes between acknowledgements, both ways
	lingerTime  = time.Second
	lingerBytes = 256 << 10
)

func (l Limits) withDefaults() Limits {
	fill(&l.Conns, 256)
	fill(&l.PerHost, 16)
	fill(&l.Players, 8)
	fill(&l.Handshake, 5*time.Second)
	fill(&l.Publish, 10*time.Second)
	fill(&l.Idle, 15*time.Second)
	fill(&l.Write, 5*time.Second)
	fill(&l.Message, 8<<20)
	return l
}

func fill[T int | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// Errors a session ends with.
var (
	errProtocol = errors.New("rtmp: protocol error")
	errTooLarge = errors.New("rtmp: message too large")
	errGoodbye  = errors.New("rtmp: the encoder ended the stream")
	errRefused  = errors.New("rtmp: publish refused")
	errPlay     = errors.New("rtmp: play is not offered")
)
