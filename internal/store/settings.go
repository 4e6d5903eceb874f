package store

import (
	"context"
	"fmt"
)

// Settings gives what admins have set, by key.
func (s *Store) Settings(ctx context.Context) (map[string]string, error) {
	pairs, err := list(ctx, s.read, func(row scanner) (pair [2]string, err error) { return pair, row.Scan(&pair[0], &pair[1]) },
		`SELECT key, value FROM settings ORDER BY key`)
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	all := make(map[string]string, len(pairs))
	for _, pair := range pairs {
		all[pair[0]] = pair[1]
	}
	return all, nil
}

// SetSetting keeps a value.
func (s *Store) SetSetting(ctx context.Context, key, value string, atMS int64) error {
	_, err := s.write.ExecContext(ctx, `
		INSERT INTO settings (key, value, changed_ms) VALUES ($1, $2, $3)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_ms = excluded.changed_ms`, key, value, atMS)
	if err != nil {
		return fmt.Errorf("keep a setting: %w", err)
	}
	return nil
}

// ResetSetting forgets a value.
func (s *Store) ResetSetting(ctx context.Context, key string) error {
	if _, err := s.write.ExecContext(ctx, `DELETE FROM settings WHERE key = $1`, key); err != nil {
		return fmt.Errorf("forget a setting: %w", err)
	}
	return nil
}
