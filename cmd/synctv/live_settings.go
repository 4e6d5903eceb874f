package main

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"synctv/internal/audit"
	"synctv/internal/ident"
	"synctv/internal/setting"
	"synctv/internal/store"
)

// liveSettings is what admins set while the server runs. Each replica reads the
// store when another says so, and every settingsEvery, should the word be lost.
type liveSettings struct {
	db     *store.Store
	base   func() setting.Settings // of the configuration
	tell   func(ctx context.Context)
	record audit.Log
	time   func() time.Time
	log    *slog.Logger
	woken  chan struct{} // room for one
	stored atomic.Pointer[map[string]string]
}

const (
	settingsEvery = 10 * time.Second
	settingsOp    = "settings" // of a broadcast
	readTimeout   = 5 * time.Second
)

// Now is what holds on this replica. It does not block.
func (l *liveSettings) Now() setting.Settings { return setting.Over(l.base(), *l.stored.Load()) }

// wake has the store read soon; it does not block.
func (l *liveSettings) wake() {
	select {
	case l.woken <- struct{}{}:
	default:
	}
}

// read takes over what is stored.
func (l *liveSettings) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	all, err := l.db.Settings(ctx)
	if err == nil {
		l.stored.Store(&all)
	}
	return err
}

// Run keeps this replica up to date until ctx ends.
func (l *liveSettings) Run(ctx context.Context) error {
	tick := time.NewTicker(settingsEvery)
	defer tick.Stop()
	for {
		if err := l.read(ctx); err != nil && ctx.Err() == nil {
			l.log.WarnContext(ctx, "the settings could not be read", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-l.woken:
		}
	}
}

// List implements api.Settings.
func (l *liveSettings) List(ctx context.Context) ([]setting.Line, error) {
	all, err := l.db.Settings(ctx)
	return setting.Lines(l.base(), all), err
}

// Change implements api.Settings.
func (l *liveSettings) Change(ctx context.Context, by ident.By, key string, value *string) error {
	detail := map[string]string{"setting": key}
	if value == nil {
		if err := l.db.ResetSetting(ctx, key); err != nil {
			return err
		}
	} else {
		if err := setting.Check(key, *value); err != nil {
			return err
		}
		if err := l.db.SetSetting(ctx, key, *value, l.time().UnixMilli()); err != nil {
			return err
		}
		detail["value"] = *value
	}
	l.record.Record(ctx, audit.Entry{Action: "server.setting", Actor: audit.Party{ID: by.ID, Name: by.Name}, Target: audit.Party{ID: key, Name: key}, Detail: detail})
	if err := l.read(ctx); err != nil {
		return err
	}
	l.tell(ctx)
	return nil
}
