package store

import (
	"context"

	"synctv/internal/talk"
)

// AddDanmaku implements room.Danmakus.
func (s *Store) AddDanmaku(ctx context.Context, roomID string, d talk.Danmaku) error {
	_, err := s.write.ExecContext(ctx, `
		INSERT INTO danmaku (id, room_id, item_id, position_s, body, mode, color, size, author_id, author_name, author_color, created_ms)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		d.ID, roomID, d.ItemID, d.PositionS, d.Text, d.Mode, d.Color, d.Size, d.Author.ID, d.Author.Name, d.Author.Color, d.CreatedMS)
	return err
}

// DanmakuBetween implements room.Danmakus.
func (s *Store) DanmakuBetween(ctx context.Context, roomID, itemID string, fromS, toS float64, limit int) ([]talk.Danmaku, error) {
	return list(ctx, s.read, func(row scanner) (talk.Danmaku, error) {
		var d talk.Danmaku
		err := row.Scan(&d.ID, &d.ItemID, &d.PositionS, &d.Text, &d.Mode, &d.Color, &d.Size, &d.Author.ID, &d.Author.Name, &d.Author.Color, &d.CreatedMS)
		return d, err
	}, `
		SELECT id, item_id, position_s, body, mode, color, size, author_id, author_name, author_color, created_ms
		FROM danmaku WHERE room_id = $1 AND item_id = $2 AND position_s >= $3 AND position_s < $4
		ORDER BY position_s, id LIMIT $5`, roomID, itemID, fromS, toS, limit)
}

// RemoveDanmaku implements room.Danmakus.
func (s *Store) RemoveDanmaku(ctx context.Context, roomID, danmakuID, authorID string) error {
	r, err := s.write.ExecContext(ctx, `
		DELETE FROM danmaku WHERE id = $1 AND room_id = $2 AND (author_id = $3 OR $3 = '')`, danmakuID, roomID, authorID)
	return affected(r, err, talk.ErrDanmakuNotFound)
}

// TrimDanmaku implements room.Danmakus.
func (s *Store) TrimDanmaku(ctx context.Context, beforeMS int64, limit int) (int, error) {
	return s.trim(ctx, `DELETE FROM danmaku WHERE id IN (SELECT id FROM danmaku WHERE created_ms < $1 ORDER BY created_ms LIMIT $2)`, beforeMS, limit)
}
