package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"time"

	"synctv/internal/telemetry"
)

// pool is the connections of one kind. It tells traces and, of what took long,
// the log which statements ran: their texts, never the values bound to them.
type pool struct {
	db   *sql.DB
	slow time.Duration // 0: nothing is slow
	log  *slog.Logger

	mu   sync.Mutex
	kept map[string]*sql.Stmt // guarded by mu; queries for one row, by text; nil: the driver keeps them itself
}

// ExecContext runs a statement.
func (p *pool) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	ctx, done := p.begin(ctx, query)
	r, err := p.db.ExecContext(ctx, query, args...)
	done(err)
	return r, err
}

// list runs a query on p and scans every row; what is watched ends with the last.
// The result is never nil.
func list[T any](ctx context.Context, p *pool, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	inner, done := p.begin(ctx, query)
	rows, err := p.db.QueryContext(inner, query, args...)
	found, err := all(rows, err, scan)
	done(err)
	return found, err
}

// QueryRowContext runs a query for one row. Its text is one of few: each stays
// compiled on each connection that ran it. SQLite's driver would compile it every
// time, and a member is looked up for each piece of a film.
func (p *pool) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	inner, done := p.begin(ctx, query)
	var row *sql.Row
	if stmt := p.compiled(inner, query); stmt != nil { //nolint:sqlclosecheck // kept as long as the pool
		row = stmt.QueryRowContext(inner, args...)
	} else {
		row = p.db.QueryRowContext(inner, query, args...)
	}
	done(row.Err())
	return row
}

// compiled is the kept form of a query; nil where none are kept, and if it does
// not compile: running it says why.
func (p *pool) compiled(ctx context.Context, query string) *sql.Stmt {
	if p.kept == nil {
		return nil
	}
	p.mu.Lock()
	stmt := p.kept[query]
	p.mu.Unlock()
	if stmt != nil {
		return stmt
	}
	stmt, err := p.db.PrepareContext(ctx, query)
	if err != nil {
		return nil
	}
	p.mu.Lock()
	first := p.kept[query]
	if first == nil {
		first, p.kept[query] = stmt, stmt
	}
	p.mu.Unlock()
	if first != stmt {
		_ = stmt.Close() //nolint:sqlclosecheck // somebody was faster
	}
	return first
}

// begin watches one statement until done.
func (p *pool) begin(ctx context.Context, query string) (context.Context, func(error)) {
	inner, span := telemetry.Start(ctx, "store")
	if !span.Recorded() && p.slow == 0 {
		return ctx, func(error) {}
	}
	start := time.Now()
	return inner, func(err error) { p.end(ctx, span, query, time.Since(start), err) }
}

func (p *pool) end(ctx context.Context, span telemetry.Span, what string, took time.Duration, err error) {
	slow := p.slow > 0 && took >= p.slow
	if slow || span.Recorded() {
		what = strings.Join(strings.Fields(what), " ")
	}
	if slow {
		p.log.WarnContext(ctx, "the database was slow", "ms", took.Milliseconds(), "statement", what)
	}
	span.Set("db.query.text", what)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	span.End(err)
}

// workName is the method that a transaction's work was written in.
func workName(work func(*sql.Tx) error) string {
	name := runtime.FuncForPC(reflect.ValueOf(work).Pointer()).Name()
	name = name[strings.LastIndexByte(name, '/')+1:]
	if _, after, ok := strings.Cut(name, ")."); ok {
		name = after
	}
	name, _, _ = strings.Cut(name, ".func")
	return name
}
