package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"synctv/internal/ident"
	"synctv/internal/room"
	"synctv/internal/screen"
	"synctv/internal/text"
)

// CreateRoom implements room.Rooms.
func (s *Store) CreateRoom(ctx context.Context, r room.Room, creator room.Member, p screen.Playback, limit int) error {
	settings, err := json.Marshal(r.Settings)
	if err != nil {
		return fmt.Errorf("encode room settings: %w", err)
	}
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := withinQuota(ctx, tx, r.CreatorID, limit); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO rooms (id, name, name_key, description, creator_id, password_hash, visibility, status, settings, version, created_ms, active_ms)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)`,
			r.ID, r.Name, text.Fold(r.Name), r.Description, r.CreatorID, r.PasswordHash, r.Visibility, r.Status,
			string(settings), r.Version, r.CreatedMS); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx,
			`INSERT INTO room_heads (room_id, playlist_version, members_version, chat_seq) VALUES ($1, 1, 1, 0)`, r.ID); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx,
			`INSERT INTO folders (id, room_id, parent_id, name) VALUES ($1, $2, NULL, '')`, ident.New(), r.ID); err != nil {
			return err
		}
		if err := insertMember(ctx, tx, creator); err != nil {
			return err
		}
		return insertPlayback(ctx, tx, r.ID, p)
	})
}

const roomSelect = `
	SELECT id, name, description, creator_id, password_hash, visibility, status, settings, version, created_ms FROM rooms`

// roomRow is a room as the columns have it.
type roomRow struct {
	room.Room
	settings string
}

func (r *roomRow) fields() []any {
	return []any{&r.ID, &r.Name, &r.Description, &r.CreatorID, &r.PasswordHash, &r.Visibility, &r.Status, &r.settings, &r.Version, &r.CreatedMS}
}

func (r *roomRow) room() (room.Room, error) {
	r.Settings = room.DefaultSettings(r.PasswordHash != "") // what an older room does not say
	if err := json.Unmarshal([]byte(r.settings), &r.Settings); err != nil {
		return r.Room, fmt.Errorf("decode settings of room %s: %w", r.ID, err)
	}
	return r.Room, nil
}

func scanRoom(row scanner) (room.Room, error) {
	var r roomRow
	if err := row.Scan(r.fields()...); err != nil {
		return room.Room{}, err
	}
	return r.room()
}

// Room implements room.Rooms.
func (s *Store) Room(ctx context.Context, id string) (room.Room, error) {
	r, err := scanRoom(s.read.QueryRowContext(ctx, roomSelect+` WHERE id = $1`, id))
	return one(r, err, room.ErrRoomNotFound)
}

// AllRooms lists every room, hidden and closed ones too, newest first: for
// operators.
func (s *Store) AllRooms(ctx context.Context, limit int) ([]room.Room, error) {
	return list(ctx, s.read, scanRoom, roomSelect+` ORDER BY created_ms DESC, id DESC LIMIT $1`, limit)
}

const listColumns = `
	SELECT r.id, r.name, r.description, u.id, u.name, u.color, r.password_hash <> '', r.settings, r.visibility,
	       COALESCE(i.title, ''), COALESCE(i.live, 0), r.created_ms, COALESCE(me.role, ''), r.status
	FROM rooms r
	JOIN users u ON u.id = r.creator_id
	LEFT JOIN playbacks p ON p.room_id = r.id
	LEFT JOIN items i ON i.id = p.item_id`

// ListRooms implements room.Rooms.
func (s *Store) ListRooms(ctx context.Context, q room.ListQuery) ([]room.Summary, error) {
	if q.Before.ID == "" {
		q.Before.CreatedMS = math.MaxInt64
	}
	from := listColumns + `
		LEFT JOIN members me ON me.room_id = r.id AND me.person_id = $1 AND me.status = 'active'
		WHERE r.visibility = 'listed' AND r.status = 'active'`
	if q.Mine {
		from = listColumns + `
		JOIN members me ON me.room_id = r.id AND me.person_id = $1 AND me.status = 'active'
		WHERE r.status <> 'banned'`
	}
	return list(ctx, s.read, scanSummary, from+`
		AND r.name_key LIKE $2 ESCAPE '\' AND (r.created_ms, r.id) < ($3, $4)
		ORDER BY r.created_ms DESC, r.id DESC LIMIT $5`,
		q.Viewer, containing(q.Search), q.Before.CreatedMS, q.Before.ID, q.Limit)
}

func scanSummary(row scanner) (room.Summary, error) {
	var v room.Summary
	var settings string
	var live int64
	err := row.Scan(&v.ID, &v.Name, &v.Description, &v.Creator.ID, &v.Creator.Name, &v.Creator.Color, &v.HasPassword,
		&settings, &v.Visibility, &v.Playing, &live, &v.CreatedMS, &v.Role, &v.Status)
	if err != nil {
		return v, err
	}
	var set room.Settings
	if err := json.Unmarshal([]byte(settings), &set); err != nil {
		return v, fmt.Errorf("decode settings of room %s: %w", v.ID, err)
	}
	v.GuestsAllowed, v.Live = set.GuestsAllowed, live != 0
	return v, nil
}

// containing is the LIKE pattern of "somewhere in it", with the wildcards of
// what was typed taken literally.
func containing(s string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) + "%"
}

// Place is somebody's place in a room.
type Place struct{ Room, Person string }

// ActivePlaces lists at most limit members of open rooms that were used since,
// the room that was used last first.
func (s *Store) ActivePlaces(ctx context.Context, sinceMS int64, limit int) ([]Place, error) {
	return list(ctx, s.read, func(row scanner) (at Place, err error) { return at, row.Scan(&at.Room, &at.Person) }, `
		SELECT m.room_id, m.person_id FROM rooms r JOIN members m ON m.room_id = r.id
		WHERE r.status = 'active' AND r.active_ms >= $1 AND m.status = 'active' ORDER BY r.active_ms DESC LIMIT $2`, sinceMS, limit)
}
