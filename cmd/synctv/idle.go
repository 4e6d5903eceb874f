package main

import (
	"context"
	"time"
)

const (
	// idleEvery is how often idle rooms are looked for.
	idleEvery = time.Hour
	// idleBatches bounds one round: what is left waits for the next.
	idleBatches = 1000
)

// closeIdle closes rooms nobody used for long, until ctx ends. One replica at a
// time does it.
func (p *program) closeIdle(ctx context.Context) error {
	for {
		idle, next := p.reload.now.Load().RoomIdle, idleEvery
		if idle > 0 {
			next = min(next, idle)
			var n int
			err := p.alone(ctx, "close_idle", func(ctx context.Context) (err error) {
				n, err = p.closeAllIdle(ctx, idle)
				return err
			})
			if err != nil && ctx.Err() == nil {
				p.jobs.ErrorContext(ctx, "idle rooms were not all closed", "closed", n, "error", err)
			} else if n > 0 {
				p.jobs.InfoContext(ctx, "closed idle rooms", "closed", n)
			}
		}
		wait := time.NewTimer(next)
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-wait.C:
		case <-p.reload.woken:
			wait.Stop()
		}
	}
}

func (p *program) closeAllIdle(ctx context.Context, idle time.Duration) (total int, err error) {
	more := true
	for i := 0; more && i < idleBatches && err == nil; i++ {
		var n int
		n, more, err = p.rooms.CloseIdle(ctx, idle)
		total += n
	}
	return total, err
}
