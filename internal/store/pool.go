package store

import (
	"context"
	"strconv"
)

// ServerConnections is how many connections the database server takes from all
// its clients together; 0 for SQLite, which has no such limit.
func (s *Store) ServerConnections(ctx context.Context) (n int, err error) {
	if s.pool == nil {
		return 0, nil
	}
	var text string
	if err := s.read.QueryRowContext(ctx, `SHOW max_connections`).Scan(&text); err != nil {
		return 0, err
	}
	return strconv.Atoi(text)
}
