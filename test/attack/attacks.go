//go:build linux

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// attack is one way to wear a server out. Its run keeps at it until ctx ends and
// calls ready once, when everything stands.
type attack struct {
	name string
	run  func(ctx context.Context, a *attackers, ready func())
}

// attackers is what all of them need.
type attackers struct {
	addr  string
	token string // of a member: some doors are inside
	room  string
	said  counts
}

// counts is what the server answered, by status; 0: it closed the connection.
type counts struct {
	mu sync.Mutex
	by map[int]int // guarded by mu
}

func (c *counts) add(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by[status]++
}

func (c *counts) take() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var keys []int
	for k := range c.by {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var words []string
	for _, k := range keys {
		what := fmt.Sprint(k)
		if k == 0 {
			what = "closed"
		}
		words = append(words, fmt.Sprintf("%s × %d", what, c.by[k]))
	}
	c.by = map[int]int{}
	return strings.Join(words, ", ")
}

func attacks() []attack {
	return []attack{
		{"slow headers, 1,000 connections", slowHeaders},
		{"slow bodies, 1,000 connections", slowBodies},
		{"10,000 idle connections", idle},
		{"header bombs of 1 MB", headerBombs},
		{"bodies of 4 GB, announced and not", hugeBodies},
		{"gzip bombs of 1 GB", gzipBombs},
		{"flood of sign-ins and new accounts from one address", floodFrom(1)},
		{"flood of sign-ins and new accounts from many addresses", floodFrom(1 << 24)},
	}
}

