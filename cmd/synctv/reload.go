package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"

	"synctv/internal/config"
	"synctv/internal/telemetry"
)

// settle is how long the folder must be quiet: editors write a file in several
// steps, and Kubernetes moves links about.
const settle = 200 * time.Millisecond

// reloader takes over the keys of a changed configuration that are marked live.
// It watches the folders of the file and of the secrets' own files.
type reloader struct {
	path       string // empty: there is no file
	flags, env config.Lookup
	log        *slog.Logger                  // made of what was read first; set before Run
	levels     *telemetry.Levels             // the same
	now        atomic.Pointer[config.Config] // what holds
	woken      chan struct{}                 // room for one: something changed; for closeIdle
	values     []config.Value                // what was read last; Run's alone once it runs
}

// readConfig reads everything for the first time.
func readConfig(flags, env config.Lookup) (*reloader, error) {
	r := &reloader{path: config.FilePath(flags, env), flags: flags, env: env, woken: make(chan struct{}, 1)}
	values, cfg, err := r.read()
	if err != nil {
		return nil, err
	}
	r.values = values
	r.now.Store(&cfg)
	return r, nil
}

func (r *reloader) read() (values []config.Value, cfg config.Config, err error) {
	if values, err = config.Resolve(r.flags, r.env); err != nil {
		return nil, cfg, err
	}
	cfg, err = config.Parse(values)
	return values, cfg, err
}

// files are what the configuration is in.
func (r *reloader) files() (list []string) {
	if r.path != "" {
		list = append(list, filepath.Clean(r.path))
	}
	for _, v := range r.values {
		if v.File != "" {
			list = append(list, filepath.Clean(v.File))
		}
	}
	return list
}

// concerns says whether a change in a watched folder may be one of a file's:
// Kubernetes moves a link called ..data, and a database may be beside a secret.
func (r *reloader) concerns(name string) bool {
	return slices.Contains(r.files(), filepath.Clean(name)) || strings.HasPrefix(filepath.Base(name), "..")
}

// Run watches the files' folders until ctx ends.
func (r *reloader) Run(ctx context.Context) error {
	if len(r.files()) == 0 {
		return nil
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		r.log.WarnContext(ctx, "the configuration is not watched", "error", err)
		return nil
	}
	defer func() { _ = watcher.Close() }()
	watch := func() {
		for _, file := range r.files() {
			if err := watcher.Add(filepath.Dir(file)); err != nil { // again does nothing
				r.log.WarnContext(ctx, "a file of the configuration is not watched", "file", file, "error", err)
			}
		}
	}
	watch()
	quiet := time.NewTimer(settle) // runs: what changed since the start was read before anybody watched
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-watcher.Events:
			if r.concerns(e.Name) {
				quiet.Reset(settle)
			}
		case err := <-watcher.Errors:
			r.log.WarnContext(ctx, "watching the configuration", "error", err)
			quiet.Reset(settle)
		case <-quiet.C:
			r.again(ctx)
			watch() // a secret may be in another file now
		}
	}
}

// again reads everything. What has mistakes changes nothing.
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
	live.Take(values)
	r.now.Store(&live)
	select {
	case r.woken <- struct{}{}:
	default:
	}
}
