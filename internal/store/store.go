// Package store keeps what must outlive the process, in SQLite or PostgreSQL
// with one SQL text for both. It implements the storage ports of the packages
// that declare them (room, account) and knows their types; it decides nothing.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // registers the "sqlite" driver

	"synctv/internal/telemetry"
)

// Store is an open database. Safe for use from many goroutines.
type Store struct {
	dialect dialect
	path    string // SQLite: the file; else empty
	// SQLite has one writer at a time: a second connection that wants to write
	// waits in the driver and may lose. So one connection writes, many read.
	// PostgreSQL has the same pool in both.
	write, read *pool
	pool        *pgxpool.Pool // PostgreSQL only
}

// Options of a database.
type Options struct {
	// URL is "sqlite:path/to/file" or "postgres://user:password@host/db".
	URL string
	// MaxConns bounds the connections of this process; for SQLite the readers.
	MaxConns int
	// Slow is what is written to Log as slow; 0: nothing.
	Slow time.Duration
	Log  *slog.Logger // needed with Slow
}

// connectTimeout bounds how long PostgreSQL may take to let us in.
const connectTimeout = 5 * time.Second

// busyTimeoutMS is how long SQLite waits for another process (the CLI) to let
// go of the file.
const busyTimeoutMS = 5000

// Open connects and brings the schema up to date. The caller closes it.
func Open(ctx context.Context, o Options) (*Store, error) {
	s, err := connect(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("migrate the database: %w", err), s.Close())
	}
	return s, nil
}

// connect opens a database as it is.
func connect(ctx context.Context, o Options) (*Store, error) {
	switch scheme, rest, _ := strings.Cut(o.URL, ":"); scheme {
	case "sqlite":
		return openSQLite(rest, o)
	case "postgres", "postgresql":
		return openPostgres(ctx, o)
	}
	return nil, errors.New("database URL: want sqlite:FILE or postgres://…")
}

func openSQLite(path string, o Options) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	dsn := func(extra ...string) string {
		q := url.Values{"_pragma": append([]string{
			"foreign_keys(1)", "journal_mode(WAL)", "synchronous(NORMAL)", fmt.Sprintf("busy_timeout(%d)", busyTimeoutMS),
		}, extra...)}
		q.Set("_txlock", "immediate")
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
	}
	write, err := sql.Open("sqlite", dsn())
	if err != nil {
		return nil, fmt.Errorf("open SQLite to write: %w", err)
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", dsn("query_only(1)"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open SQLite to read: %w", err), write.Close())
	}
	n := max(o.MaxConns, 4)
	read.SetMaxOpenConns(n)
	read.SetMaxIdleConns(n)
	reads := &pool{db: read, slow: o.Slow, log: o.Log, kept: map[string]*sql.Stmt{}}
	return &Store{dialect: sqlite{}, path: path, write: &pool{db: write, slow: o.Slow, log: o.Log}, read: reads}, nil
}

func openPostgres(ctx context.Context, o Options) (*Store, error) {
	cfg, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, errors.New("database URL is not a PostgreSQL URL") // its words could hold the password
	}
	cfg.MaxConns = int32(max(o.MaxConns, 2)) //nolint:gosec // a small number from the configuration
	cfg.MaxConnIdleTime = 5 * time.Minute
	cfg.ConnConfig.ConnectTimeout = connectTimeout
	conns, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	db := &pool{db: stdlib.OpenDBFromPool(conns), slow: o.Slow, log: o.Log}
	return &Store{dialect: postgres{}, write: db, read: db, pool: conns}, nil
}

// Close ends all connections.
func (s *Store) Close() error {
	err := s.write.db.Close()
	if s.read != s.write {
		err = errors.Join(err, s.read.db.Close())
	}
	if s.pool != nil {
		s.pool.Close()
	}
	return err
}

// Pools gives the numbers of each pool of connections, by its name.
func (s *Store) Pools() map[string]func() sql.DBStats {
	if s.pool != nil {
		return map[string]func() sql.DBStats{"main": func() sql.DBStats {
			n := s.pool.Stat()
			return sql.DBStats{
				MaxOpenConnections: int(n.MaxConns()), OpenConnections: int(n.TotalConns()), InUse: int(n.AcquiredConns()), Idle: int(n.IdleConns()),
				WaitCount: n.EmptyAcquireCount(), WaitDuration: n.EmptyAcquireWaitTime(),
			}
		}}
	}
	return map[string]func() sql.DBStats{"write": s.write.db.Stats, "read": s.read.db.Stats}
}

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.read.db.PingContext(ctx) }

// tx runs work in one transaction: committed when work succeeds, rolled back
// when it fails or panics. Locks that the context carries must still hold.
func (s *Store) tx(ctx context.Context, work func(*sql.Tx) error) (err error) {
	ctx, span := telemetry.Start(ctx, "store transaction")
	if span.Recorded() || s.write.slow > 0 {
		start := time.Now()
		defer func() { s.write.end(ctx, span, workName(work), time.Since(start), err) }()
	}
	tx, err := s.write.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if err := holds(ctx, tx); err != nil {
		return err
	}
	if err := work(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// scanner is a row or the current row of several.
type scanner interface{ Scan(dest ...any) error }

// one turns "no row" into the problem that fits.
func one[T any](v T, err error, missing error) (T, error) {
	var zero T
	if errors.Is(err, sql.ErrNoRows) {
		return zero, missing
	}
	if err != nil {
		return zero, err
	}
	return v, nil
}

// all scans every row. The result is never nil.
func all[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	list := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

// affected is for statements that must hit a row.
func affected(r sql.Result, err error, missing error) error {
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return missing
}
