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
	"time"

	"golang.org/x/sync/errgroup"

	"synctv/internal/live"
	"synctv/internal/live/rtmp"
	"synctv/internal/live/streamlog"
)

// ports is what a server process says when it is ready.
type ports struct{ Viewers, RTMP string }

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
	hub := live.NewHub(live.Limits{Log: streamlog.Limits{Merge: o.merge}}, nil)
	viewers, err := listenLoopback()
	if err != nil {
		return err
	}
	encoders, err := listenLoopback()
	if err != nil {
		return err
	}
	site := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := hub.ServeFLV(w, r, "show"); err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
		}
	})}
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
	<-ctx.Done()
	counted := json.NewEncoder(os.Stdout).Encode(hub.Stats())
	return errors.Join(counted, site.Close(), g.Wait())
}

func announce(viewers, encoders net.Listener) error {
	return json.NewEncoder(os.Stdout).Encode(ports{viewers.Addr().String(), "rtmp://" + encoders.Addr().String() + "/live/show"})
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
