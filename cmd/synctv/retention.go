package main

import (
	"context"
	"time"
)

const (
	// retentionEvery is how often old rows are looked for.
	retentionEvery = time.Hour
	// trimBatch is how many go at a time, so that no write waits long.
	trimBatch = 500
	day       = 24 * time.Hour
)

// trim deletes what need not be kept any longer, at the start and then every
// hour, until ctx ends: talk and entries of the record as the configuration
// says, sessions that have expired. One replica at a time does each.
func (p *program) trim(ctx context.Context) error {
	tick := time.NewTicker(retentionEvery)
	defer tick.Stop()
	for {
		cfg := p.reload.now.Load()
		if keep := time.Duration(p.settings.Now().ChatDays) * day; keep > 0 {
			p.trimOne(ctx, "talk", func(ctx context.Context) (int, error) { return p.rooms.TrimTalk(ctx, keep) })
		}
		if keep := time.Duration(cfg.AuditDays) * day; keep > 0 {
			p.trimOne(ctx, "audit", p.batches(p.db.TrimAudit, keep))
		}
		p.trimOne(ctx, "sessions", p.batches(p.db.TrimSessions, 0))
		p.trimOne(ctx, "fences", p.batches(p.db.TrimFences, 0)) // a day's are kept, whatever the rest
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// trimOne does one kind, unless another replica is at it, and says how much went.
func (p *program) trimOne(ctx context.Context, kind string, work func(context.Context) (int, error)) {
	n := 0
	err := p.alone(ctx, "trim_"+kind, func(ctx context.Context) (err error) {
		n, err = work(ctx)
		return err
	})
	if err != nil && ctx.Err() == nil {
		p.jobs.ErrorContext(ctx, "old rows were not all deleted", "kind", kind, "deleted", n, "error", err)
	} else if n > 0 {
		p.jobs.InfoContext(ctx, "deleted old rows", "kind", kind, "deleted", n)
	}
}

// batches repeats a deletion of what is older than keep until nothing is left.
func (p *program) batches(del func(ctx context.Context, beforeMS int64, limit int) (int, error), keep time.Duration) func(context.Context) (int, error) {
	return func(ctx context.Context) (total int, err error) {
		before := p.shared.now().Add(-keep).UnixMilli()
		for n := trimBatch; n == trimBatch && err == nil; {
			if n, err = del(ctx, before, trimBatch); err == nil {
				err = ctx.Err()
			}
			total += n
		}
		return total, err
	}
}
