package store

import (
	"context"
	"database/sql"
	"errors"

	"synctv/internal/right"
	"synctv/internal/room"
)

// People with an account show the account's name and colour, guests their own.
const memberSelect = `
	SELECT m.room_id, m.person_id, CASE WHEN m.user_id IS NULL THEN 'guest' ELSE 'user' END,
	       COALESCE(u.name, m.name), COALESCE(u.color, m.color), m.role, m.status, m.added, m.removed, m.version, m.joined_ms,
	       COALESCE(u.role IN ('root', 'admin'), FALSE), m.muted_until_ms, m.ban_reason, m.ban_by_name, m.ban_ms
	FROM members m LEFT JOIN users u ON u.id = m.user_id`

// memberRow is a member as the columns have it.
type memberRow struct {
	room.Member
	added, removed int64
}

func (m *memberRow) fields() []any {
	return []any{
		&m.RoomID, &m.PersonID, &m.Kind, &m.Name, &m.Color, &m.Role, &m.Status, &m.added, &m.removed, &m.Version, &m.JoinedMS,
		&m.Platform, &m.MutedUntilMS, &m.Ban.Reason, &m.Ban.ByName, &m.Ban.AtMS,
	}
}

func (m *memberRow) member() room.Member {
	m.Added, m.Removed = right.Permissions(m.added), right.Permissions(m.removed) //nolint:gosec // the same 64 bits
	return m.Member
}

func scanMember(row scanner) (room.Member, error) {
	var m memberRow
	err := row.Scan(m.fields()...)
	return m.member(), err
}

func insertMember(ctx context.Context, tx *sql.Tx, m room.Member) error {
	userID := sql.NullString{String: m.PersonID, Valid: m.Kind == room.KindUser}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO members (room_id, person_id, user_id, name, color, role, status, added, removed, version, joined_ms)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		m.RoomID, m.PersonID, userID, m.Name, m.Color, m.Role, m.Status,
		int64(m.Added), int64(m.Removed), m.Version, m.JoinedMS) //nolint:gosec // the same 64 bits
	return err
}

// Member implements room.Members.
func (s *Store) Member(ctx context.Context, roomID, personID string) (room.Member, error) {
	m, err := scanMember(s.read.QueryRowContext(ctx, memberSelect+` WHERE m.room_id = $1 AND m.person_id = $2`, roomID, personID))
	return one(m, err, room.ErrMemberNotFound)
}

const entrySelect = `
	SELECT r.id, r.name, r.description, r.creator_id, r.password_hash, r.visibility, r.status, r.settings, r.version, r.created_ms,
	       COALESCE(m.room_id, ''), COALESCE(m.person_id, ''), CASE WHEN m.user_id IS NULL THEN 'guest' ELSE 'user' END,
	       COALESCE(u.name, m.name, ''), COALESCE(u.color, m.color, ''), COALESCE(m.role, ''), COALESCE(m.status, ''),
	       COALESCE(m.added, 0), COALESCE(m.removed, 0), COALESCE(m.version, 0), COALESCE(m.joined_ms, 0),
	       COALESCE(u.role IN ('root', 'admin'), FALSE), COALESCE(m.muted_until_ms, 0),
	       COALESCE(m.ban_reason, ''), COALESCE(m.ban_by_name, ''), COALESCE(m.ban_ms, 0)
	FROM rooms r LEFT JOIN members m ON m.room_id = r.id AND m.person_id = $1 LEFT JOIN users u ON u.id = m.user_id
	WHERE r.id = $2`

// Entry implements room.Entries in one statement.
func (s *Store) Entry(ctx context.Context, roomID, personID string) (room.Room, room.Member, error) {
	var r roomRow
	var m memberRow
	err := s.read.QueryRowContext(ctx, entrySelect, personID, roomID).Scan(append(r.fields(), m.fields()...)...)
	if _, err = one(0, err, room.ErrRoomNotFound); err != nil {
		return room.Room{}, room.Member{}, err
	}
	found, err := r.room()
	if err == nil && m.PersonID == "" {
		return found, room.Member{}, room.ErrMemberNotFound
	}
	return found, m.member(), err
}

// Members implements room.Members.
func (s *Store) Members(ctx context.Context, roomID string) ([]room.Member, error) {
	return list(ctx, s.read, scanMember, memberSelect+` WHERE m.room_id = $1 ORDER BY m.joined_ms, m.person_id`, roomID)
}

// AddMember implements room.Members.
func (s *Store) AddMember(ctx context.Context, m room.Member, limit int) (room.Member, error) {
	err := s.tx(ctx, func(tx *sql.Tx) error { return addMember(ctx, tx, m, limit) })
	if s.dialect.duplicate(err) {
		return s.Member(ctx, m.RoomID, m.PersonID)
	}
	return m, err
}

// AddGuest implements room.Members.
func (s *Store) AddGuest(ctx context.Context, m room.Member, tokenHash string, limit int) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := addMember(ctx, tx, m, limit); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO guest_tokens (token_hash, room_id, person_id, created_ms) VALUES ($1, $2, $3, $4)`,
			tokenHash, m.RoomID, m.PersonID, m.JoinedMS)
		return err
	})
}

// addMember stores a membership if there is a place for it.
func addMember(ctx context.Context, tx *sql.Tx, m room.Member, limit int) error {
	n, err := countMembers(ctx, tx, m.RoomID, m.Status)
	if err != nil {
		return err
	}
	if n >= limit {
		// Someone who is in already does not need a place.
		err := tx.QueryRowContext(ctx, `SELECT 1 FROM members WHERE room_id = $1 AND person_id = $2`, m.RoomID, m.PersonID).Scan(&n)
		if errors.Is(err, sql.ErrNoRows) {
			return room.ErrRoomFull
		}
		if err != nil {
			return err
		}
	}
	return insertMember(ctx, tx, m)
}

// countMembers counts those in one status under the head row's lock, so that
// two who want the last place do not both get it.
func countMembers(ctx context.Context, tx *sql.Tx, roomID string, status room.MemberStatus) (n int, err error) {
	r, err := tx.ExecContext(ctx, `UPDATE room_heads SET members_version = members_version + 1 WHERE room_id = $1`, roomID)
	if err := affected(r, err, room.ErrRoomNotFound); err != nil {
		return 0, err
	}
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM members WHERE room_id = $1 AND status = $2`, roomID, status).Scan(&n)
	return n, err
}

// RemoveMember implements room.Members.
func (s *Store) RemoveMember(ctx context.Context, roomID, personID string) error {
	r, err := s.write.ExecContext(ctx, `DELETE FROM members WHERE room_id = $1 AND person_id = $2`, roomID, personID)
	return affected(r, err, room.ErrMemberNotFound)
}

// GuestByToken implements room.Members.
func (s *Store) GuestByToken(ctx context.Context, roomID, tokenHash string) (room.Member, error) {
	m, err := scanMember(s.read.QueryRowContext(ctx, memberSelect+`
		JOIN guest_tokens t ON t.room_id = m.room_id AND t.person_id = m.person_id
		WHERE t.token_hash = $1 AND t.room_id = $2`, tokenHash, roomID))
	return one(m, err, room.ErrNotMember)
}
