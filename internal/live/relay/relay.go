// Package relay joins the hubs of several replicas. One of them has a stream's
// publisher; any other that is asked for the stream pulls it from there, once,
// into a log of its own, and serves it like a local one. It knows streams and
// who owns them (a port), no rooms and no Redis.
package relay

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"synctv/internal/live"
	"synctv/internal/telemetry"
)

// Source is where a stream can be had.
type Source struct {
	Here  bool   // this replica's own publisher
	URL   string // of the owner's internal listener
	Token string // what it wants to be shown
}

// Registry says who publishes what among all replicas. Calls may block on I/O.
type Registry interface {
	// Claim makes this replica the owner of a stream: live.ErrBusy when another
	// key publishes it. lost is closed when somebody took it over; release must
	// be called.
	Claim(ctx context.Context, p live.Pass) (lost <-chan struct{}, release func(), err error)
	// Find says who has it; ok is false when nobody has.
	Find(ctx context.Context, stream string) (s Source, ok bool, err error)
}

// Limits of a relay. Zero fields take the defaults named here.
type Limits struct {
	Idle  time.Duration // a stream nobody watches is no longer pulled: 10 s
	Quiet time.Duration // an owner who sends nothing for so long is asked for anew: 3 s
	Wait  time.Duration // viewers of a stream without an owner wait: 30 s
	Again time.Duration // between two looks for an owner: 250 ms
}

func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		v *time.Duration
		d time.Duration
	}{{&l.Idle, 10 * time.Second}, {&l.Quiet, 3 * time.Second}, {&l.Wait, 30 * time.Second}, {&l.Again, 250 * time.Millisecond}} {
		if *f.v <= 0 {
			*f.v = f.d
		}
	}
	return l
}

// Relay pulls streams. Its methods may be called from any goroutine.
type Relay struct {
	// Self is where others can ask this replica who watches what it pulls; empty:
	// nowhere. It is set before anything is served.
	Self Source

	hub      *live.Hub
	registry Registry
	limits   Limits
	log      *slog.Logger
	traces   *telemetry.Traces
	client   *http.Client
	ctx      context.Context //nolint:containedctx // the relay's own life, which its pulls share
	end      context.CancelFunc
	work     sync.WaitGroup
	files    files
	pullers  pullers

	mu     sync.Mutex
	pulls  map[string]bool // streams that are being pulled; guarded by mu
	closed bool            // guarded by mu
}

// What connecting to another replica may take.
const (
	dialTimeout   = 2 * time.Second
	headerTimeout = 12 * time.Second // playlists may be asked to wait for the next part
)

// New makes a relay into a hub. Close must be called.
func New(hub *live.Hub, registry Registry, limits Limits, log *slog.Logger, traces *telemetry.Traces) *Relay {
	r := &Relay{hub: hub, registry: registry, limits: limits.withDefaults(), log: log, traces: traces, pulls: map[string]bool{}}
	r.client = &http.Client{Transport: &http.Transport{
		DialContext: (&net.Dialer{Timeout: dialTimeout}).DialContext, ResponseHeaderTimeout: headerTimeout,
		MaxIdleConnsPerHost: 32, IdleConnTimeout: time.Minute, DisableCompression: true,
	}}
	r.ctx, r.end = context.WithCancel(context.Background())
	return r
}

// Close ends all pulls and gives all claims up, and waits for it.
func (r *Relay) Close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.end()
	r.work.Wait()
	r.client.CloseIdleConnections()
}

// begin runs something that Close waits for.
func (r *Relay) begin(work func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.work.Go(work)
	return true
}

// Publish is live.Hub.Publish for all replicas together: whoever publishes here
// is the stream's only publisher, or is told that somebody else is.
func (r *Relay) Publish(ctx context.Context, pass live.Pass) (*live.Publication, error) {
	lost, release, err := r.registry.Claim(ctx, pass)
	if err != nil {
		return nil, err
	}
	pub, err := r.hub.Publish(ctx, pass)
	if err != nil {
		release()
		return nil, err
	}
	if !r.begin(func() { r.guard(pub, lost, release) }) {
		pub.Close(true)
		release()
		return nil, live.ErrClosed
	}
	return pub, nil
}

// guard holds the claim for as long as the publication lasts. Viewers whose
// publisher went elsewhere, or was lost, are served from wherever it comes back.
func (r *Relay) guard(pub *live.Publication, lost <-chan struct{}, release func()) {
	defer release()
	select {
	case <-lost:
		pub.Yield()
	case <-pub.Context().Done():
	case <-r.ctx.Done():
		return
	}
	stream := pub.Pass().Stream
	if r.hub.Viewers(stream) > 0 {
		r.pull(stream)
	}
}

// Ensure makes a stream that another replica has be here: it returns at once,
// or live.ErrOffline when nobody publishes it.
func (r *Relay) Ensure(ctx context.Context, stream string) error {
	if r.hub.Has(stream) {
		return nil
	}
	src, ok, err := r.registry.Find(ctx, stream)
	if err != nil || !ok || src.Here {
		return errors.Join(live.ErrOffline, err)
	}
	r.pull(stream)
	return nil
}

// pull begins to pull a stream unless it is being pulled.
func (r *Relay) pull(stream string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.pulls[stream] {
		return
	}
	pub, err := r.hub.Publish(r.ctx, live.Pass{Stream: stream, Relay: true})
	if err != nil {
		return // a publisher is here
	}
	r.pulls[stream] = true
	r.work.Go(func() {
		r.follow(pub, stream)
		r.mu.Lock()
		delete(r.pulls, stream)
		r.mu.Unlock()
	})
}
