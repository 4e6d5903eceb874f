package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date. Several processes may try at once: one
// works, the others wait and find it done.
func (s *Store) migrate(ctx context.Context) error {
	name, opts, err := s.dialect.migrations()
	if err != nil {
		return err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(name, s.write, files, opts...)
	if err != nil {
		return err
	}
	// The provider is not closed: closing it would close the pool it was given.
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
