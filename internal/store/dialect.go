package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	sqlitedriver "modernc.org/sqlite"
)

// dialect is all that differs between the engines.
type dialect interface {
	// duplicate tells whether an error says that a unique key is taken.
	duplicate(err error) bool
	// referenced tells whether an error says that other rows still point here.
	referenced(err error) bool
	// migrations gives goose what it needs to run alone on a database.
	migrations() (goose.Dialect, []goose.ProviderOption, error)
	// tables is the query for the tables that hold data, by name.
	tables() string
	// beginSnapshot begins a transaction that sees one moment.
	beginSnapshot() string
	// holdForeignKeys lets rows come in any order within tx; what it gives must
	// be run before the commit.
	holdForeignKeys(ctx context.Context, tx *sql.Tx) (after []string, err error)
}

type sqlite struct{}

// SQLite's extended result codes for broken keys.
const (
	sqliteConstraintPrimaryKey = 1555
	sqliteConstraintUnique     = 2067
	sqliteConstraintForeignKey = 787
)

func (sqlite) duplicate(err error) bool {
	e, ok := errors.AsType[*sqlitedriver.Error](err)
	return ok && (e.Code() == sqliteConstraintPrimaryKey || e.Code() == sqliteConstraintUnique)
}

func (sqlite) referenced(err error) bool {
	e, ok := errors.AsType[*sqlitedriver.Error](err)
	return ok && e.Code() == sqliteConstraintForeignKey
}

func (sqlite) migrations() (goose.Dialect, []goose.ProviderOption, error) {
	return goose.DialectSQLite3, nil, nil // a file lock is taken around it
}

func (sqlite) tables() string {
	return `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version' ORDER BY name`
}

func (sqlite) beginSnapshot() string { return "BEGIN DEFERRED" }

func (sqlite) holdForeignKeys(ctx context.Context, tx *sql.Tx) ([]string, error) {
	_, err := tx.ExecContext(ctx, `PRAGMA defer_foreign_keys = 1`) // ends with the transaction
	return nil, err
}

type postgres struct{}

func (postgres) duplicate(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "23505" // unique_violation
}

func (postgres) referenced(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "23503" // foreign_key_violation
}

func (postgres) migrations() (goose.Dialect, []goose.ProviderOption, error) {
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return "", nil, err
	}
	return goose.DialectPostgres, []goose.ProviderOption{goose.WithSessionLocker(locker)}, nil
}

func (postgres) tables() string {
	return `SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'goose_db_version' ORDER BY tablename`
}

func (postgres) beginSnapshot() string { return "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" }

// holdForeignKeys takes them away; putting them back checks every row, once.
func (postgres) holdForeignKeys(ctx context.Context, tx *sql.Tx) ([]string, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
		       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
		FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY conname`)
	pairs, err := all(rows, err, func(row scanner) (p [2]string, err error) { return p, row.Scan(&p[0], &p[1]) })
	if err != nil {
		return nil, err
	}
	after := []string{}
	for _, p := range pairs {
		if _, err := tx.ExecContext(ctx, p[0]); err != nil {
			return nil, err
		}
		after = append(after, p[1])
	}
	return after, nil
}
