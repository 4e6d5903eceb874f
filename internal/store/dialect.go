package store

import (
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