// crowdOf runs many connections of one kind until ctx ends, and opens a new one
// for each that ends. ready is called when all have been opened once.
func (a *attackers) crowdOf(ctx context.Context, n int, ready func(), one func(ctx context.Context, conn net.Conn)) {
	var wg sync.WaitGroup
	defer wg.Wait()
	var opened atomic.Int64
	for range n {
		wg.Go(func() {
			first := true
			for ctx.Err() == nil {
				conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", a.addr)
				if err != nil {
					pause(ctx, 100*time.Millisecond)
					continue
				}
				if first && opened.Add(1) == int64(n) {
					ready()
				}
				first = false
				stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
				one(ctx, conn)
				stop()
				_ = conn.Close()
			}
		})
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// heard notes how the server ended a connection.
func (a *attackers) heard(ctx context.Context, conn net.Conn) {
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	head := make([]byte, 12)
	status := 0
	if _, err := io.ReadFull(conn, head); err == nil {
		_, _ = fmt.Sscanf(string(head), "HTTP/1.1 %d", &status)
	}
	if ctx.Err() == nil {
		a.said.add(status)
	}
}

// drip sends a byte a second until the server has had enough.
func (a *attackers) drip(ctx context.Context, conn net.Conn, begin, drop string) {
	if _, err := io.WriteString(conn, begin); err != nil {
		return
	}
	for ctx.Err() == nil {
		pause(ctx, time.Second/2+rand.N(time.Second)) //nolint:gosec // thousands do not breathe as one
		if _, err := io.WriteString(conn, drop); err != nil {
			break
		}
	}
	a.heard(ctx, conn)
}

func slowHeaders(ctx context.Context, a *attackers, ready func()) {
	a.crowdOf(ctx, 1000, ready, func(ctx context.Context, conn net.Conn) {
		a.drip(ctx, conn, "GET / HTTP/1.1\r\nHost: "+a.addr+"\r\nX-Slow: ", "a")
	})
}

func (a *attackers) post(path, more string) string {
	return "POST " + path + " HTTP/1.1\r\nHost: " + a.addr + "\r\nAuthorization: Bearer " + a.token + "\r\nContent-Type: application/json\r\n" + more + "\r\n"
}

func slowBodies(ctx context.Context, a *attackers, ready func()) {
	a.crowdOf(ctx, 1000, ready, func(ctx context.Context, conn net.Conn) {
		a.drip(ctx, conn, a.post("/api/rooms/"+a.room+"/chat", "Content-Length: 60000\r\n"), " ")
	})
}

// idle connections have asked once and stay.
func idle(ctx context.Context, a *attackers, ready func()) {
	var asked atomic.Int64
	const n = 10_000
	a.crowdOf(ctx, n, func() {}, func(ctx context.Context, conn net.Conn) {
		if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: "+a.addr+"\r\n\r\n"); err != nil {
			return
		}
		buf := make([]byte, 512)
		_, err := conn.Read(buf)
		if asked.Add(1) == n {
			ready()
		}
		for err == nil {
			_, err = conn.Read(buf)
		}
		if ctx.Err() == nil {
			a.said.add(0)
			pause(ctx, time.Second)
		}
	})
}

func headerBombs(ctx context.Context, a *attackers, ready func()) {
	bomb := "GET / HTTP/1.1\r\nHost: " + a.addr + "\r\n" + strings.Repeat("X-Bomb: "+strings.Repeat("a", 1000)+"\r\n", 1000)
	a.crowdOf(ctx, 20, ready, func(ctx context.Context, conn net.Conn) {
		_, _ = io.WriteString(conn, bomb)
		a.heard(ctx, conn)
		pause(ctx, 100*time.Millisecond)
	})
}

func hugeBodies(ctx context.Context, a *attackers, ready func()) {
	junk := bytes.Repeat([]byte("1"), 16<<10)
	var kind atomic.Int64
	a.crowdOf(ctx, 20, ready, func(ctx context.Context, conn net.Conn) {
		more, body := "Content-Length: 4294967296\r\n", junk
		if kind.Add(1)%2 == 0 {
			more, body = "Transfer-Encoding: chunked\r\n", slices.Concat([]byte("4000\r\n"), junk, []byte("\r\n"))
		}
		if _, err := io.WriteString(conn, a.post("/api/rooms/"+a.room+"/chat", more)); err != nil {
			return
		}
		// An encoder's line, not this machine's: 20 of them are 100 MB/s.
		for ctx.Err() == nil {
			if _, err := conn.Write(body); err != nil {
				break
			}
			pause(ctx, 3*time.Millisecond)
		}
		a.heard(ctx, conn)
	})
}

func gzipBombs(ctx context.Context, a *attackers, ready func()) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	zeros := make([]byte, 1<<20)
	for range 1024 {
		_, _ = z.Write(zeros)
	}
	_ = z.Close()
	bomb := a.post("/api/rooms/"+a.room+"/chat", fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n", packed.Len())) + packed.String()
	a.crowdOf(ctx, 20, ready, func(ctx context.Context, conn net.Conn) {
		_, _ = io.WriteString(conn, bomb)
		a.heard(ctx, conn)
		pause(ctx, 100*time.Millisecond)
	})
}

// floodFrom guesses passwords of many names and makes accounts, from so many
// addresses: 32 at a time, each again 50 ms after its answer.
func floodFrom(addresses int) func(context.Context, *attackers, func()) {
	return func(ctx context.Context, a *attackers, ready func()) {
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
		defer client.CloseIdleConnections()
		var wg sync.WaitGroup
		var n atomic.Int64
		for i := range 32 {
			wg.Go(func() {
				path := "/api/auth/login"
				if i%4 == 0 {
					path = "/api/auth/register"
				}
				for ctx.Err() == nil {
					who := int(n.Add(1))
					a.guess(ctx, client, path, who, who%addresses)
					pause(ctx, 50*time.Millisecond)
				}
			})
		}
		ready()
		wg.Wait()
	}
}

func (a *attackers) guess(ctx context.Context, client *http.Client, path string, who, from int) {
	body := fmt.Sprintf(`{"name":"mallory%d","password":"a guess number %d"}`, who, who)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+a.addr+path, strings.NewReader(body))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Forwarded-For", fmt.Sprintf("100.%d.%d.%d", from>>16&255, from>>8&255, from&255))
	res, err := client.Do(req)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	a.said.add(res.StatusCode)
}
