package main

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// How often the database is asked whether it is there, and how long it may take.
const (
	storeEvery = 2 * time.Second
	storeLimit = 2 * time.Second
)

// storeWatch knows whether the database answered lately, for the metrics and the
// log; each request finds out by itself.
type storeWatch struct {
	ping func(context.Context) error
	log  *slog.Logger
	away atomic.Bool
}

// run asks until ctx ends.
func (w *storeWatch) run(ctx context.Context) {
	tick := time.NewTicker(storeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		asking, cancel := context.WithTimeout(ctx, storeLimit)
		err := w.ping(asking)
		cancel()
		if ctx.Err() != nil || w.away.Swap(err != nil) == (err != nil) {
			continue
		}
		if err != nil {
			w.log.ErrorContext(ctx, "the database is away: what plays goes on, changes are refused", "error", err)
		} else {
			w.log.InfoContext(ctx, "the database is back")
		}
	}
}
