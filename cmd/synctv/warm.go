package main

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// A start warms up what open pages will ask for as soon as they have connected
// again: the rooms that were in use lately, and who is in them. It is a help, so
// it is short; requests do not wait for it.
const (
	warmSince   = 15 * time.Minute // rooms used since
	warmPlaces  = 2000             // most copies
	warmTime    = 2 * time.Second  // at most; copies do not live longer
	warmWorkers = 4                // at a time, so that requests find connections
)

// warm loads copies of active rooms and their members, and says how many.
func (p *program) warm(ctx context.Context) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, warmTime)
	defer cancel()
	places, err := p.db.ActivePlaces(ctx, p.shared.now().Add(-warmSince).UnixMilli(), warmPlaces)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(warmWorkers)
	var loaded atomic.Int64
	for _, at := range places {
		g.Go(func() error {
			_, _, err := p.copies.Glance(ctx, at.Room, at.Person)
			if err == nil {
				loaded.Add(1)
			}
			return ctx.Err() // one that is gone meanwhile does not matter
		})
	}
	late := g.Wait()
	if err != nil || len(places) > 0 {
		p.jobs.InfoContext(ctx, "warmed up", "places", len(places), "loaded", loaded.Load(), "took", time.Since(began), "all", err == nil && late == nil)
	}
}
