package main

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"synctv/internal/config"
	"synctv/internal/ident"
)

// TestConfigCheckFindsWhatServeWouldTripOver: all of it at once.
func TestConfigCheckFindsWhatServeWouldTripOver(t *testing.T) {
	c := newConsole(t)
	cert, key := selfSigned(t)
	other := filepath.Join(t.TempDir(), "other.pem")
	if err := os.WriteFile(other, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.env["SYNCTV_HTP_ADDR"] = ":1"
	_, _, err := c.try("config", "check", "--tls-cert", cert, "--tls-key", "/does/not/exist", "--rtmps-addr", ":1936", "--rtmps-cert", other,
		"--rtmps-key", key, "--library", "Films=/does/not/exist,Notes="+other, "--source-keys", "nonsense", "--database-url", "oracle://x")
	if err == nil || exitCode(err) != 2 {
		t.Fatalf("%v", err)
	}
	for _, want := range []string{
		"SYNCTV_HTP_ADDR sets nothing; did you mean SYNCTV_HTTP_ADDR?", "tls-cert and tls-key: open /does/not/exist", "rtmps-cert and rtmps-key: tls:",
		`open library folder "Films"`, `open library folder "Notes"`, "source-keys (from flag", "database-url (from flag",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
	delete(c.env, "SYNCTV_HTP_ADDR")
	c.run("config", "check", "--tls-cert", cert, "--tls-key", key, "--library", "Films="+t.TempDir())
}

func TestServeWarnsOfVariablesThatSetNothing(t *testing.T) {
	h := startHouse(t, map[string]string{"SYNCTV_ROM_QUOTA": "3"})
	if !strings.Contains(h.log.String(), `"level":"WARN","msg":"a variable is not used","variable":"environment SYNCTV_ROM_QUOTA sets nothing; did you mean SYNCTV_ROOM_QUOTA?"`) {
		t.Error(h.log.String())
	}
}

func TestAClusterWithoutSourceKeysSaysSo(t *testing.T) {
	for keys, want := range map[ident.Secret]bool{"": true, "k1=…": false} {
		var out strings.Builder
		log := slog.New(slog.NewTextHandler(&out, nil))
		warnOfConfig(t.Context(), log, config.Config{RedisURL: "redis://h", SourceKeys: keys}, nil)
		if strings.Contains(out.String(), "source-keys is not set") != want {
			t.Errorf("with %q: %s", keys, &out)
		}
		out.Reset()
		if warnOfConfig(t.Context(), log, config.Config{}, nil); out.Len() > 0 {
			t.Errorf("alone: %s", &out)
		}
	}
}

// TestHealthFindsTheServerOfItsConfiguration: its port, its path, its certificate.
func TestHealthFindsTheServerOfItsConfiguration(t *testing.T) {
	cert, key := selfSigned(t)
	h := startHouse(t, map[string]string{"SYNCTV_TLS_CERT": cert, "SYNCTV_TLS_KEY": key, "SYNCTV_HTTP_BASE_PATH": "/watch"})
	_, port, _ := strings.Cut(strings.TrimPrefix(h.url, "http://"), ":")
	c := newConsole(t)
	c.env["SYNCTV_TLS_CERT"], c.env["SYNCTV_TLS_KEY"], c.env["SYNCTV_HTTP_BASE_PATH"] = cert, key, "/watch"
	for _, at := range []string{"127.0.0.1:" + port, ":" + port, "localhost:" + port} {
		c.env["SYNCTV_HTTP_ADDR"] = at
		if out := c.run("health"); out != "ready\n" {
			t.Errorf("%s: %q", at, out)
		}
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	c.fails(1, "health")
	c.fails(2, "health", "--http-addr", "nowhere")
}

// TestHealthTrustsNoStrangers: what is not on loopback must show a certificate
// that fits.
func TestHealthTrustsNoStrangers(t *testing.T) {
	for address, any := range map[string]bool{"127.0.0.1": true, "::1": true, "127.8.8.8": true, "10.0.0.1": false, "192.0.2.1": false, "2001:db8::1": false} {
		if got := trust(&net.TCPAddr{IP: net.ParseIP(address)}).InsecureSkipVerify; got != any {
			t.Errorf("%s: any certificate is taken: %v", address, got)
		}
	}
	if trust(&net.UnixAddr{}).InsecureSkipVerify {
		t.Error("any certificate is taken from what has no address")
	}
}

func selfSigned(t *testing.T) (cert, key string) {
	t.Helper()
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writePair(t, cert, key, 1)
	return cert, key
}
