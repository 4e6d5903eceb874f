package store

import (
	"context"
	"database/sql"
	"time"

	"synctv/internal/cluster"
	"synctv/internal/problem"
)

// errStale answers whoever lost its lock before it came to write.
func errStale() error {
	return problem.New(problem.Unavailable, "unavailable", "This took too long; try again.").Because(cluster.ErrLost)
}

// holds makes sure, within the transaction that writes, that no later holder of
// any of the context's locks has written anything.
func holds(ctx context.Context, tx *sql.Tx) error {
	for _, f := range cluster.Fences(ctx) {
		r, err := tx.ExecContext(ctx, `
			INSERT INTO lock_fences (key, fence) VALUES ($1, $2)
			ON CONFLICT (key) DO UPDATE SET fence = excluded.fence WHERE lock_fences.fence <= excluded.fence`, f.Key, f.Number)
		if err := affected(r, err, errStale()); err != nil {
			return err
		}
	}
	return nil
}

// fencesKept is far longer than any lock lives, or any holder sleeps.
const fencesKept = 24 * time.Hour

// TrimFences forgets at most limit locks that nobody held for a day before then,
// and tells how many.
func (s *Store) TrimFences(ctx context.Context, thenMS int64, limit int) (int, error) {
	r, err := s.write.ExecContext(ctx, `
		DELETE FROM lock_fences WHERE key IN (SELECT key FROM lock_fences WHERE fence < $1 LIMIT $2)`, time.UnixMilli(thenMS).Add(-fencesKept).UnixMicro(), limit)
	if err != nil {
		return 0, err
	}
	n, err := r.RowsAffected()
	return int(n), err
}
