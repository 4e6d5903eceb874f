package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"

	"synctv/internal/config"
	"synctv/internal/telemetry"
)

// settle is how long the folder must be quiet: editors write a file in several
// steps, and Kubernetes moves links about.
const settle = 200 * time.Millisecond

// reloader takes over the parts of a changed configuration file that are marked
// live.
type reloader struct {
	path   string // empty: there is no file
	read   func() ([]config.Value, config.Config, error)
	levels *telemetry.Levels
	log    *slog.Logger
	now    atomic.Pointer[config.Config] // what holds
	woken  chan struct{}                 // room for one: something changed; for closeIdle
	values []config.Value                // what was read last; Run's alone once it runs
}

func newReloader(flags, env config.Lookup, levels *telemetry.Levels, log *slog.Logger) (*reloader, error) {
	r := &reloader{path: config.FilePath(flags, env), levels: levels, log: log, woken: make(chan struct{}, 1), read: func() ([]config.Value, config.Config, error) {
		values, err := config.Resolve(flags, env)
		if err != nil {
			return nil, config.Config{}, err
		}
		cfg, err := config.Load(flags, env)
		return values, cfg, err
	}}
	values, cfg, err := r.read()
	if err != nil {
		return nil, fmt.Errorf("configuration:\n%w", err)
	}
	r.values = values
	r.now.Store(&cfg)
	return r, nil
}

// Run watches the file's folder until ctx ends.
func (r *reloader) Run(ctx context.Context) error {
	if r.path == "" {
		return nil
	}
	watcher, err := fsnotify.NewWatcher()
	if err == nil {
		err = watcher.Add(filepath.Dir(r.path))
	}
	if err != nil {
		r.log.WarnContext(ctx, "the configuration file is not watched", "error", err)
		return nil
	}
	defer func() { _ = watcher.Close() }()
	quiet := time.NewTimer(settle) // runs: what changed since the start was read before anybody watched
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-watcher.Events:
			quiet.Reset(settle)
		case err := <-watcher.Errors:
			r.log.WarnContext(ctx, "watching the configuration file", "error", err)
			quiet.Reset(settle)
		case <-quiet.C:
			r.again(ctx)
		}
	}
}

// again reads the file. One with mistakes changes nothing.
func (r *reloader) again(ctx context.Context) {
	values, cfg, err := r.read()
	if err != nil {
		r.log.ErrorContext(ctx, "the changed configuration is not used", "error", err)
		return
	}
	live := *r.now.Load()
	for i, v := range values {
		switch {
		case v.Text == r.values[i].Text:
		case v.Live:
			r.log.InfoContext(ctx, "configuration changed", "key", v.Flag, "value", v.Text)
		default:
			r.log.WarnContext(ctx, "this change needs a restart", "key", v.Flag)
		}
	}
	r.values = values
	if cfg.LogLevel != live.LogLevel {
		_ = r.levels.Set(cfg.LogLevel) // it was checked
	}
	live.AuditDays = cfg.AuditDays
	live.LogLevel, live.ChatDays, live.RoomIdle, live.DrainTimeout = cfg.LogLevel, cfg.ChatDays, cfg.RoomIdle, cfg.DrainTimeout
	r.now.Store(&live)
	select {
	case r.woken <- struct{}{}:
	default:
	}
}
