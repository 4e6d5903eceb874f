package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"synctv/internal/cluster"
	"synctv/internal/config"
	"synctv/internal/live"
	pull "synctv/internal/live/relay"
	"synctv/internal/telemetry"
)

// streamClaim begins the name of a claim to publish a stream.
const streamClaim = "stream:"

// streamClaims is pull.Registry on the cluster's claims.
type streamClaims struct {
	claims  cluster.Claims
	replica string
	url     string // of this replica's internal listener
	token   string
	now     func() time.Time
}

// Claim implements pull.Registry.
func (c *streamClaims) Claim(ctx context.Context, p live.Pass) (<-chan struct{}, func(), error) {
	held, err := c.claims.Claim(ctx, streamClaim+p.Stream, cluster.Owner{
		Key: p.Key, Replica: c.replica, URL: c.url, Token: c.token, SinceMS: c.now().UnixMilli(),
	})
	if errors.Is(err, cluster.ErrLocked) {
		return nil, nil, live.ErrBusy
	}
	if err != nil {
		return nil, nil, err
	}
	return held.Lost(), held.Release, nil
}

// Find implements pull.Registry.
func (c *streamClaims) Find(ctx context.Context, stream string) (pull.Source, bool, error) {
	o, ok, err := c.claims.Owner(ctx, streamClaim+stream)
	return pull.Source{Here: o.Replica == c.replica, URL: o.URL, Token: o.Token}, ok, err
}

// neighbours is how other replicas get live streams from this one.
type neighbours struct {
	relay  *pull.Relay
	listen net.Listener
	server *http.Server
	claims *streamClaims
}

// meetNeighbours opens the internal listener and joins the hub to those of the
// other replicas. It answers nil when there are none.
func meetNeighbours(cfg config.Config, s *shared, hub *live.Hub, hls hlsServer, log *slog.Logger, traces *telemetry.Traces) (*neighbours, error) {
	if s.claims == nil {
		return nil, nil //nolint:nilnil // alone is no error
	}
	ln, err := net.Listen("tcp", cfg.ClusterAddr)
	if err != nil {
		return nil, fmt.Errorf("cluster-addr: %w", err)
	}
	at := cfg.ClusterURL
	if at == "" {
		if at, err = reachable(ln.Addr(), string(cfg.RedisURL)); err != nil {
			return nil, errors.Join(err, ln.Close())
		}
	}
	n := &neighbours{listen: ln, claims: &streamClaims{claims: s.claims, replica: s.replica, url: at, token: rand.Text(), now: s.now}}
	n.relay = pull.New(hub, n.claims, pull.Limits{}, log, traces)
	n.relay.Self = pull.Source{URL: at, Token: n.claims.token}
	n.server = &http.Server{
		Handler: n.relay.Handler(n.claims.token, hls.Serve), ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	return n, nil
}

// hlsServer makes the files of HLS.
type hlsServer interface {
	Serve(w http.ResponseWriter, r *http.Request, stream, file string) error
}

// reachable is a listener's address for others: its own host, or if it listens
// everywhere the one from which this machine reaches Redis.
func reachable(ln net.Addr, redisURL string) (string, error) {
	host, port, err := net.SplitHostPort(ln.String())
	if err != nil {
		return "", err
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		u, err := url.Parse(redisURL)
		if err != nil {
			return "", errors.New("redis-url: no URL") // its words could hold the password
		}
		ctx, cancel := context.WithTimeout(context.Background(), tellTimeout) // for the name's address
		defer cancel()
		conn, err := (&net.Dialer{}).DialContext(ctx, "udp", net.JoinHostPort(u.Hostname(), "9")) // sends nothing
		if err != nil {
			return "", fmt.Errorf("cluster-url: not set, and not found out: %w", err)
		}
		host, _, err = net.SplitHostPort(conn.LocalAddr().String())
		if err := errors.Join(err, conn.Close()); err != nil {
			return "", err
		}
	}
	return "http://" + net.JoinHostPort(host, port), nil
}

// addr is where the internal listener listens; "off" when there is none.
func (n *neighbours) addr() string {
	if n == nil {
		return "off"
	}
	return n.listen.Addr().String()
}

// serve serves other replicas until close.
func (n *neighbours) serve() error {
	if err := n.server.Serve(n.listen); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve other replicas: %w", err)
	}
	return nil
}
