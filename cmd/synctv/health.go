package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"synctv/internal/config"
)

// healthTimeout is less than what container health checks wait.
const healthTimeout = 4 * time.Second

// healthCommand asks a running server whether it is ready: for health checks
// of containers, which have no other program to ask with. It finds the server by
// the configuration that the server was started with.
func healthCommand(env config.Lookup) *cobra.Command {
	cmd := &cobra.Command{
		Use: "health", Short: "Ask a running server whether it is ready", Args: exactly(0),
		Long: "Ask a running server whether it is ready: the one on this machine that has this\n" +
			"configuration (http-addr, tls-cert), or the one at --url. Of this machine's own server any\n" +
			"certificate is taken, also one that is made for another name.",
		Example: "  synctv health\n  synctv health --url https://watch.example.org",
	}
	url := cmd.Flags().String("url", "", "address of the server; default: the one that the configuration says")
	outputFlag(cmd)
	flags := configFlags(cmd, "http-addr", "http-base-path", "tls-cert", "tls-key")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		at := *url
		if at == "" {
			cfg, err := config.Load(flags, env)
			if err != nil {
				return usageError{fmt.Errorf("configuration:\n%w", err)}
			}
			at = ownAddress(cfg)
		}
		if err := askHealth(cmd.Context(), at); err != nil {
			return err
		}
		return say(cmd, map[string]bool{"ready": true}, "ready")
	}
	return cmd
}

// ownAddress is where a server with this configuration is asked from its own
// machine.
func ownAddress(cfg config.Config) string {
	host, port, _ := net.SplitHostPort(cfg.HTTPAddr) // it was checked
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost" // of either family
	}
	scheme := "http://"
	if cfg.TLSCert != "" {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port) + cfg.BasePath
}

// trust: the certificate of this machine's own server is made for the name that
// others use, so on loopback any is taken; elsewhere none that does not fit.
func trust(at net.Addr) *tls.Config {
	tcp, ok := at.(*net.TCPAddr)
	return &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: ok && tcp.IP.IsLoopback()} //nolint:gosec // see above
}

// dialTLS looks where the connection has gone before it says whom it trusts.
func dialTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	raw, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	settings := trust(raw.RemoteAddr())
	settings.ServerName, _, _ = net.SplitHostPort(addr) // the transport made it
	conn := tls.Client(raw, settings)
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	return conn, nil
}

func askHealth(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	transport := &http.Transport{DialTLSContext: dialTLS}
	defer transport.CloseIdleConnections()
	res, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("health: not ready (status %d)", res.StatusCode)
	}
	return nil
}
