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
