package rtmp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Server accepts encoders. Door, Hub and Log must be set before Serve.
type Server struct {
	Door   Door
	Hub    Publisher
	Log    *slog.Logger
	Limits Limits
	// Gallery is what may be played over RTMP; nil: nothing.
	Gallery Gallery

	counts serverCounts

	mu    sync.Mutex
	conns int
	fresh map[netip.Addr]int // connections that neither publish nor play yet
	plays map[netip.Addr]int // connections that play
	// of plays, all together
	playing int
}

type serverCounts struct {
	accepted, refused, malformed, unauthorized, timedOut atomic.Int64
}

// Stats are a server's numbers: Conns is now, the rest since start.
type Stats struct {
	Conns        int
	Accepted     int64
	Refused      int64 // closed at once: too many connections
	Malformed    int64 // ended by bytes that are not RTMP
	Unauthorized int64 // turned away by the door
	TimedOut     int64 // ended by a deadline
}

// Stats reports the server's numbers.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	conns := s.conns
	s.mu.Unlock()
	c := &s.counts
	return Stats{
		conns, c.accepted.Load(), c.refused.Load(), c.malformed.Load(),
		c.unauthorized.Load(), c.timedOut.Load(),
	}
}

// Serve accepts encoders on ln until ctx ends, which closes ln and every
// connection; it returns when all of them are done. It returns nil after ctx
// ended, else what made accepting impossible.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var conns sync.WaitGroup
	defer conns.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	limits := s.Limits.withDefaults()
	for {
		conn, err := ln.Accept()
		if ctx.Err() != nil {
			if err == nil {
				conn.Close()
			}
			return nil
		}
		if err != nil {
			if err := s.pause(ctx, err); err != nil {
				return err
			}
			continue
		}
		host := remote(conn).Addr()
		if !s.enter(host, limits) {
			s.counts.refused.Add(1)
			conn.Close()
			continue
		}
		s.counts.accepted.Add(1)
		conns.Go(func() { s.handle(ctx, conn, host, limits) })
	}
}

// pause waits out a shortage (of descriptors, say) that Accept reports; a
// closed listener is final.
func (s *Server) pause(ctx context.Context, err error) error {
	if errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("rtmp: accept: %w", err)
	}
	s.Log.Warn("rtmp accept failed", "err", err)
	select {
	case <-time.After(100 * time.Millisecond):
	case <-ctx.Done():
	}
	return nil
}

// enter counts a connection in, unless there are too many.
func (s *Server) enter(host netip.Addr, limits Limits) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns >= limits.Conns || s.fresh[host] >= limits.PerHost {
		return false
	}
	if s.fresh == nil {
		s.fresh = make(map[netip.Addr]int)
	}
	s.conns++
	s.fresh[host]++
	return true
}

// enterPlay counts a player in, unless its host has too many or all players
// together have half of what there is: encoders find the other half.
func (s *Server) enterPlay(host netip.Addr, limits Limits) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.plays[host] >= limits.Players || s.playing >= limits.Conns/2 {
		return false
	}
	if s.plays == nil {
		s.plays = make(map[netip.Addr]int)
	}
	s.plays[host]++
	s.playing++
	return true
}

func (s *Server) leavePlay(host netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.playing--
	if s.plays[host]--; s.plays[host] <= 0 {
		delete(s.plays, host)
	}
}

// settle takes a connection off its host's allowance: it publishes, plays (which
// has an allowance of its own), or is gone.
func (s *Server) settle(host netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fresh[host]--; s.fresh[host] <= 0 {
		delete(s.fresh, host)
	}
}

func (s *Server) handle(ctx context.Context, conn net.Conn, host netip.Addr, limits Limits) {
	c := newSession(s, conn, host, limits)
	err := c.run(ctx)
	c.settled()
	s.mu.Lock()
	s.conns--
	s.mu.Unlock()
	s.report(c, err)
}

// report counts and logs how a session ended. The encoder's URL stays out of
// it: only what the door made of it, the public stream name, is named.
func (s *Server) report(c *session, err error) {
	level := slog.LevelInfo
	var timeout net.Error
	switch {
	case errors.Is(err, errRefused):
		s.counts.unauthorized.Add(1)
	case errors.As(err, &timeout) && timeout.Timeout():
		s.counts.timedOut.Add(1)
	case malformed(err):
		s.counts.malformed.Add(1)
	}
	if c.pass.Stream == "" {
		// Strangers knocking are no news.
		level = slog.LevelDebug
	}
	s.Log.Log(context.Background(), level, "rtmp connection ended",
		"stream", c.pass.Stream, "key_id", c.pass.Key, "remote", c.remote.String(),
		"bytes", c.in.n, "reason", err)
}

func remote(conn net.Conn) netip.AddrPort {
	if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		a := tcp.AddrPort()
		return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
	}
	return netip.AddrPort{}
}
