package main

import (
	"context"
	"errors"
	"time"

	"synctv/internal/cluster"
)

// jobLock is the lifetime of the lock of a job: how long after the death of the
// replica that does it another may begin.
const jobLock = 30 * time.Second

// alone does a job unless another replica is at it.
func (p *program) alone(ctx context.Context, job string, work func(context.Context) error) error {
	lease, err := p.shared.locks.Try(ctx, "job:"+job, jobLock)
	if errors.Is(err, cluster.ErrLocked) {
		return nil
	}
	if err != nil {
		return err
	}
	defer lease.Release()
	return work(cluster.WithFence(lease.Context(), cluster.Fence{Key: "job:" + job, Number: lease.Fence()}))
}

// trimFences forgets the fences of old locks, once an hour, until ctx ends.
func (p *program) trimFences(ctx context.Context) error {
	tick := time.NewTicker(retentionEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		err := p.alone(ctx, "trim_fences", func(ctx context.Context) error { return p.db.TrimFences(ctx, p.shared.now()) })
		if err != nil && ctx.Err() == nil {
			p.log.ErrorContext(ctx, "old fences were not all deleted", "error", err)
		}
	}
}
