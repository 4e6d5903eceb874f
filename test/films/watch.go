//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Each viewer takes the film in pieces of this size, at its own pace, as a
// player with a full buffer does.
const piece = 256 << 10

// settle is not measured: connections begin.
const settle = 2 * time.Second

// outcome of one run.
type outcome struct {
	bytes        int64 // delivered while it was measured
	cpu          time.Duration
	length       time.Duration
	rssLow, rssX float64 // MiB while it was measured
	late         int64   // pieces that came more than a second after they were due
}

func (o outcome) gib() float64    { return float64(o.bytes) / (1 << 30) }
func (o outcome) perGiB() float64 { return o.cpu.Seconds() / o.gib() }

func (o outcome) String() string {
	return fmt.Sprintf("%.1f GiB in %.0f s, %.2f s of processor (%.0f %% of a core), %.0f ms/GiB, memory %.0f to %.0f MiB, %d pieces late",
		o.gib(), o.length.Seconds(), o.cpu.Seconds(), 100*o.cpu.Seconds()/o.length.Seconds(), 1000*o.perGiB(), o.rssLow, o.rssX, o.late)
}

// crowd is the viewers of one run.
type crowd struct {
	p           *process
	rate        float64
	size        int64
	client      *http.Client
	bytes, late atomic.Int64
}

// watch lets all viewers watch for so long: together from the beginning, or
// each from somewhere, far enough from the end that nobody begins anew.
func watch(ctx context.Context, o options, p *process, length time.Duration, size int64, together bool) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	c := &crowd{p: p, rate: o.bytesPerSecond(), size: size, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: o.viewers, ReadBufferSize: 64 << 10}}}
	defer c.client.CloseIdleConnections()
	failed := make(chan error, o.viewers)
	var wg sync.WaitGroup
	for n := range o.viewers {
		at := int64(0)
		if !together {
			at = rand.Int64N(size-int64(o.bytesPerSecond()*length.Seconds())) / piece * piece //nolint:gosec // a place to begin at
		}
		wg.Go(func() { failed <- c.view(ctx, n, at, length) })
	}
	out := c.measure(ctx, length)
	wg.Wait()
	for range o.viewers {
		if err := <-failed; err != nil {
			return out, err
		}
	}
	out.late = c.late.Load()
	return out, nil
}

func (c *crowd) measure(ctx context.Context, length time.Duration) outcome {
	var out outcome
	pause(ctx, min(settle, length/4))
	began, cpu, bytes := time.Now(), c.p.cpu(), c.bytes.Load()
	out.rssLow = c.p.rssMB()
	for ctx.Err() == nil {
		mb := c.p.rssMB()
		out.rssLow, out.rssX = min(out.rssLow, mb), max(out.rssX, mb)
		out.cpu, out.bytes, out.length = c.p.cpu()-cpu, c.bytes.Load()-bytes, time.Since(began)
		pause(ctx, 250*time.Millisecond)
	}
	return out
}

// view is one viewer: it goes on from the beginning when the film is over.
func (c *crowd) view(ctx context.Context, n int, at int64, length time.Duration) error {
	began, got := time.Now(), 0.0
	for ctx.Err() == nil {
		err := c.request(ctx, n, at, func() {
			got += piece
			due := began.Add(time.Duration(got / c.rate * float64(time.Second)))
			if time.Since(due) > time.Second {
				c.late.Add(1)
			}
			pause(ctx, time.Until(due))
		})
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("viewer %d at %d: %w", n, at, err)
		}
		at = 0
	}
	if want := c.rate * length.Seconds() / 2; got < want {
		return fmt.Errorf("viewer %d got %.0f MiB, not half of what it wanted", n, got/(1<<20))
	}
	return nil
}

// request takes the film from a place to its end, pause by pause.
func (c *crowd) request(ctx context.Context, n int, at int64, taken func()) error {
	req, err := c.get(ctx, n, fmt.Sprintf("bytes=%d-", at))
	if err != nil {
		return err
	}
	res, err := c.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusPartialContent {
		words, _ := io.ReadAll(io.LimitReader(res.Body, 500))
		return fmt.Errorf("status %d: %s", res.StatusCode, words)
	}
	b := make([]byte, piece)
	for {
		n, err := io.ReadFull(res.Body, b)
		c.bytes.Add(int64(n))
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
		taken()
	}
}

// asked is what one request for one byte costs a server, by one viewer after
// the other: what a player pays when it begins or seeks.
func asked(ctx context.Context, p *process) (time.Duration, error) {
	const requests = 500
	c := &crowd{p: p, client: &http.Client{}}
	defer c.client.CloseIdleConnections()
	cpu := p.cpu()
	for n := range requests {
		req, err := c.get(ctx, n%max(1, len(p.tokens)), "bytes=0-0")
		if err != nil {
			return 0, err
		}
		res, err := c.client.Do(req)
		if err != nil {
			return 0, err
		}
		_, err = io.Copy(io.Discard, res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			return 0, err
		}
	}
	return (p.cpu() - cpu) / requests, nil
}

// get is a request of one viewer.
func (c *crowd) get(ctx context.Context, n int, span string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.p.addr+c.p.path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Range", span)
	if len(c.p.tokens) > 0 {
		req.Header.Set("Authorization", "Bearer "+c.p.tokens[n])
	}
	return req, nil
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
