package store

import (
	"context"
	"database/sql"

	"synctv/internal/room"
)

func insertPlayback(ctx context.Context, tx *sql.Tx, roomID string, p room.Playback) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO playbacks (room_id, item_id, status, position_s, rate, at_ms, epoch, version, by_id, by_name)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		roomID, p.ItemID, p.Status, p.PositionS, p.Rate, p.AtMS, p.Epoch, p.Version, p.By.ID, p.By.Name)
	return err
}

// Playback implements room.Playbacks.
func (s *Store) Playback(ctx context.Context, roomID string) (room.Playback, error) {
	var p room.Playback
	err := s.read.QueryRowContext(ctx, `
		SELECT item_id, status, position_s, rate, at_ms, epoch, version, by_id, by_name
		FROM playbacks WHERE room_id = $1`, roomID).
		Scan(&p.ItemID, &p.Status, &p.PositionS, &p.Rate, &p.AtMS, &p.Epoch, &p.Version, &p.By.ID, &p.By.Name)
	return one(p, err, room.ErrRoomNotFound)
}

// SwapPlayback implements room.Playbacks.
func (s *Store) SwapPlayback(ctx context.Context, roomID string, from int64, p room.Playback) (bool, error) {
	r, err := s.write.ExecContext(ctx, `
		UPDATE playbacks SET item_id = $1, status = $2, position_s = $3, rate = $4, at_ms = $5, epoch = $6, version = $7, by_id = $8, by_name = $9
		WHERE room_id = $10 AND version = $11`,
		p.ItemID, p.Status, p.PositionS, p.Rate, p.AtMS, p.Epoch, p.Version, p.By.ID, p.By.Name, roomID, from)
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n == 1, err
}
