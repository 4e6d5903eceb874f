package store

import (
	"context"
	"fmt"
)

// Secret gives what this installation keeps under a name, the same on every
// replica and after every start; fresh is kept if there is nothing yet.
func (s *Store) Secret(ctx context.Context, name, fresh string) (string, error) {
	_, err := s.write.ExecContext(ctx, `INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, fresh)
	if err != nil {
		return "", fmt.Errorf("keep a secret: %w", err)
	}
	var value string
	if err := s.write.QueryRowContext(ctx, `SELECT value FROM secrets WHERE name = $1`, name).Scan(&value); err != nil {
		return "", fmt.Errorf("read a secret: %w", err)
	}
	return value, nil
}
