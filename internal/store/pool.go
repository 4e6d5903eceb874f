package store

import "context"

// ServerConnections is how many connections the database server takes from all
// its clients together; 0 for SQLite, which has no such limit.
func (s *Store) ServerConnections(ctx context.Context) (n int, err error) {
	if s.pool == nil {
		return 0, nil
	}
	err = s.read.QueryRowContext(ctx, `SELECT setting::bigint FROM pg_settings WHERE name = 'max_connections'`).Scan(&n)
	return n, err
}
