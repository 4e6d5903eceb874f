package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"synctv/internal/room"
)

// autoplay moves rooms on when their film or countdown has ended, and clears
// away what was deleted from their lists. Every replica runs one: the store
// lets each step be taken once.
type autoplay struct {
	rooms *room.Service
	log   *slog.Logger
}

const (
	// autoplayEvery is how late a room may move on.
	autoplayEvery = 250 * time.Millisecond
	sweepEvery    = time.Minute
	// autoplayTimeout bounds one look at the store.
	autoplayTimeout = 10 * time.Second
	// complainEvery keeps a store that is away from filling the log.
	complainEvery = 10 * time.Second
)

// Run works until ctx ends.
func (a *autoplay) Run(ctx context.Context) error {
	tick, sweep := time.NewTicker(autoplayEvery), time.NewTicker(sweepEvery)
	defer tick.Stop()
	defer sweep.Stop()
	var complained time.Time
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			err = a.advance(ctx)
		case <-sweep.C:
			err = a.sweep(ctx)
		}
		if err != nil && !errors.Is(err, context.Canceled) && time.Since(complained) > complainEvery {
			complained = time.Now()
			a.log.WarnContext(ctx, "autoplay did not move a room on", "error", err)
		}
	}
}

func (a *autoplay) advance(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, autoplayTimeout)
	defer cancel()
	_, err := a.rooms.AdvanceDue(ctx)
	return err
}

func (a *autoplay) sweep(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, autoplayTimeout)
	defer cancel()
	for {
		n, err := a.rooms.SweepPlaylists(ctx)
		if n == 0 || err != nil {
			return err
		}
	}
}
