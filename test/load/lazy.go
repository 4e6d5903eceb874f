//go:build linux

package main

import (
	"context"
	"sync"
	"time"
)

const (
	lazyStep  = 100 * time.Millisecond
	lazyBytes = 64000 / 8 / 10 // 64 kbit/s, one step's worth
	stallTime = 40 * time.Second
)

// startLazy lets the viewers that are slow on purpose read: some always a
// little, some nothing for a while and then everything.
func (a *audience) startLazy(ctx context.Context, o options) *sync.WaitGroup {
	var group sync.WaitGroup
	var lazy []*viewer
	for _, v := range a.conns {
		if v.lazy {
			lazy = append(lazy, v)
		}
	}
	if len(lazy) == 0 {
		return &group
	}
	end := time.Now().Add(o.warmup + o.measure)
	group.Go(func() {
		begun, buf := time.Now(), make([]byte, 64<<10)
		tick := time.NewTicker(lazyStep)
		defer tick.Stop()
		for time.Now().Before(end) && ctx.Err() == nil {
			<-tick.C
			for i, v := range lazy {
				a.readLazily(v, i < o.stalled, time.Since(begun), buf)
			}
		}
	})
	return &group
}

// readLazily reads what a slow viewer reads in one step. Stalled viewers begin
// like all others, so that the server has something to stall on.
func (a *audience) readLazily(v *viewer, stalls bool, t time.Duration, buf []byte) {
	if v.ended {
		return
	}
	switch {
	case !stalls:
		buf = buf[:lazyBytes]
	case t > time.Second && t < time.Second+stallTime:
		return
	}
	for range 100 {
		before := v.bytes
		if a.read(v, buf) != nil || v.ended || !stalls || v.bytes == before {
			return
		}
	}
}
