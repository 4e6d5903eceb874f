package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"synctv/internal/room"
	"synctv/internal/screen"
)

// autoplay moves rooms on when their film or countdown has ended, and clears
// away what was deleted from their lists. It sleeps until the next one ends.
// Every replica runs one: the store lets each step be taken once.
type autoplay struct {
	rooms *room.Service
	log   *slog.Logger
	now   func() time.Time
	woken chan struct{} // a room is due before nextMS was; has room for one word

	mu     sync.Mutex
	nextMS int64 // guarded by mu; when the next room is due that is known of; 0 = none is
}

const (
	// strangersEvery is how often rooms are looked for that another replica
	// started and may not live to move on: how late they move on at most.
	strangersEvery = 5 * time.Second
	// failedAgain is when a look that failed is repeated.
	failedAgain = 250 * time.Millisecond
	sweepEvery  = time.Minute
	// autoplayTimeout bounds one look at the store.
	autoplayTimeout = 10 * time.Second
	// complainEvery keeps a store that is away from filling the log.
	complainEvery = 10 * time.Second
)

// timed are the playbacks of which autoplay knows when they are due.
type timed struct {
	room.Playbacks
	autoplay *autoplay
}

// SwapPlayback implements room.Playbacks. What was perhaps not stored is looked
// for in vain, which harms nobody.
func (t timed) SwapPlayback(ctx context.Context, roomID string, from int64, next screen.Playback) (bool, error) {
	swapped, err := t.Playbacks.SwapPlayback(ctx, roomID, from, next)
	t.autoplay.expect(next.DueMS())
	return swapped, err
}

// expect has rooms looked at when one is due, at an instant in ms; 0 = never.
func (a *autoplay) expect(dueMS int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if dueMS == 0 || a.nextMS > 0 && a.nextMS <= dueMS {
		return
	}
	a.nextMS = dueMS
	select {
	case a.woken <- struct{}{}:
	default: // it is about to hear the last word
	}
}

// Run works until ctx ends.
func (a *autoplay) Run(ctx context.Context) error {
	look, sweep := time.NewTimer(0), time.NewTicker(sweepEvery)
	defer look.Stop()
	defer sweep.Stop()
	var complained, latest time.Time // latest: a look at the latest
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-a.woken:
		case <-look.C:
			latest = time.Now().Add(strangersEvery)
			if err = a.advance(ctx); err != nil {
				latest = time.Now().Add(failedAgain)
			}
		case <-sweep.C:
			err = a.sweep(ctx)
		}
		look.Reset(min(a.untilDue(), time.Until(latest)))
		if err != nil && !errors.Is(err, context.Canceled) && time.Since(complained) > complainEvery {
			complained = time.Now()
			a.log.WarnContext(ctx, "autoplay did not move a room on", "error", err)
		}
	}
}

// untilDue is how long nothing is due that is known of.
func (a *autoplay) untilDue() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.nextMS == 0 {
		return strangersEvery
	}
	return time.UnixMilli(a.nextMS).Sub(a.now())
}

func (a *autoplay) advance(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, autoplayTimeout)
	defer cancel()
	a.mu.Lock()
	a.nextMS = 0 // what is stored from now on, the look may not see
	a.mu.Unlock()
	next, err := a.rooms.AdvanceDue(ctx)
	a.expect(next)
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
