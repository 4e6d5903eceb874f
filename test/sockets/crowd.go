//go:build linux

package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"synctv/test/outside"
)

// crowd is the open sockets and what they saw.
type crowd struct {
	outside.Crowd
	sent []atomic.Int64 // by event number: when its command was sent, ns

	// Owned by the reading goroutine until the crowd is closed.
	latencies []time.Duration
	first     []time.Duration // by event number: of its first arrival

	mute *outside.Wire // never reads; nil when not asked for
}

func openAll(ctx context.Context, s *server, room string, n int) (*crowd, error) {
	c := &crowd{sent: make([]atomic.Int64, 1<<16), first: make([]time.Duration, 1<<16)}
	c.Spin, c.Heard = true, c.heard
	const people = 10
	tokens := make([]string, people)
	for i := range tokens {
		var err error
		if tokens[i], err = s.guest(ctx, room, fmt.Sprint("guest ", i)); err != nil {
			return nil, err
		}
	}
	for i := range n {
		if err := c.Join(ctx, s.addr, room, tokens[i%people]); err != nil {
			return nil, fmt.Errorf("socket %d: %w", i, err)
		}
	}
	c.Listen()
	return c, nil
}

// heard notes the arrival of each playback event: its position is its number.
func (c *crowd) heard(n int, when time.Time) {
	if n >= len(c.sent) {
		return
	}
	if at := c.sent[n].Load(); at > 0 {
		late := time.Duration(when.UnixNano() - at)
		c.latencies = append(c.latencies, late)
		if c.first[n] == 0 {
			c.first[n] = late
		}
	}
}

func (c *crowd) addMute(ctx context.Context, s *server, room string) error {
	token, err := s.guest(ctx, room, "never reads")
	if err != nil {
		return err
	}
	c.mute, err = outside.Dial(ctx, s.addr, room, token)
	return err
}

func (c *crowd) close() (lost int) {
	if c.mute != nil {
		c.mute.Close()
	}
	return c.Close()
}
