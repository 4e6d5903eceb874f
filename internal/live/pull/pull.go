// Package pull fetches live streams from other servers into the hub: each once,
// however many watch it, for as long as somebody does, and again with growing
// pauses when it breaks off. It knows addresses of RTMP and HTTP-FLV and the
// names of streams, no rooms.
package pull

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"synctv/internal/guard"
	"synctv/internal/live"
	"synctv/internal/live/flv"
	"synctv/internal/problem"
)

// ErrStream is an answer that is no live stream.
var ErrStream = problem.New(problem.Unavailable, "upstream_not_stream", "The other server sent no live stream.")

// Why a pull ends that nothing is wrong with.
var errUnwatched = errors.New("pull: nobody watches")

// Publisher is where streams go: a *live.Hub, or what joins several.
type Publisher interface {
	Publish(ctx context.Context, pass live.Pass) (*live.Publication, error)
}

// Limits of a puller. Zero fields take the defaults named here.
type Limits struct {
	Pulls int           // streams at once: 64
	Idle  time.Duration // a stream nobody watches is fetched no longer: 10 s
	Quiet time.Duration // a server that sends nothing for so long is asked anew: 15 s
	Wait  time.Duration // a stream that does not come back is given up: 2 min
	First time.Duration // the pause after the first failure is random below this, doubling: 1 s
	Most  time.Duration // no pause is longer: 15 s
}

func (l Limits) withDefaults() Limits {
	if l.Pulls <= 0 {
		l.Pulls = 64
	}
	for _, f := range []struct {
		v *time.Duration
		d time.Duration
	}{{&l.Idle, 10 * time.Second}, {&l.Quiet, 15 * time.Second}, {&l.Wait, 2 * time.Minute}, {&l.First, time.Second}, {&l.Most, 15 * time.Second}} {
		if *f.v <= 0 {
			*f.v = f.d
		}
	}
	return l
}

// Puller fetches. Its methods may be called from any goroutine.
type Puller struct {
	hub     *live.Hub // knows who watches
	to      Publisher
	client  *guard.Client
	limits  Limits
	log     *slog.Logger
	key     string // what it publishes by: another replica's pull of the same stream is refused
	backoff guard.Retry
	ctx     context.Context //nolint:containedctx // the puller's own life, which its pulls share
	end     context.CancelFunc
	work    sync.WaitGroup

	mu     sync.Mutex
	pulls  map[string]*pull // by stream; guarded by mu
	closed bool             // guarded by mu
}

// pull is one stream that is fetched.
type pull struct {
	stream, address string
	used            time.Time // when somebody watched last; owned by the pull's goroutine
	once            sync.Once
	known           chan struct{} // closed when the first try has ended
	err             error         // its failure; valid after known
}

func (p *pull) settle(err error) {
	p.once.Do(func() { p.err = err; close(p.known) })
}

// New makes a puller into a hub. Close must be called.
func New(hub *live.Hub, to Publisher, client *guard.Client, limits Limits, log *slog.Logger) *Puller {
	p := &Puller{hub: hub, to: to, client: client, limits: limits.withDefaults(), log: log, key: "pull-" + rand.Text(), pulls: map[string]*pull{}}
	p.backoff = guard.Retry{First: p.limits.First, Longest: p.limits.Most}
	p.ctx, p.end = context.WithCancel(context.Background())
	return p
}

// Close ends all pulls and waits for it.
func (p *Puller) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.end()
	p.work.Wait()
}

// Pulls tells whether a stream is being fetched here.
func (p *Puller) Pulls(stream string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pulls[stream] != nil
}

// Count is how many streams are being fetched.
func (p *Puller) Count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.pulls)
}

