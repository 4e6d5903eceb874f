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
	for {
		idle, next := p.reload.now.Load().RoomIdle, idleEvery
		if idle > 0 {
			next = min(next, idle)
			var n int
			err := p.alone(ctx, "close_idle", func(ctx context.Context) (err error) {
				n, err = p.rooms.CloseIdle(ctx, idle)
				return err
			})
			if err != nil && ctx.Err() == nil {
				p.log.ErrorContext(ctx, "idle rooms were not all closed", "closed", n, "error", err)
			} else if n > 0 {
				p.log.InfoContext(ctx, "closed idle rooms", "closed", n)
			}
		}
		wait := time.NewTimer(next)
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-wait.C:
		}
	}
}
