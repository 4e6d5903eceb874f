package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"synctv/internal/room"
	"synctv/internal/screen"
)

// The root folder has no parent; the rule book knows it as the empty id.
const (
	itemSelect = `
		SELECT i.id, i.room_id, CASE WHEN f.parent_id IS NULL THEN '' ELSE f.id END, i.title, i.source, i.live, i.duration_s,
		       i.position, i.broken, i.played, i.added_by, i.added_by_name, i.created_ms, i.batch, i.deleted_ms, i.deleted_by
		FROM items i JOIN folders f ON f.id = i.folder_id`
	folderSelect = `
		SELECT f.id, CASE WHEN p.parent_id IS NULL THEN '' ELSE p.id END, f.name, f.added_by, f.added_by_name, f.batch, f.deleted_ms, f.deleted_by
		FROM folders f JOIN folders p ON p.id = f.parent_id`
)

func scanItem(row scanner) (screen.Item, error) {
	var it screen.Item
	var source string
	var live int64
	err := row.Scan(&it.ID, &it.RoomID, &it.FolderID, &it.Title, &source, &live, &it.DurationS, &it.Position, &it.Broken, &it.Played,
		&it.AddedBy.ID, &it.AddedBy.Name, &it.CreatedMS, &it.Gone.Batch, &it.Gone.AtMS, &it.Gone.By)
	if err != nil {
		return it, err
	}
	it.Live = live != 0
	if err := json.Unmarshal([]byte(source), &it.Source); err != nil {
		return it, fmt.Errorf("decode source of item %s: %w", it.ID, err)
	}
	return it, nil
}

func scanFolder(row scanner) (screen.Folder, error) {
	var f screen.Folder
	err := row.Scan(&f.ID, &f.ParentID, &f.Name, &f.AddedBy.ID, &f.AddedBy.Name, &f.Gone.Batch, &f.Gone.AtMS, &f.Gone.By)
	return f, err
}

// Playlist implements room.Playlists. Version and items are read in one
// transaction, so that they belong together.
func (s *Store) Playlist(ctx context.Context, roomID string) (screen.Playlist, error) {
	var l screen.Playlist
	tx, err := s.read.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return l, fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // it only read
	err = tx.QueryRowContext(ctx, `SELECT playlist_version FROM room_heads WHERE room_id = $1`, roomID).Scan(&l.Version)
	if l, err = one(l, err, room.ErrRoomNotFound); err != nil {
		return l, err
	}
	rows, err := tx.QueryContext(ctx, itemSelect+` WHERE i.room_id = $1 AND i.deleted_ms = 0 ORDER BY i.position, i.id`, roomID)
	if l.Items, err = all(rows, err, scanItem); err != nil {
		return l, err
	}
	rows, err = tx.QueryContext(ctx, folderSelect+` WHERE f.room_id = $1 AND f.deleted_ms = 0 ORDER BY f.name, f.id`, roomID)
	l.Folders, err = all(rows, err, scanFolder)
	return l, err
}

// Item implements room.Playlists.
func (s *Store) Item(ctx context.Context, roomID, itemID string) (screen.Item, error) {
	it, err := scanItem(s.read.QueryRowContext(ctx, itemSelect+` WHERE i.id = $1 AND i.room_id = $2 AND i.deleted_ms = 0`, itemID, roomID))
	return one(it, err, screen.ErrItemNotFound)
}

// ItemByStream implements room.Playlists.
func (s *Store) ItemByStream(ctx context.Context, roomID, stream string) (screen.Item, error) {
	it, err := scanItem(s.read.QueryRowContext(ctx, itemSelect+` WHERE i.stream = $1 AND i.deleted_ms = 0`, stream))
	if it, err = one(it, err, screen.ErrItemNotFound); err == nil && roomID != "" && it.RoomID != roomID {
		return screen.Item{}, screen.ErrItemNotFound
	}
	return it, err
}

// PurgeDeleted implements room.Playlists. A folder goes when nothing is left
// in it that could still come back.
func (s *Store) PurgeDeleted(ctx context.Context, beforeMS int64, limit int) (removed int, err error) {
	for _, query := range []string{
		`DELETE FROM items WHERE id IN (SELECT id FROM items WHERE deleted_ms > 0 AND deleted_ms < $1 ORDER BY deleted_ms LIMIT $2)`,
		`DELETE FROM folders WHERE id IN (
			SELECT f.id FROM folders f WHERE f.deleted_ms > 0 AND f.deleted_ms < $1
			AND NOT EXISTS (SELECT 1 FROM items i WHERE i.folder_id = f.id)
			AND NOT EXISTS (SELECT 1 FROM folders c WHERE c.parent_id = f.id)
			ORDER BY f.deleted_ms LIMIT $2)`,
	} {
		r, err := s.write.ExecContext(ctx, query, beforeMS, limit)
		if err != nil {
			return removed, err
		}
		n, err := r.RowsAffected()
		if err != nil {
			return removed, err
		}
		removed += int(n)
	}
	return removed, nil
}
