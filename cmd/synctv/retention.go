package main

import (
	"context"
	"time"
)

// retentionEvery is how often old talk is looked for.
const retentionEvery = time.Hour

// trimTalk deletes talk older than the configuration keeps it, at the start and
// then every hour, until ctx ends. One replica at a time does it.
func (p *program) trimTalk(ctx context.Context) error {
	tick := time.NewTicker(retentionEvery)
	defer tick.Stop()
	for {
		if days := p.reload.now.Load().ChatDays; days > 0 {
			var n int
			err := p.alone(ctx, "trim_talk", func(ctx context.Context) (err error) {
				n, err = p.rooms.TrimTalk(ctx, time.Duration(days)*24*time.Hour)
				return err
			})
			if err != nil && ctx.Err() == nil {
				p.log.ErrorContext(ctx, "old talk was not all deleted", "deleted", n, "error", err)
			} else if n > 0 {
				p.log.InfoContext(ctx, "deleted old talk", "deleted", n)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
