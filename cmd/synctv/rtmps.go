package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// secureListen opens a port for encoders that speak RTMP over TLS.
func secureListen(addr, certFile, keyFile string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	return (&certificate{certFile: certFile, keyFile: keyFile}).over(ln)
}

// listenHTTP opens the port of the page and the API, with TLS if there is a
// certificate. Browsers then speak HTTP/2.
func listenHTTP(addr, certFile, keyFile, congestion string) (net.Listener, error) {
	port := net.ListenConfig{Control: withCongestion(congestion)}
	ln, err := port.Listen(context.Background(), "tcp", addr)
	if err != nil || certFile == "" {
		return ln, err
	}
	return (&certificate{certFile: certFile, keyFile: keyFile}).over(ln, "h2", "http/1.1")
}

// certificate is a pair of files and what they held when last looked at.
type certificate struct {
	certFile, keyFile string

	mu     sync.Mutex // guards what follows
	held   *tls.Certificate
	asOf   time.Time // when the file was changed
	looked time.Time
}

// over speaks TLS on a port, or closes it. The certificate is read again when
// its file changes, so that a renewed one is used without a restart.
func (c *certificate) over(ln net.Listener, protocols ...string) (net.Listener, error) {
	if _, err := c.get(nil); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	return tls.NewListener(ln, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get, NextProtos: protocols}), nil
}

// lookEvery is how often files are looked at, at most.
const lookEvery = 10 * time.Second

// get returns the newest pair that could be read: one that is half written does
// not stop encoders.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held != nil && time.Since(c.looked) < lookEvery {
		return c.held, nil
	}
	c.looked = time.Now()
	info, err := os.Stat(c.certFile)
	if err == nil && c.held != nil && info.ModTime().Equal(c.asOf) {
		return c.held, nil
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	switch {
	case err == nil:
		c.held = &pair
		if info != nil {
			c.asOf = info.ModTime()
		}
	case c.held == nil:
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return c.held, nil
}
