package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"synctv/internal/room"
	"synctv/internal/text"
)

// withinQuota counts a person's rooms while holding their account's row, so
// that two rooms at once do not both become the last one.
func withinQuota(ctx context.Context, tx *sql.Tx, creatorID string, limit int) error {
	if limit <= 0 {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `UPDATE users SET version = version WHERE id = $1`, creatorID); err != nil {
		return err
	}
	var n int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM rooms WHERE creator_id = $1`, creatorID).Scan(&n); err != nil {
		return err
	}
	if n >= limit {
		return room.ErrRoomLimit
	}
	return nil
}

// SwapRoom implements room.RoomChanges.
func (s *Store) SwapRoom(ctx context.Context, from int64, next room.Room) (gone []string, swapped bool, err error) {
	settings, err := json.Marshal(next.Settings)
	if err != nil {
		return nil, false, fmt.Errorf("encode room settings: %w", err)
	}
	err = s.tx(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, `
			UPDATE rooms SET name = $1, name_key = $2, description = $3, password_hash = $4, visibility = $5, status = $6,
			  settings = $7, version = $8 WHERE id = $9 AND version = $10`,
			next.Name, text.Fold(next.Name), next.Description, next.PasswordHash, next.Visibility, next.Status,
			string(settings), next.Version, next.ID, from)
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		if swapped = n > 0; err != nil || !swapped || next.Settings.GuestsAllowed {
			return err
		}
		gone, err = removeGuests(ctx, tx, next.ID)
		return err
	})
	return gone, swapped, err
}

// removeGuests takes all guests out of a room; their tokens go with them.
func removeGuests(ctx context.Context, tx *sql.Tx, roomID string) ([]string, error) {
	rows, err := tx.QueryContext(ctx, `DELETE FROM members WHERE room_id = $1 AND user_id IS NULL RETURNING person_id`, roomID)
	return all(rows, err, scanText)
}

func scanText(row scanner) (text string, err error) { return text, row.Scan(&text) }

// DeleteRoom implements room.RoomChanges.
func (s *Store) DeleteRoom(ctx context.Context, roomID string) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, `DELETE FROM rooms WHERE id = $1`, roomID)
		return affected(r, err, room.ErrRoomNotFound)
	})
}

// OwnRooms implements room.RoomChanges.
func (s *Store) OwnRooms(ctx context.Context, creatorID string) ([]room.RoomName, error) {
	return list(ctx, s.read, func(row scanner) (n room.RoomName, err error) { return n, row.Scan(&n.ID, &n.Name) },
		`SELECT id, name FROM rooms WHERE creator_id = $1 ORDER BY created_ms, id`, creatorID)
}

// HandOver implements room.RoomChanges. The room's row goes first: it is what
// two who hand over at once meet at.
func (s *Store) HandOver(ctx context.Context, roomID, from, to string) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, `UPDATE rooms SET creator_id = $1, version = version + 1 WHERE id = $2 AND creator_id = $3`, to, roomID, from)
		if err := affected(r, err, room.ErrMemberNotFound); err != nil {
			return err
		}
		r, err = tx.ExecContext(ctx, `UPDATE members SET role = 'admin', version = version + 1
			WHERE room_id = $1 AND person_id = $2 AND role = 'creator'`, roomID, from)
		if err := affected(r, err, room.ErrMemberNotFound); err != nil {
			return err
		}
		r, err = tx.ExecContext(ctx, `UPDATE members SET role = 'creator', added = 0, removed = 0, muted_until_ms = 0, version = version + 1
			WHERE room_id = $1 AND person_id = $2 AND status = 'active' AND user_id IS NOT NULL`, roomID, to)
		return affected(r, err, room.ErrMemberNotFound)
	})
}

// TouchRoom implements room.RoomChanges. Within a minute once is enough.
func (s *Store) TouchRoom(ctx context.Context, roomID string, atMS int64) error {
	_, err := s.write.ExecContext(ctx, `UPDATE rooms SET active_ms = $1 WHERE id = $2 AND active_ms + 60000 < $1`, atMS, roomID)
	return err
}

// IdleRooms implements room.RoomChanges.
func (s *Store) IdleRooms(ctx context.Context, sinceMS int64, limit int) ([]room.Room, error) {
	return list(ctx, s.read, scanRoom, roomSelect+` WHERE status = 'active' AND active_ms < $1 ORDER BY active_ms LIMIT $2`, sinceMS, limit)
}
