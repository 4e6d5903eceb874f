package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"reflect"
	"runtime"
	"strings"
	"time"

	"synctv/internal/telemetry"
)

// pool is the connections of one kind. It tells traces and, of what took long,
// the log which statements ran: their texts, never the values bound to them.
type pool struct {
	*sql.DB
	slow time.Duration // 0: nothing is slow
	log  *slog.Logger
}

// ExecContext runs a statement.
func (p *pool) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	ctx, done := p.begin(ctx, query)
	r, err := p.DB.ExecContext(ctx, query, args...)
	done(err)
	return r, err
}

// QueryContext runs a query; what is watched ends with the first row.
func (p *pool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	inner, done := p.begin(ctx, query)
	rows, err := p.DB.QueryContext(inner, query, args...)
	done(err)
	return rows, err
}

// QueryRowContext runs a query for one row.
func (p *pool) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	inner, done := p.begin(ctx, query)
	row := p.DB.QueryRowContext(inner, query, args...)
	done(row.Err())
	return row
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
