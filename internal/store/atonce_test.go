package store_test

import (
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"synctv/internal/room"
	"synctv/internal/store"
	"synctv/internal/store/storetest"
)

// TestManyOpenAnEmptyDatabaseAtOnce: one of them makes the tables, the others
// wait; all of them have the same schema in the end.
func TestManyOpenAnEmptyDatabaseAtOnce(t *testing.T) {
	for name, url := range map[string]string{
		"sqlite":   "sqlite:" + filepath.Join(t.TempDir(), "new", "synctv.db"),
		"postgres": storetest.StartPostgres(t).NewDatabase(t),
	} {
		t.Run(name, func(t *testing.T) {
			const many = 8
			var opening sync.WaitGroup
			ready := make(chan struct{})
			for range many {
				opening.Go(func() {
					<-ready
					db, err := store.Open(t.Context(), store.Options{URL: url, MaxConns: 2})
					if err != nil {
						t.Error(err)
						return
					}
					if err := db.Ping(t.Context()); err != nil {
						t.Error(err)
					}
					if err := db.Close(); err != nil {
						t.Error(err)
					}
				})
			}
			close(ready)
			opening.Wait()
			steps, err := store.Migrations(t.Context(), store.Options{URL: url, MaxConns: 2})
			if err != nil || len(steps) < 11 {
				t.Fatal(len(steps), err)
			}
			for _, s := range steps {
				if !s.Applied {
					t.Errorf("%s is missing", s.File)
				}
			}
		})
	}
}

// TestSlowStatementsAreLogged: with their text and without their values.
func TestSlowStatementsAreLogged(t *testing.T) {
	for name, url := range map[string]string{"sqlite": storetest.SQLiteURL(t), "postgres": storetest.StartPostgres(t).NewDatabase(t)} {
		t.Run(name, func(t *testing.T) {
			for slow, want := range map[time.Duration]bool{time.Nanosecond: true, time.Hour: false, 0: false} {
				var out strings.Builder
				db, err := store.Open(t.Context(), store.Options{URL: url, MaxConns: 2, Slow: slow, Log: slog.New(slog.NewTextHandler(&out, nil))})
				if err != nil {
					t.Fatal(err)
				}
				_, _ = db.User(t.Context(), "hunter2")                       // one row
				_, _ = db.SourcesOf(t.Context(), "hunter2")                  // rows
				_, _ = db.TrimFences(t.Context(), 1, 1)                      // no rows
				_, _, _ = db.SwapRoom(t.Context(), 1, room.Room{ID: "none"}) // a transaction
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				for _, statement := range []string{"FROM users u WHERE", "FROM sources WHERE", "DELETE FROM lock_fences", "statement=SwapRoom"} {
					if strings.Contains(out.String(), statement) != want {
						t.Errorf("slow from %v on: %q is there: %v; %s", slow, statement, !want, &out)
					}
				}
				if strings.Contains(out.String(), "hunter2") {
					t.Error("a value is logged")
				}
			}
		})
	}
}