// Ensure makes a stream be fetched from an address. It returns when the first
// bytes are here, or with the reason why none came: a problem, live.ErrBusy when
// the stream has another publisher, or another error of live.
func (p *Puller) Ensure(ctx context.Context, stream, address string) error {
	at, err := p.begin(stream, address)
	if err != nil {
		return err
	}
	select {
	case <-at.known:
		return at.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin joins the pull of a stream, or starts it.
func (p *Puller) begin(stream, address string) (*pull, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, guard.ErrRefused.Because(errors.New("the address cannot be read"))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch at := p.pulls[stream]; {
	case at != nil:
		return at, nil
	case p.closed:
		return nil, live.ErrClosed
	case len(p.pulls) >= p.limits.Pulls:
		return nil, guard.ErrBusy
	}
	at := &pull{stream: stream, address: address, known: make(chan struct{}), used: time.Now()}
	p.pulls[stream] = at
	p.work.Go(func() {
		err := p.follow(at, u)
		p.mu.Lock()
		delete(p.pulls, stream)
		p.mu.Unlock()
		at.settle(err)
		p.log.Debug("a pull ended", "stream", stream, "reason", err)
	})
	return at, nil
}

// follow fetches a stream until nobody watches it, it does not come back, or
// it is cut. The very first failure ends it: whoever asked is told why.
func (p *Puller) follow(at *pull, u *url.URL) error {
	pub, err := p.to.Publish(p.ctx, live.Pass{Stream: at.stream, Key: p.key})
	if err != nil {
		return err
	}
	defer pub.Close(true)
	pub.Pause(true)
	seen := time.Now()
	for failures := 1; ; failures++ {
		got, err := p.fetch(pub, at, u)
		if got {
			failures, seen = 1, time.Now()
		}
		select {
		case <-at.known:
		default:
			return err
		}
		if cause := context.Cause(pub.Context()); cause != nil {
			return cause
		}
		p.watched(at)
		if errors.Is(err, errUnwatched) || errors.Is(err, guard.ErrRefused) || time.Since(seen) > p.limits.Wait {
			return err
		}
		pub.Pause(true)
		p.log.Debug("a pull broke off", "stream", at.stream, "reason", err)
		if guard.Wait(pub.Context(), p.backoff.Pause(failures)) != nil {
			return context.Cause(pub.Context())
		}
		if !p.watched(at) {
			return errUnwatched
		}
	}
}

// watched tells whether somebody watches, or did a moment ago.
func (p *Puller) watched(at *pull) bool {
	if p.hub.Viewers(at.stream) > 0 {
		at.used = time.Now()
	}
	return time.Since(at.used) <= p.limits.Idle
}

// source is an open stream. Next's payload is valid until it is called again.
type source interface {
	Next() (flv.Tag, error)
	Close() error
}

// fetch appends what the other server sends until it sends no more; got tells
// that there was anything.
func (p *Puller) fetch(pub *live.Publication, at *pull, u *url.URL) (got bool, err error) {
	ctx, cancel := context.WithCancelCause(pub.Context())
	defer cancel(nil)
	quiet := time.AfterFunc(p.limits.Quiet, func() { cancel(guard.ErrTimeout) })
	defer quiet.Stop()
	src, err := p.open(ctx, u)
	if err != nil {
		return false, inWords(ctx, err)
	}
	defer func() { _ = src.Close() }() // only read
	pub.Anew()
	for {
		tag, err := src.Next()
		if err != nil {
			return got, inWords(ctx, err)
		}
		quiet.Reset(p.limits.Quiet)
		if err := pub.Append(tag.Type, tag.DTS, tag.Payload); err != nil {
			return got, err
		}
		if !got {
			got = true
			pub.Pause(false)
			at.settle(nil)
		}
		if !p.watched(at) {
			return got, errUnwatched
		}
	}
}

func (p *Puller) open(ctx context.Context, u *url.URL) (source, error) {
	switch u.Scheme {
	case "rtmp", "rtmps":
		return openRTMP(ctx, p.client, u)
	}
	return openHTTP(ctx, p.client, u)
}

// inWords makes a problem of whatever ended a source.
func inWords(ctx context.Context, err error) error {
	var known *problem.Problem
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, guard.ErrTimeout):
		return guard.ErrTimeout.Because(err)
	case cause != nil:
		return cause
	case errors.As(err, &known):
		return err
	case isTimeout(err):
		return guard.ErrTimeout.Because(err)
	}
	return guard.ErrFailed.Because(err)
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
