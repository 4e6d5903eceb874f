package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"synctv/internal/account"
	"synctv/internal/api"
	"synctv/internal/cached"
	"synctv/internal/caption"
	"synctv/internal/cluster"
	"synctv/internal/config"
	"synctv/internal/guard"
	"synctv/internal/live"
	"synctv/internal/live/hls"
	"synctv/internal/live/pull"
	"synctv/internal/live/rtmp"
	"synctv/internal/live/streamlog"
	"synctv/internal/media"
	"synctv/internal/media/ffmpeg"
	"synctv/internal/media/library"
	"synctv/internal/media/look"
	"synctv/internal/realtime"
	"synctv/internal/room"
	"synctv/internal/setting"
	"synctv/internal/store"
	"synctv/internal/telemetry"
	"synctv/internal/waiting"
	"synctv/web"
)

// serveCommand has a flag for every key of the configuration.
func serveCommand(env config.Lookup, strays []string) *cobra.Command {
	cmd := &cobra.Command{
		Use: "serve", Short: "Serve rooms until stopped", Args: exactly(0),
		Example: "  synctv serve --http-addr :8080 --library Films=/srv/films\n  synctv serve --config /etc/synctv/synctv.yaml",
	}
	flags := configFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return serve(cmd.Context(), flags, env, strays, cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	return cmd
}

// serve is the only wiring: it opens everything, runs it until ctx ends, and
// closes it in the opposite order.
func serve(ctx context.Context, flags, env config.Lookup, strays []string, out, errOut io.Writer) (err error) {
	conf, err := readConfig(flags, env)
	if err != nil {
		return usageError{fmt.Errorf("configuration:\n%w", err)}
	}
	cfg := *conf.now.Load()
	levels, err := telemetry.NewLevels(cfg.LogLevel)
	if err != nil {
		return err
	}
	log, err := telemetry.NewLogger(errOut, cfg.LogFormat, levels)
	if err != nil {
		return err
	}
	conf.levels, conf.log = levels, log
	warnOfConfig(ctx, log, cfg, strays)
	db, err := store.Open(ctx, store.Options{
		URL: string(cfg.DatabaseURL), MaxConns: cfg.DatabaseMax, Slow: cfg.SlowQuery, Log: telemetry.Named(log, "store"),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	limitMemory(ctx, log, env, os.DirFS("/"))
	twoAtOnce(ctx, log, env)
	warnOfPool(ctx, log, db, cfg.DatabaseMax)
	lib, err := openLibrary(cfg.Library)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lib.Close()) }()
	shared, err := joinCluster(ctx, cfg, telemetry.Named(log, "cluster"))
	if err != nil {
		return err
	}
	defer shared.close()
	traces := telemetry.NewTraces(telemetry.TraceOptions{
		Endpoint: cfg.OTLPEndpoint, Percent: cfg.OTLPPercent, Version: version, Replica: shared.replica, Log: log,
	})
	defer func() { err = errors.Join(err, closeTraces(traces)) }()
	outward, err := openOutside(ctx, conf, db, shared.now, telemetry.Named(log, "guard"))
	if err != nil {
		return err
	}
	defer outward.close()
	p, err := assemble(conf, db, lib, shared, outward, log, traces)
	if err != nil {
		return err
	}
	if err := p.settings.read(ctx); err != nil {
		return err
	}
	if err := p.bootstrap(ctx, cfg, out); err != nil {
		return err
	}
	return p.run(ctx)
}

func openLibrary(folders []config.Folder) (*library.Library, error) {
	list := make([]library.Folder, 0, len(folders))
	for _, f := range folders {
		list = append(list, library.Folder(f))
	}
	return library.Open(list)
}

// program is the running parts.
type program struct {
	cfg      config.Config
	log      *slog.Logger
	jobs     *slog.Logger // of what runs by the clock
	accounts *account.Service
	node     *realtime.Node
	sockets  *realtime.Sockets
	hub      *live.Hub
	hls      *hls.Server
	others   *neighbours // nil: alone
	autoplay *autoplay
	encoders *rtmp.Server
	pulls    *pull.Puller
	outside  *outside
	rooms    *room.Service
	shared   *shared
	db       *store.Store
	copies   *cached.Rooms

	storeWatch *storeWatch
	handler    http.Handler
	http       net.Listener
	rtmp       net.Listener // nil: no encoders
	rtmps      net.Listener // nil: none over TLS
	metrics    *telemetry.Metrics
	settings   *liveSettings
	reload     *reloader    // its now is what holds of what may change
	scrape     net.Listener // nil: no metrics port
	draining   atomic.Bool
}

// assemble puts the use cases on their ports and opens the listeners.
func assemble(conf *reloader, db *store.Store, lib *library.Library, shared *shared, outside *outside, log *slog.Logger, traces *telemetry.Traces) (*program, error) {
	cfg := *conf.now.Load()
	node, err := realtime.NewNode(realtime.Options{Log: telemetry.Named(log, "realtime"), Roll: shared.roll, Shared: shared.bus, Traces: traces})
	if err != nil {
		return nil, err
	}
	passwords := account.NewPasswords(max(1, runtime.NumCPU()/2), restAsLong)
	catalog := &media.Catalog{Library: lib, AnyoneBrowses: cfg.LibraryFor == "users", Proxy: cfg.Proxy, Linked: outside.linked, Tools: ffmpeg.Find(), Base: cfg.BasePath}
	copies := shared.copies(db, node)
	relay := &relay{node: node, copies: copies, log: telemetry.Named(log, "live")}
	record := auditLog{db: db, log: log, now: shared.now}
	settings := &liveSettings{
		db: db, record: record, time: shared.now, log: log, woken: make(chan struct{}, 1),
		base: func() setting.Settings { return settingsOf(*conf.now.Load()) },
		tell: func(ctx context.Context) { node.Broadcast(ctx, settingsOp, "") },
	}
	node.OnBroadcast(func(op, what string) {
		if op == settingsOp {
			settings.wake()
		}
		relay.hear(op, what)
	})
	auto := &autoplay{log: telemetry.Named(log, "jobs"), now: shared.now, woken: make(chan struct{}, 1)}
	playbacks := timed{db, auto}
	rooms := room.New(room.Ports{
		Audit: record, Records: db, RoomChanges: copies, MemberChanges: copies, RoomQuota: func() int { return settings.Now().RoomQuota },
		Entries: copies, Rooms: copies, Members: copies, Playbacks: playbacks, Playlists: db, Endings: db, Messages: db, Danmakus: db, LiveKeys: db,
		Announcer: node, Media: catalog, Streams: relay, Passwords: passwords, Locks: locks{shared.locks}, Now: shared.now,
	})
	hub := live.NewHub(live.Limits{Memory: int64(cfg.LiveMemory) << 20, Log: streamlog.Limits{Merge: cfg.LiveMerge}}, relay)
	relay.hub, relay.rooms, auto.rooms = hub, rooms, rooms
	p := &program{
		settings: settings, reload: conf, cfg: cfg, log: log, jobs: telemetry.Named(log, "jobs"), node: node, shared: shared, db: db, copies: copies, storeWatch: &storeWatch{ping: db.Ping, log: telemetry.Named(log, "store")}, hub: hub, rooms: rooms, autoplay: auto, outside: outside,
		accounts: &account.Service{
			Users: db, Sessions: db, Lists: db, Sockets: doors{node}, Passwords: passwords, Limits: account.NewLimits(),
			Audit: record, Now: shared.now, Signup: func() account.Signup { return account.Signup(settings.Now().Signup) }, PerHour: func() int { return conf.now.Load().SignupRate }, AccountGone: rooms.AccountGone, AccountChanged: tellRooms(rooms, telemetry.Named(log, "account")),
		},
		encoders: &rtmp.Server{Door: door{rooms}, Hub: hub, Log: telemetry.Named(log, "rtmp")},
		hls:      hls.New(hub, hls.Limits{}, telemetry.Named(log, "hls")),
	}
	if p.others, err = meetNeighbours(cfg, shared, hub, p.hls, telemetry.Named(log, "cluster"), traces); err != nil {
		return nil, err
	}
	relay.others = p.others
	if p.others != nil {
		p.encoders.Hub = p.others.relay
	}
	p.pulls = pull.New(hub, p.encoders.Hub, outside.client, pull.Limits{}, telemetry.Named(log, "live"))
	if cfg.RTMPPlay {
		p.encoders.Gallery = gallery{hub, p.others}
	}
	p.metrics = p.measure(db, copies)
	if err := p.listen(); err != nil {
		return nil, err
	}
	waits := waiting.New(rooms, playbacks, node, shared.others(), shared.now)
	p.sockets = realtime.NewSockets(node, visitors{rooms, p.accounts, db, waits}, shared.now)
	p.handler = api.New(api.Options{
		Rooms: rooms, Accounts: p.accounts, Catalog: catalog, Streams: outputs{hub, p.hls, p.others, relay, p.pulls}, Proxy: outside, UI: web.Files(), Log: telemetry.Named(log, "api"), Version: version,
		Metrics: p.metrics, Levels: conf.levels, Traces: traces, Settings: settings,
		Sockets: p.sockets, Waits: waits,
		Captions: &caption.Service{
			Rooms: rooms, Tracks: db, Films: catalog, Fetch: fetchSmall(outside.client), Announcer: node, Now: shared.now,
		},
		Sources: outside.linked, Looks: look.New(rooms, outside.client, catalog.Tools, cfg.Proxy),
		Ready: func(ctx context.Context) error { return p.ready(ctx, db) }, Away: shared.missing,
		Base: cfg.BasePath, RTMPURL: cfg.RTMPURL, RTMPPort: portOf(p.rtmp), RTMPSPort: portOf(p.rtmps), CookieSecure: cfg.CookieSecure || cfg.TLSCert != "", CORSOrigins: cfg.CORSOrigins, TrustedProxies: cfg.Proxies,
	}).Handler()
	return p, nil
}

// fetchSmall gets the whole of something small that a person named.
func fetchSmall(c *guard.Client) caption.Fetch {
	return func(ctx context.Context, address string, most int64) ([]byte, error) {
		d, err := c.Fetch(ctx, address, nil, most)
		if err != nil {
			return nil, err
		}
		return d.Body, nil
	}
}

// locks is the cluster's locks behind the one method that rooms need.
type locks struct{ cluster.Locker }

func (l locks) WithLock(ctx context.Context, key string, ttl time.Duration, work func(context.Context) error) (err error) {
	kind, _, _ := strings.Cut(key, ":")
	ctx, span := telemetry.Start(ctx, "lock")
	span.Set("lock", kind)
	defer func() { span.End(err) }()
	asked := time.Now()
	return cluster.WithLock(ctx, l.Locker, key, ttl, func(ctx context.Context) error {
		span.SetInt("waited_us", int(time.Since(asked).Microseconds()))
		return work(ctx)
	})
}

// closeTraces sends what waits, for a while.
func closeTraces(t *telemetry.Traces) error {
	ctx, cancel := context.WithTimeout(context.Background(), tellTimeout)
	defer cancel()
	return t.Close(ctx)
}

// listen opens the ports before anything runs, so that a taken one stops the
// start with a clear error.
func (p *program) listen() (err error) {
	if p.http, err = listenHTTP(p.cfg.HTTPAddr, p.cfg.TLSCert, p.cfg.TLSKey, p.cfg.Congestion); err != nil {
		return fmt.Errorf("http-addr: %w", err)
	}
	if p.cfg.MetricsAddr != "" {
		if p.scrape, err = net.Listen("tcp", p.cfg.MetricsAddr); err != nil {
			return errors.Join(fmt.Errorf("metrics-addr: %w", err), p.http.Close())
		}
	}
	if p.cfg.RTMPSAddr != "" {
		if p.rtmps, err = secureListen(p.cfg.RTMPSAddr, p.cfg.RTMPSCert, p.cfg.RTMPSKey); err != nil {
			return errors.Join(fmt.Errorf("rtmps-addr: %w", err), p.http.Close())
		}
	}
	if p.cfg.RTMPAddr == "" {
		return nil
	}
	if p.rtmp, err = net.Listen("tcp", p.cfg.RTMPAddr); err != nil {
		return errors.Join(fmt.Errorf("rtmp-addr: %w", err), p.http.Close())
	}
	return nil
}

// portOf is where encoders find a listener; empty when there is none.
func portOf(ln net.Listener) string {
	if ln == nil {
		return ""
	}
	if addr, ok := ln.Addr().(*net.TCPAddr); ok {
		return strconv.Itoa(addr.Port)
	}
	return ""
}

// bootstrap makes root at the first start. A made password goes to standard
// output, never to the log.
func (p *program) bootstrap(ctx context.Context, cfg config.Config, out io.Writer) error {
	printed, err := p.accounts.Bootstrap(ctx, string(cfg.RootPassword))
	if err != nil {
		return fmt.Errorf("make the root account: %w", err)
	}
	if printed != "" {
		_, err = fmt.Fprintf(out, "First start: sign in as root with the password %s (it is not shown again).\n", printed)
	}
	return err
}

func (p *program) ready(ctx context.Context, db *store.Store) error {
	if p.draining.Load() {
		return errors.New("shutting down")
	}
	return db.Ping(ctx)
}

// Limits against clients that send slowly. There is no write timeout: films
// and live streams last, and have limits of their own.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
)

