package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestALostDatabaseIsSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &syncBuffer{}
		var broken atomic.Bool
		w := &storeWatch{ping: func(context.Context) error {
			if broken.Load() {
				return errors.New("no route")
			}
			return nil
		}, log: slog.New(slog.NewTextHandler(out, nil))}
		ctx, cancel := context.WithCancel(t.Context())
		go w.run(ctx)
		after := func(d time.Duration, away bool, lines int, last string) {
			t.Helper()
			<-time.After(d)
			synctest.Wait()
			if w.away.Load() != away || strings.Count(out.String(), "msg=") != lines || !strings.Contains(out.String(), last) {
				t.Errorf("away %v, said %s", w.away.Load(), out)
			}
		}
		after(time.Minute, false, 0, "")
		broken.Store(true)
		after(time.Minute, true, 1, "no route")
		broken.Store(false)
		after(time.Minute, false, 2, "the database is back")
		cancel()
		synctest.Wait()
	})
}
