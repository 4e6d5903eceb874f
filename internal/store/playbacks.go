package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"synctv/internal/room"
	"synctv/internal/screen"
)

func insertPlayback(ctx context.Context, tx *sql.Tx, roomID string, p screen.Playback) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO playbacks (room_id, item_id, status, position_s, rate, at_ms, epoch, version, by_id, by_name)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		roomID, p.ItemID, p.Status, p.PositionS, p.Rate, p.AtMS, p.Epoch, p.Version, p.By.ID, p.By.Name)
	return err
}

// Playback implements room.Playbacks.
func (s *Store) Playback(ctx context.Context, roomID string) (screen.Playback, error) {
	var p screen.Playback
	var waits string
	err := s.read.QueryRowContext(ctx, `
		SELECT item_id, status, position_s, rate, at_ms, epoch, version, by_id, by_name, duration_s, next_item_id, next_ms, round, wait_ms, waits
		FROM playbacks WHERE room_id = $1`, roomID).
		Scan(&p.ItemID, &p.Status, &p.PositionS, &p.Rate, &p.AtMS, &p.Epoch, &p.Version, &p.By.ID, &p.By.Name,
			&p.DurationS, &p.NextItemID, &p.NextMS, &p.Round, &p.WaitMS, &waits)
	if err == nil && waits != "" {
		err = json.Unmarshal([]byte(waits), &p.Waits)
	}
	return one(p, err, room.ErrRoomNotFound)
}

// SwapPlayback implements room.Playbacks. An item that is started is marked
// with the shuffle round in the same transaction.
func (s *Store) SwapPlayback(ctx context.Context, roomID string, from int64, p screen.Playback) (swapped bool, err error) {
	if !p.Started || p.ItemID == "" {
		return swapPlayback(ctx, s.write, roomID, from, p)
	}
	err = s.tx(ctx, func(tx *sql.Tx) error {
		if swapped, err = swapPlayback(ctx, tx, roomID, from, p); err != nil || !swapped {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE items SET played = $1 WHERE id = $2 AND room_id = $3`, p.Round, p.ItemID, roomID)
		return err
	})
	return swapped && err == nil, err
}

// execer is the database or a transaction.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func swapPlayback(ctx context.Context, db execer, roomID string, from int64, p screen.Playback) (bool, error) {
	var waits []byte
	if len(p.Waits) > 0 {
		var err error
		if waits, err = json.Marshal(p.Waits); err != nil {
			return false, err
		}
	}
	r, err := db.ExecContext(ctx, `
		UPDATE playbacks SET item_id = $1, status = $2, position_s = $3, rate = $4, at_ms = $5, epoch = $6, version = $7, by_id = $8, by_name = $9,
		  duration_s = $10, next_item_id = $11, next_ms = $12, round = $13, due_ms = $14, wait_ms = $15, waits = $16
		WHERE room_id = $17 AND version = $18`,
		p.ItemID, p.Status, p.PositionS, p.Rate, p.AtMS, p.Epoch, p.Version, p.By.ID, p.By.Name,
		p.DurationS, p.NextItemID, p.NextMS, p.Round, p.DueMS(), p.WaitMS, string(waits), roomID, from)
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n == 1, err
}

// DuePlaybacks implements room.Endings.
func (s *Store) DuePlaybacks(ctx context.Context, limit int) ([]screen.Due, error) {
	return list(ctx, s.read, func(row scanner) (d screen.Due, err error) {
		err = row.Scan(&d.RoomID, &d.AtMS)
		return d, err
	}, `SELECT room_id, due_ms FROM playbacks WHERE due_ms > 0 ORDER BY due_ms LIMIT $1`, limit)
}

// PutReport implements room.Endings.
func (s *Store) PutReport(ctx context.Context, roomID string, r screen.Report) error {
	ended := 0
	if r.Ended {
		ended = 1
	}
	_, err := s.write.ExecContext(ctx, `
		INSERT INTO playback_reports (room_id, person_id, epoch, duration_s, ended, failed) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (room_id, person_id) DO UPDATE SET epoch = excluded.epoch, duration_s = excluded.duration_s,
		  ended = excluded.ended, failed = excluded.failed`,
		roomID, r.PersonID, r.Epoch, r.DurationS, ended, r.Failed)
	return err
}

// Reports implements room.Endings.
func (s *Store) Reports(ctx context.Context, roomID string, epoch int64) ([]screen.Report, error) {
	return list(ctx, s.read, func(row scanner) (r screen.Report, err error) {
		var ended int64
		err = row.Scan(&r.PersonID, &r.Epoch, &r.DurationS, &ended, &r.Failed)
		r.Ended = ended != 0
		return r, err
	}, `SELECT person_id, epoch, duration_s, ended, failed FROM playback_reports WHERE room_id = $1 AND epoch = $2`, roomID, epoch)
}
