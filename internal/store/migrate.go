package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrations of this program, on this database.
func (s *Store) migrations() (*goose.Provider, error) {
	name, opts, err := s.dialect.migrations()
	if err != nil {
		return nil, err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	// The provider is never closed: that would close the pool it was given.
	return goose.NewProvider(name, s.write.db, files, opts...)
}

// migrate brings the schema up to date. Several processes may try at once: one
// works, the others wait and find it done.
func (s *Store) migrate(ctx context.Context) error {
	provider, err := s.migrations()
	if err != nil {
		return err
	}
	if s.path != "" {
		release, err := lockFile(s.path + ".lock")
		if err != nil {
			return fmt.Errorf("lock the database file: %w", err)
		}
		defer release()
	}
	_, err = provider.Up(ctx)
	return err
}

// Migration is one step of the schema.
type Migration struct {
	Version int64  `json:"version"`
	File    string `json:"file"`
	Applied bool   `json:"applied"`
	AtMS    int64  `json:"applied_ms"`
}

// Migrations tells how far the schema of a database is, and changes nothing
// but the table that counts migrations, if it was missing.
func Migrations(ctx context.Context, o Options) (list []Migration, err error) {
	s, err := connect(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	provider, err := s.migrations()
	if err != nil {
		return nil, err
	}
	states, err := provider.Status(ctx)
	for _, m := range states {
		one := Migration{Version: m.Source.Version, File: path.Base(m.Source.Path), Applied: m.State == goose.StateApplied}
		if one.Applied {
			one.AtMS = m.AppliedAt.UnixMilli()
		}
		list = append(list, one)
	}
	return list, err
}
