package store

import (
	"context"
	"fmt"
)

// Settings gives what admins have set, by key.
func (s *Store) Settings(ctx context.Context) (_ map[string]string, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT key, value FROM settings ORDER BY key`)
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	defer rows.Close()
	all := map[string]string{}
	for rows.Next() {
		var key, value string
		if err := rows.Scan(&key, &value); err != nil {
			return nil, fmt.Errorf("read a setting: %w", err)
		}
		all[key] = value
	}
	return all, rows.Err()
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
