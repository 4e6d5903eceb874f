package store

import (
	"context"
	"database/sql"
	"slices"

	"synctv/internal/screen"
)

// ItemsAtOnce is how many items a statement writes.
const ItemsAtOnce = itemsAtOnce

// WriteItemsBy writes items, n in a statement, in one transaction: what the
// benchmark compares.
func (s *Store) WriteItemsBy(ctx context.Context, roomID string, items []screen.Item, n int) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		var root string
		if err := tx.QueryRowContext(ctx, `SELECT id FROM folders WHERE room_id = $1 AND parent_id IS NULL`, roomID).Scan(&root); err != nil {
			return err
		}
		for part := range slices.Chunk(items, n) {
			if err := writeItems(ctx, tx, root, part); err != nil {
				return err
			}
		}
		return nil
	})
}

// FillMessages puts n old messages into a room that has none.
func (s *Store) FillMessages(ctx context.Context, roomID string, n int) error {
	_, err := s.write.ExecContext(ctx, `
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO messages (room_id, seq, id, kind, author_id, author_name, author_color, body, item_id, position_s, created_ms)
		SELECT $2, i, 'message ' || i, 'user', 'ada', 'ada', '#123456', 'What a film, see how it ends', '', 0, i FROM n`, n, roomID)
	return err
}
