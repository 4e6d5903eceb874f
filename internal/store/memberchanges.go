package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"synctv/internal/room"
)

// SwapMember implements room.MemberChanges.
func (s *Store) SwapMember(ctx context.Context, from int64, m room.Member, limit int) (swapped bool, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		var was room.MemberStatus
		err := tx.QueryRowContext(ctx, `SELECT status FROM members WHERE room_id = $1 AND person_id = $2 AND version = $3`,
			m.RoomID, m.PersonID, from).Scan(&was)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err == nil && was != room.MemberActive && m.Status == room.MemberActive {
			err = placeFor(ctx, tx, m.RoomID, limit)
		}
		if err != nil {
			return err
		}
		r, err := tx.ExecContext(ctx, `
			UPDATE members SET role = $1, status = $2, added = $3, removed = $4, muted_until_ms = $5,
			  ban_reason = $6, ban_by_name = $7, ban_ms = $8, version = $9
			WHERE room_id = $10 AND person_id = $11 AND version = $12`,
			m.Role, m.Status, int64(m.Added), int64(m.Removed), m.MutedUntilMS, //nolint:gosec // the same 64 bits
			m.Ban.Reason, m.Ban.ByName, m.Ban.AtMS, m.Version, m.RoomID, m.PersonID, from)
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		swapped = n > 0
		return err
	})
	return swapped, err
}

func placeFor(ctx context.Context, tx *sql.Tx, roomID string, limit int) error {
	n, err := countMembers(ctx, tx, roomID, room.MemberActive)
	if err == nil && n >= limit {
		return room.ErrRoomFull
	}
	return err
}

// Kick implements room.MemberChanges. Kicks of the room that are over go with
// it, so that the table holds running ones only.
func (s *Store) Kick(ctx context.Context, roomID, personID string, nowMS, untilMS int64) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, `DELETE FROM members WHERE room_id = $1 AND person_id = $2 AND role <> 'creator'`, roomID, personID)
		if err := affected(r, err, room.ErrMemberNotFound); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM kicks WHERE room_id = $1 AND until_ms <= $2`, roomID, nowMS); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO kicks (room_id, person_id, until_ms) VALUES ($1, $2, $3)
			ON CONFLICT (room_id, person_id) DO UPDATE SET until_ms = excluded.until_ms`, roomID, personID, untilMS)
		return err
	})
}

// KickedUntil implements room.MemberChanges.
func (s *Store) KickedUntil(ctx context.Context, roomID, personID string) (untilMS int64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT until_ms FROM kicks WHERE room_id = $1 AND person_id = $2`, roomID, personID).Scan(&untilMS)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return untilMS, err
}

// RoomsOf implements room.MemberChanges.
func (s *Store) RoomsOf(ctx context.Context, personID string) ([]string, error) {
	return list(ctx, s.read, scanText, `SELECT room_id FROM members WHERE person_id = $1 ORDER BY room_id`, personID)
}

// Faces implements room.MemberChanges, in one query however many rooms.
func (s *Store) Faces(ctx context.Context, seats []room.Seat) ([]room.Member, error) {
	if len(seats) == 0 {
		return []room.Member{}, nil
	}
	var values strings.Builder
	args := make([]any, 0, 2*len(seats))
	for i, seat := range seats {
		if i > 0 {
			values.WriteByte(',')
		}
		fmt.Fprintf(&values, "($%d,$%d)", 2*i+1, 2*i+2)
		args = append(args, seat.RoomID, seat.PersonID)
	}
	return list(ctx, s.read, scanMember, `WITH seat (room_id, person_id) AS (VALUES `+values.String()+`)`+
		strings.Replace(memberSelect, "FROM members m", "FROM seat JOIN members m ON m.room_id = seat.room_id AND m.person_id = seat.person_id", 1)+
		` ORDER BY m.joined_ms, m.person_id`, args...)
}