// run is the table of contents of the running program.
func (p *program) run(ctx context.Context) error {
	if err := p.node.Start(); err != nil {
		return fmt.Errorf("start realtime: %w", err)
	}
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true) // from proxies that speak it
	server := &http.Server{
		Handler: p.handler, Protocols: protocols, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ConnContext: realtime.WithConn,
		ErrorLog:    slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
	}
	// Live work outlives the signal until the drain has told everybody.
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	g, work := errgroup.WithContext(work)
	g.Go(func() error { return p.hub.Run(work) })
	g.Go(func() error { p.sockets.Run(work); return nil })
	g.Go(func() error { p.sockets.Review(work); return nil })
	g.Go(func() error { p.shared.run(work); return nil })
	g.Go(func() error { return p.reload.Run(work) })
	g.Go(func() error { return p.settings.Run(work) })
	g.Go(func() error { return p.serveMetrics(work) })
	g.Go(func() error { p.storeWatch.run(work); return nil })
	g.Go(func() error { p.warm(work); return nil })
	g.Go(func() error { return p.closeIdle(work) })
	g.Go(func() error { return p.trim(work) })
	g.Go(func() error { return p.autoplay.Run(work) })
	g.Go(func() error {
		if err := server.Serve(p.http); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve http: %w", err)
		}
		return nil
	})
	if p.others != nil {
		g.Go(p.others.serve)
	}
	for _, ln := range []net.Listener{p.rtmp, p.rtmps} {
		if ln != nil {
			g.Go(func() error { return p.encoders.Serve(work, ln) })
		}
	}
	g.Go(func() error {
		select {
		case <-ctx.Done(): // asked to stop
		case <-work.Done(): // something failed
		}
		defer stopWork()
		return p.drain(server)
	})
	p.log.InfoContext(ctx, "serving", "http", p.http.Addr().String(), "rtmp", addrOf(p.rtmp), "rtmps", addrOf(p.rtmps), "metrics", addrOf(p.scrape), "cluster", p.others.addr(), "version", version)
	err := g.Wait()
	p.log.InfoContext(ctx, "stopped")
	return err
}

// drain: not ready, sockets told to go elsewhere, encoders and viewers cut,
// requests in flight finished.
func (p *program) drain(server *http.Server) error {
	p.draining.Store(true)
	p.log.Info("stopping")
	ctx, cancel := context.WithTimeout(context.Background(), p.reload.now.Load().DrainTimeout)
	defer cancel()
	err := p.node.Stop(ctx)
	if p.others != nil {
		p.others.relay.Close() // others may have our streams before our encoders look for them
	}
	p.pulls.Close()
	p.hub.Close()
	p.hls.Close()
	if p.others != nil {
		err = errors.Join(err, p.others.server.Close())
	}
	if shut := server.Shutdown(ctx); shut != nil {
		p.log.Warn("requests were cut", "error", shut)
		err = errors.Join(err, server.Close())
	}
	return err
}

func addrOf(l net.Listener) string {
	if l == nil {
		return "off"
	}
	return l.Addr().String()
}
