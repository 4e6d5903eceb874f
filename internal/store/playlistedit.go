package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"synctv/internal/room"
	"synctv/internal/screen"
)

// errNothing rolls back a change that changes nothing.
var errNothing = errors.New("nothing to write")

// ChangePlaylist implements room.Playlists. The room's head row is held from
// the first statement on, so changes of one list come one after another.
func (s *Store) ChangePlaylist(ctx context.Context, roomID string, rule func(screen.Playlist) (screen.Edit, error)) (version int64, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		if version, err = nextPlaylistVersion(ctx, tx, roomID); err != nil {
			return err
		}
		list, root, err := wholePlaylist(ctx, tx, roomID)
		if err != nil {
			return err
		}
		list.Version = version - 1
		edit, err := rule(list)
		if err != nil {
			return err
		}
		if edit.Empty() {
			return errNothing
		}
		return writeEdit(ctx, tx, roomID, root, edit)
	})
	if errors.Is(err, errNothing) {
		return version - 1, nil
	}
	return version, err
}

// nextPlaylistVersion counts up and thereby holds the room's head row.
func nextPlaylistVersion(ctx context.Context, tx *sql.Tx, roomID string) (v int64, err error) {
	err = tx.QueryRowContext(ctx,
		`UPDATE room_heads SET playlist_version = playlist_version + 1 WHERE room_id = $1 RETURNING playlist_version`, roomID).Scan(&v)
	return one(v, err, room.ErrRoomNotFound)
}

// wholePlaylist reads what is there and what can still be brought back.
func wholePlaylist(ctx context.Context, tx *sql.Tx, roomID string) (l screen.Playlist, root string, err error) {
	if err := tx.QueryRowContext(ctx, `SELECT id FROM folders WHERE room_id = $1 AND parent_id IS NULL`, roomID).Scan(&root); err != nil {
		return l, "", fmt.Errorf("find the root folder: %w", err)
	}
	rows, err := tx.QueryContext(ctx, itemSelect+` WHERE i.room_id = $1 ORDER BY i.position, i.id`, roomID)
	items, err := all(rows, err, scanItem)
	if err != nil {
		return l, "", err
	}
	rows, err = tx.QueryContext(ctx, folderSelect+` WHERE f.room_id = $1 ORDER BY f.name, f.id`, roomID)
	folders, err := all(rows, err, scanFolder)
	for _, it := range items {
		if it.Gone.AtMS == 0 {
			l.Items = append(l.Items, it)
		} else {
			l.GoneItems = append(l.GoneItems, it)
		}
	}
	for _, f := range folders {
		if f.Gone.AtMS == 0 {
			l.Folders = append(l.Folders, f)
		} else {
			l.GoneFolders = append(l.GoneFolders, f)
		}
	}
	return l, root, err
}

func writeEdit(ctx context.Context, tx *sql.Tx, roomID, root string, e screen.Edit) error {
	for _, f := range e.Folders {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO folders (id, room_id, parent_id, name, added_by, added_by_name, batch, deleted_ms, deleted_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (id) DO UPDATE SET parent_id = excluded.parent_id, name = excluded.name,
			  batch = excluded.batch, deleted_ms = excluded.deleted_ms, deleted_by = excluded.deleted_by`,
			f.ID, roomID, cmp.Or(f.ParentID, root), f.Name, f.AddedBy.ID, f.AddedBy.Name, f.Gone.Batch, f.Gone.AtMS, f.Gone.By)
		if err != nil {
			return err
		}
	}
	items := e.Items()
	for part := range chunks(items) {
		if err := stepAside(ctx, tx, roomID, part); err != nil {
			return err
		}
	}
	for part := range chunks(items) {
		if err := writeItems(ctx, tx, root, part); err != nil {
			return err
		}
	}
	return nil
}

// itemsAtOnce is what both engines write fastest: SQLite's driver looks for each
// value among all of its statement, PostgreSQL pays for each statement (100 items
// by 1, 20 and 100: 4.2, 2.6, 7.3 ms and 4.4, 1.6, 1.4 ms).
const itemsAtOnce = 20

// chunks cuts a list for statements of many rows.
func chunks(items []screen.Item) func(yield func([]screen.Item) bool) {
	return func(yield func([]screen.Item) bool) {
		for len(items) > 0 {
			n := min(itemsAtOnce, len(items))
			if !yield(items[:n]) {
				return
			}
			items = items[n:]
		}
	}
}

// aside is below every position, so that rows which trade places never meet:
// uniqueness is checked row by row.
const aside = -1 << 60

func stepAside(ctx context.Context, tx *sql.Tx, roomID string, items []screen.Item) error {
	args := []any{int64(aside), roomID}
	for _, it := range items {
		args = append(args, it.ID)
	}
	_, err := tx.ExecContext(ctx, `UPDATE items SET position = $1 - position WHERE room_id = $2 AND id IN (`+binds(2, len(items))+`)`, args...)
	return err
}

const itemColumns = 16

// writeItems stores whole rows. What a shuffle has played is not among them:
// the playback writes it.
func writeItems(ctx context.Context, tx *sql.Tx, root string, items []screen.Item) error {
	var rows []string
	var args []any
	for _, it := range items {
		source, err := json.Marshal(it.Source)
		if err != nil {
			return fmt.Errorf("encode source: %w", err)
		}
		live := 0
		if it.Live {
			live = 1
		}
		rows = append(rows, "("+binds(len(args), itemColumns)+")")
		args = append(args, it.ID, it.RoomID, cmp.Or(it.FolderID, root), it.Title, string(source),
			sql.NullString{String: it.Source.Stream, Valid: it.Source.Stream != ""}, live, it.DurationS, it.Position, it.Broken,
			it.AddedBy.ID, it.AddedBy.Name, it.CreatedMS, it.Gone.Batch, it.Gone.AtMS, it.Gone.By)
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO items (id, room_id, folder_id, title, source, stream, live, duration_s, position, broken, added_by, added_by_name, created_ms, batch, deleted_ms, deleted_by)
		VALUES `+strings.Join(rows, ", ")+`
		ON CONFLICT (id) DO UPDATE SET folder_id = excluded.folder_id, title = excluded.title, source = excluded.source,
		  stream = excluded.stream, duration_s = excluded.duration_s, position = excluded.position, broken = excluded.broken,
		  batch = excluded.batch, deleted_ms = excluded.deleted_ms, deleted_by = excluded.deleted_by`, args...)
	return err
}

// binds is "$5, $6, …": n of them after the first "used".
func binds(used, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(used + i + 1))
	}
	return b.String()
}
