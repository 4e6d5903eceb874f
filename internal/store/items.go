package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"synctv/internal/problem"
	"synctv/internal/room"
)

const itemSelect = `SELECT id, room_id, title, source, live, duration_s, position, added_by, added_by_name, created_ms FROM items`

func scanItem(row scanner) (room.Item, error) {
	var it room.Item
	var source string
	var live int64
	err := row.Scan(&it.ID, &it.RoomID, &it.Title, &source, &live, &it.DurationS, &it.Position, &it.AddedBy.ID, &it.AddedBy.Name, &it.CreatedMS)
	if err != nil {
		return it, err
	}
	it.Live = live != 0
	if err := json.Unmarshal([]byte(source), &it.Source); err != nil {
		return it, fmt.Errorf("decode source of item %s: %w", it.ID, err)
	}
	return it, nil
}

// Playlist implements room.Playlists. Version and items are read in one
// transaction, so that they belong together.
func (s *Store) Playlist(ctx context.Context, roomID string) (room.Playlist, error) {
	var l room.Playlist
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return l, fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // it only read
	err = tx.QueryRowContext(ctx, `SELECT playlist_version FROM room_heads WHERE room_id = $1`, roomID).Scan(&l.Version)
	if l, err = one(l, err, room.ErrRoomNotFound); err != nil {
		return l, err
	}
	rows, err := tx.QueryContext(ctx, itemSelect+` WHERE room_id = $1 ORDER BY position`, roomID)
	l.Items, err = all(rows, err, scanItem)
	return l, err
}

// Item implements room.Playlists.
func (s *Store) Item(ctx context.Context, roomID, itemID string) (room.Item, error) {
	it, err := scanItem(s.read.QueryRowContext(ctx, itemSelect+` WHERE id = $1 AND room_id = $2`, itemID, roomID))
	return one(it, err, room.ErrItemNotFound)
}

// ItemByStream implements room.Playlists.
func (s *Store) ItemByStream(ctx context.Context, roomID, stream string) (room.Item, error) {
	it, err := scanItem(s.read.QueryRowContext(ctx, itemSelect+` WHERE stream = $1`, stream))
	if it, err = one(it, err, room.ErrItemNotFound); err == nil && roomID != "" && it.RoomID != roomID {
		return room.Item{}, room.ErrItemNotFound
	}
	return it, err
}

// positionStep leaves room between neighbours, so that one item can be moved
// without touching the others.
const positionStep = 1 << 20

// AddItems implements room.Playlists.
func (s *Store) AddItems(ctx context.Context, roomID string, items []room.Item) (version int64, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		if version, err = nextPlaylistVersion(ctx, tx, roomID); err != nil {
			return err
		}
		var folder string
		if err := tx.QueryRowContext(ctx, `SELECT id FROM folders WHERE room_id = $1 AND parent_id IS NULL`, roomID).Scan(&folder); err != nil {
			return fmt.Errorf("find the root folder: %w", err)
		}
		var n int
		var last int64
		if err := tx.QueryRowContext(ctx, `SELECT count(*), COALESCE(max(position), 0) FROM items WHERE room_id = $1`, roomID).Scan(&n, &last); err != nil {
			return err
		}
		if n+len(items) > room.MaxItems {
			return problem.New(problem.Conflict, "playlist_full", "The playlist is full.")
		}
		for i := range items {
			last += positionStep
			items[i].Position = last
			if err := insertItem(ctx, tx, folder, items[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return version, err
}

// nextPlaylistVersion counts up and thereby holds the room's head row: changes
// of one list come one after another.
func nextPlaylistVersion(ctx context.Context, tx *sql.Tx, roomID string) (v int64, err error) {
	err = tx.QueryRowContext(ctx,
		`UPDATE room_heads SET playlist_version = playlist_version + 1 WHERE room_id = $1 RETURNING playlist_version`, roomID).Scan(&v)
	return one(v, err, room.ErrRoomNotFound)
}

func insertItem(ctx context.Context, tx *sql.Tx, folder string, it room.Item) error {
	source, err := json.Marshal(it.Source)
	if err != nil {
		return fmt.Errorf("encode source: %w", err)
	}
	live := 0
	if it.Live {
		live = 1
	}
	stream := sql.NullString{String: it.Source.Stream, Valid: it.Source.Stream != ""}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO items (id, room_id, folder_id, title, source, stream, live, duration_s, position, added_by, added_by_name, created_ms)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		it.ID, it.RoomID, folder, it.Title, string(source), stream, live, it.DurationS, it.Position, it.AddedBy.ID, it.AddedBy.Name, it.CreatedMS)
	return err
}

// RemoveItem implements room.Playlists.
func (s *Store) RemoveItem(ctx context.Context, roomID, itemID string) (version int64, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		if version, err = nextPlaylistVersion(ctx, tx, roomID); err != nil {
			return err
		}
		r, err := tx.ExecContext(ctx, `DELETE FROM items WHERE id = $1 AND room_id = $2`, itemID, roomID)
		return affected(r, err, room.ErrItemNotFound)
	})
	return version, err
}
