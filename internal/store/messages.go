package store

import (
	"context"
	"database/sql"
	"math"
	"slices"

	"synctv/internal/room"
)

// AddMessage implements room.Messages.
func (s *Store) AddMessage(ctx context.Context, roomID string, m room.Message) (room.Message, error) {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `UPDATE room_heads SET chat_seq = chat_seq + 1 WHERE room_id = $1 RETURNING chat_seq`, roomID).Scan(&m.Seq)
		if _, err := one(m.Seq, err, room.ErrRoomNotFound); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO messages (room_id, seq, id, kind, author_id, author_name, author_color, body, item_id, position_s, created_ms)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			roomID, m.Seq, m.ID, m.Kind, m.Author.ID, m.Author.Name, m.Author.Color, m.Text, m.ItemID, m.PositionS, m.CreatedMS)
		return err
	})
	return m, err
}

// MessagesBefore implements room.Messages.
func (s *Store) MessagesBefore(ctx context.Context, roomID string, seq int64, limit int) ([]room.Message, error) {
	if seq <= 0 {
		seq = math.MaxInt64
	}
	rows, err := s.read.QueryContext(ctx, `
		SELECT id, seq, kind, author_id, author_name, author_color, body, item_id, position_s, created_ms
		FROM messages WHERE room_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3`, roomID, seq, limit)
	page, err := all(rows, err, scanMessage)
	slices.Reverse(page)
	return page, err
}

func scanMessage(row scanner) (room.Message, error) {
	var m room.Message
	err := row.Scan(&m.ID, &m.Seq, &m.Kind, &m.Author.ID, &m.Author.Name, &m.Author.Color, &m.Text, &m.ItemID, &m.PositionS, &m.CreatedMS)
	return m, err
}
