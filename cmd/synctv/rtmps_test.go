package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// writePair makes a certificate with that serial number.
func writePair(t *testing.T, certFile, keyFile string, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	cert, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "EC PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A renewed certificate is used without a restart; a broken one is not.
func TestCertificateIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	c := &certificate{certFile: filepath.Join(dir, "cert.pem"), keyFile: filepath.Join(dir, "key.pem")}
	if _, err := c.get(nil); err == nil {
		t.Error("no files, no error")
	}
	serial := func() int64 {
		t.Helper()
		c.looked = time.Time{}
		pair, err := c.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return pair.Leaf.SerialNumber.Int64()
	}
	changed := func(age time.Duration) {
		t.Helper()
		if err := os.Chtimes(c.certFile, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	writePair(t, c.certFile, c.keyFile, 1)
	changed(3 * time.Hour)
	if n := serial(); n != 1 {
		t.Errorf("serial %d", n)
	}
	writePair(t, c.certFile, c.keyFile, 2)
	changed(2 * time.Hour)
	if n := serial(); n != 2 {
		t.Errorf("serial %d after the renewal", n)
	}
	if err := os.WriteFile(c.certFile, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	changed(time.Hour)
	if n := serial(); n != 2 {
		t.Errorf("serial %d with a broken file", n)
	}
}

func TestRTMPSNeedsItsFiles(t *testing.T) {
	if ln, err := secureListen("127.0.0.1:0", "/nowhere/cert.pem", "/nowhere/key.pem"); err == nil {
		_ = ln.Close()
		t.Error("listens without a certificate")
	}
}

// TestARenewedCertificateIsServed: at the listener of the page, while it runs.
func TestARenewedCertificateIsServed(t *testing.T) {
	dir := t.TempDir()
	pair := &certificate{certFile: filepath.Join(dir, "cert.pem"), keyFile: filepath.Join(dir, "key.pem")}
	writePair(t, pair.certFile, pair.keyFile, 1)
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln, err := pair.over(port, "h2", "http/1.1")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Minute}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(ln) })
	defer serving.Wait()
	defer func() { _ = server.Close() }()
	serial := func() int64 {
		t.Helper()
		conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}}).DialContext(t.Context(), "tcp", ln.Addr().String()) //nolint:gosec // our own
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		state := conn.(*tls.Conn).ConnectionState()
		if state.NegotiatedProtocol != "h2" {
			t.Errorf("speaks %q", state.NegotiatedProtocol)
		}
		return state.PeerCertificates[0].SerialNumber.Int64()
	}
	if n := serial(); n != 1 {
		t.Errorf("serial %d", n)
	}
	writePair(t, pair.certFile, pair.keyFile, 2)
	if err := os.Chtimes(pair.certFile, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	pair.mu.Lock()
	pair.looked = time.Time{} // as if it were long ago
	pair.mu.Unlock()
	if n := serial(); n != 2 {
		t.Errorf("serial %d after the renewal", n)
	}
}
