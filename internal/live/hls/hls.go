// Package hls serves live streams as HLS and low-latency HLS (fMP4). It is one
// more viewer of each stream it serves: it takes the relay's FLV tags apart,
// gives their codec payloads to a muxer, and answers requests for playlists,
// parts and segments. It knows FLV, codec headers and HLS; it does not know
// who may watch, nor how the bytes came. A stream is muxed from the first
// request until nobody has asked for a while; several generations follow each
// other when the codecs change.
package hls

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"synctv/internal/live"
)

// Limits bound a server. Zero fields take the defaults named here.
type Limits struct {
	Idle    time.Duration // a stream nobody asks for is no longer muxed: 30 s
	Start   time.Duration // how long the first request waits: 10 s
	Stall   time.Duration // a stream without frames ends its playlist: 10 s
	Blocked int           // playlist requests that wait at once, per stream: 2048
	Part    time.Duration // of a part: 200 ms
	Segment time.Duration // least length of a segment: 1 s
	Bytes   uint64        // most bytes of a segment: 32 MiB
}

func (l Limits) withDefaults() Limits {
	fill(&l.Idle, 30*time.Second)
	fill(&l.Start, 10*time.Second)
	fill(&l.Stall, 10*time.Second)
	fill(&l.Blocked, 2048)
	fill(&l.Part, 200*time.Millisecond)
	fill(&l.Segment, time.Second)
	fill(&l.Bytes, 32<<20)
	return l
}

func fill[T int | uint64 | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// Errors of Serve. ErrBusy is temporary; ErrCodec means that no HLS exists for
// what is published. Besides, live.ErrOffline, live.ErrClosed and
// live.ErrMemory, when there is none left for segments.
var (
	ErrBusy     = errors.New("hls: too many requests wait for this stream")
	ErrCodec    = errors.New("hls: no track of this stream can be muxed")
	ErrNotFound = errors.New("hls: no such file")
)

// Watcher is where streams come from: a *live.Hub.
type Watcher interface {
	Watch(stream string) (*live.Viewer, error)
}

// Server serves all streams of a hub. Its methods may be called from any
// goroutine.
type Server struct {
	hub    Watcher
	limits Limits
	log    *slog.Logger
	ctx    context.Context //nolint:containedctx // the server's own life, which its muxers share
	end    context.CancelFunc
	muxing sync.WaitGroup

	mu      sync.Mutex // guards what follows
	streams map[string]*feed
	closed  bool
}

// New makes a server. Close must be called.
func New(hub Watcher, limits Limits, log *slog.Logger) *Server {
	s := &Server{hub: hub, limits: limits.withDefaults(), log: log, streams: make(map[string]*feed)}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s
}

// Close ends all muxing and waits for it; requests that wait are answered.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.muxing.Wait()
}

// Serve answers a request for one file of a stream: "index.m3u8", or what its
// playlists name. An error means that nothing was written. Playlists are never
// cached; everything else never changes.
func (s *Server) Serve(w http.ResponseWriter, r *http.Request, stream, file string) error {
	f, err := s.feed(stream)
	if err != nil {
		return err
	}
	g, err := f.current(r.Context(), s.limits.Start)
	if err != nil {
		return err
	}
	if playlist := strings.HasSuffix(file, ".m3u8"); playlist {
		if f.waiting.Add(1) > int64(s.limits.Blocked) {
			f.waiting.Add(-1)
			return ErrBusy
		}
		defer f.waiting.Add(-1)
	}
	r = r.Clone(r.Context())
	r.URL.Path = "/" + file
	out := &response{ResponseWriter: w, playlist: strings.HasSuffix(file, ".m3u8")}
	g.muxer.Handle(out, r)
	return out.outcome()
}

// feed is the muxing of a stream; it begins if it has not.
func (s *Server) feed(stream string) (*feed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.streams[stream]; f != nil {
		f.used.Store(time.Now().UnixNano())
		return f, nil
	}
	if s.closed {
		return nil, live.ErrClosed
	}
	v, err := s.hub.Watch(stream)
	if err != nil {
		return nil, err
	}
	v.Early()
	f := newFeed(v, s.limits, s.log.With("stream", stream))
	f.used.Store(time.Now().UnixNano())
	s.streams[stream] = f
	s.muxing.Go(func() {
		f.run(s.ctx)
		s.mu.Lock()
		delete(s.streams, stream)
		s.mu.Unlock()
	})
	return f, nil
}

// response corrects the muxer's headers and notes whether it answered at all.
type response struct {
	http.ResponseWriter
	playlist bool
	status   int
}

func (o *response) WriteHeader(status int) {
	o.status = status
	if status != http.StatusOK {
		return // the caller renders errors
	}
	if o.playlist {
		o.Header().Set("Cache-Control", "no-store")
	} else {
		o.Header().Set("Cache-Control", "private, max-age=3600, immutable")
	}
	o.ResponseWriter.WriteHeader(status)
}

func (o *response) Write(b []byte) (int, error) {
	if o.status == 0 {
		o.WriteHeader(http.StatusOK)
	}
	if o.status != http.StatusOK {
		return len(b), nil
	}
	return o.ResponseWriter.Write(b)
}

func (o *response) outcome() error {
	switch o.status {
	case http.StatusOK:
		return nil
	case http.StatusInternalServerError:
		return live.ErrOffline // the muxer was closed
	}
	return ErrNotFound
}
