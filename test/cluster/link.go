//go:build unix

// Package cluster is the rig that breaks things: three real servers of the
// product on a real PostgreSQL and Redis, each over links that can be cut, with
// members that watch, talk and edit all the while, and a history of what was
// acknowledged to them that must hold at the end.
package cluster

import (
	"context"
	"io"
	"net"
	"sync"
)

// link is a TCP relay that can be cut: connections end and new ones are refused
// by silence, as a firewall would, until it is mended.
type link struct {
	listener net.Listener
	target   string
	work     sync.WaitGroup

	mu    sync.Mutex
	cut   bool                  // guarded by mu
	conns map[net.Conn]struct{} // guarded by mu; both ends of all
}

func newLink(target string) (*link, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &link{listener: ln, target: target, conns: map[net.Conn]struct{}{}}
	l.work.Go(l.accept)
	return l, nil
}

func (l *link) addr() string { return l.listener.Addr().String() }

func (l *link) accept() {
	for {
		c, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.work.Go(func() { l.join(c) })
	}
}

// join carries bytes both ways until either end, or the cut.
func (l *link) join(near net.Conn) {
	defer l.drop(near)
	if !l.keep(near) {
		_, _ = io.Copy(io.Discard, near) // what is sent into a cut link goes nowhere
		return
	}
	far, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", l.target)
	if err != nil {
		return
	}
	defer l.drop(far)
	if !l.keep(far) {
		return
	}
	back := make(chan struct{})
	l.work.Go(func() {
		defer close(back)
		_, _ = io.Copy(near, far)
		_ = near.Close()
	})
	_, _ = io.Copy(far, near)
	_ = far.Close()
	<-back
}

// keep notes a connection; it says whether the link carries anything.
func (l *link) keep(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[c] = struct{}{}
	return !l.cut
}

func (l *link) drop(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
	_ = c.Close()
}

// set cuts or mends the link; either way what is open ends.
func (l *link) set(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
	for c := range l.conns {
		_ = c.Close()
	}
}

func (l *link) close() {
	_ = l.listener.Close()
	l.set(true)
	l.work.Wait()
}
