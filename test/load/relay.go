//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/pprof"
	"time"

	"golang.org/x/sync/errgroup"

	"synctv/internal/live"
	"synctv/internal/live/flv"
	"synctv/internal/live/hls"
	"synctv/internal/live/rtmp"
	"synctv/internal/live/streamlog"
)

// ports is what a server process says when it is ready.
type ports struct{ Viewers, Feed string }

// openDoor admits everybody.
type openDoor struct{}

func (openDoor) Admit(context.Context, rtmp.Request) (live.Pass, error) {
	return live.Pass{Stream: "show", Key: "load"}, nil
}

// serveRelay is the relay as the product runs it, without rooms. It ends when
// its standard input does, and then says what it counted.
func serveRelay(ctx context.Context, o options) error {
	if o.procs > 0 {
		runtime.GOMAXPROCS(o.procs)
	}
	if o.profile != "" {
		out, err := os.Create(o.profile)
		if err != nil {
			return err
		}
		defer out.Close()
		if err := pprof.StartCPUProfile(out); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	hub := live.NewHub(live.Limits{Log: streamlog.Limits{Merge: o.merge}}, nil)
	viewers, err := listenLoopback()
	if err != nil {
		return err
	}
	encoders, err := listenLoopback()
	if err != nil {
		return err
	}
	playlists := hls.New(hub, hls.Limits{}, slog.New(slog.DiscardHandler))
	defer playlists.Close()
	site := &http.Server{ReadHeaderTimeout: time.Minute, Handler: outputs(hub, playlists)}
	if err := announce(viewers, encoders); err != nil {
		return err
	}
	ctx, cancel := untilInputEnds(ctx)
	defer cancel()
	intake := &rtmp.Server{Door: openDoor{}, Hub: hub, Log: slog.New(slog.DiscardHandler)}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return hub.Run(ctx) })
	g.Go(func() error { return intake.Serve(ctx, encoders) })
	g.Go(func() error {
		if err := site.Serve(viewers); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	if o.inside {
		g.Go(func() error { return playInside(ctx, hub) })
	}
	<-ctx.Done()
	counted := json.NewEncoder(os.Stdout).Encode(hub.Stats())
	return errors.Join(counted, site.Close(), g.Wait())
}

// outputs serves the show as FLV, as HLS below /hls/, and an empty page.
func outputs(hub *live.Hub, playlists *hls.Server) http.Handler {
	mux := http.NewServeMux()
	serve := func(pattern string, work func(http.ResponseWriter, *http.Request) error) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := work(w, r); err != nil {
				http.Error(w, err.Error(), http.StatusNotFound)
			}
		})
	}
	serve("GET /show", func(w http.ResponseWriter, r *http.Request) error { return hub.ServeFLV(w, r, "show") })
	serve("GET /hls/{file}", func(w http.ResponseWriter, r *http.Request) error {
		return playlists.Serve(w, r, "show", r.PathValue("file"))
	})
	// A page for players to be put into: of the same origin as the streams.
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><video muted></video>")) // a player that left needs none
	})
	return mux
}

// playInside feeds the hub without an encoder: what is left then is the
// fan-out alone.
func playInside(ctx context.Context, hub *live.Hub) error {
	p, err := hub.Publish(ctx, live.Pass{Stream: "show", Key: "load"})
	if err != nil {
		return err
	}
	defer p.Close(true)
	for _, h := range headerTags() {
		if err := p.Append(h.Type, 0, h.Payload); err != nil {
			return err
		}
	}
	for s, start := newShow(usual()), time.Now(); ctx.Err() == nil; {
		t, due, payload := s.next()
		rest(ctx, time.Until(start.Add(due)))
		if t == flv.Video {
			stamp(payload)
		}
		if err := p.Append(t, uint32(due/time.Millisecond), payload); err != nil {
			return nil // cut at the end
		}
	}
	return nil
}

func announce(viewers, encoders net.Listener) error {
	return json.NewEncoder(os.Stdout).Encode(ports{viewers.Addr().String(), encoders.Addr().String()})
}

// untilInputEnds ends with the judge, however that ended.
func untilInputEnds(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() { // ends with the process, whose last business it is
		_, _ = bufio.NewReader(os.Stdin).ReadByte()
		cancel()
	}()
	return ctx, cancel
}
