package main

import (
	"context"
	"time"
)

// idleEvery is how often idle rooms are looked for.
const idleEvery = time.Hour

// closeIdle closes rooms nobody used for long, until ctx ends. One replica at a
// time does it.
func (p *program) closeIdle(ctx context.Context) error {
	if p.cfg.RoomIdle <= 0 {
		return nil
	}
	tick := time.NewTicker(min(idleEvery, p.cfg.RoomIdle))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		var n int
		err := p.alone(ctx, "close_idle", func(ctx context.Context) (err error) {
			n, err = p.rooms.CloseIdle(ctx, p.cfg.RoomIdle)
			return err
		})
		if err != nil && ctx.Err() == nil {
			p.log.ErrorContext(ctx, "idle rooms were not all closed", "closed", n, "error", err)
			continue
		}
		p.log.InfoContext(ctx, "looked for idle rooms", "closed", n)
	}
}
