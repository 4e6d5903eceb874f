package store

import (
	"context"
	"database/sql"

	"synctv/internal/caption"
	"synctv/internal/room"
)

const subtitleSelect = `SELECT id, label, language, format, origin, added_by, added_by_name, created_ms`

func scanSubtitle(row scanner) (caption.Track, error) {
	var t caption.Track
	err := row.Scan(&t.ID, &t.Label, &t.Language, &t.Format, &t.Origin, &t.AddedBy.ID, &t.AddedBy.Name, &t.CreatedMS)
	return t, err
}

// AddTrack implements caption.Tracks. The room's head row is held meanwhile, so
// that two uploads at once cannot both take the last place.
func (s *Store) AddTrack(ctx context.Context, roomID, itemID string, t caption.Track, body string, q caption.Quota) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, `UPDATE room_heads SET playlist_version = playlist_version WHERE room_id = $1`, roomID)
		if err := affected(r, err, room.ErrRoomNotFound); err != nil {
			return err
		}
		var tracks int
		var bytes int64
		if err := tx.QueryRowContext(ctx, `SELECT count(*), COALESCE(sum(bytes), 0) FROM subtitles WHERE room_id = $1`, roomID).Scan(&tracks, &bytes); err != nil {
			return err
		}
		if tracks >= q.Tracks || bytes+int64(len(body)) > q.Bytes {
			return caption.ErrQuota
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO subtitles (id, room_id, item_id, label, language, format, origin, bytes, body, added_by, added_by_name, created_ms)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			t.ID, roomID, itemID, t.Label, t.Language, t.Format, t.Origin, len(body), body, t.AddedBy.ID, t.AddedBy.Name, t.CreatedMS)
		return err
	})
}

// TracksOf implements caption.Tracks.
func (s *Store) TracksOf(ctx context.Context, roomID, itemID string) ([]caption.Track, error) {
	return list(ctx, s.read, scanSubtitle, subtitleSelect+` FROM subtitles WHERE item_id = $1 AND room_id = $2 ORDER BY created_ms, id`, itemID, roomID)
}

// TrackText implements caption.Tracks.
func (s *Store) TrackText(ctx context.Context, roomID, itemID, id string) (t caption.Track, body string, err error) {
	err = s.read.QueryRowContext(ctx, subtitleSelect+`, body FROM subtitles WHERE id = $1 AND item_id = $2 AND room_id = $3`, id, itemID, roomID).
		Scan(&t.ID, &t.Label, &t.Language, &t.Format, &t.Origin, &t.AddedBy.ID, &t.AddedBy.Name, &t.CreatedMS, &body)
	t, err = one(t, err, caption.ErrNotFound)
	return t, body, err
}

// RemoveTrack implements caption.Tracks.
func (s *Store) RemoveTrack(ctx context.Context, roomID, itemID, id string) error {
	r, err := s.write.ExecContext(ctx, `DELETE FROM subtitles WHERE id = $1 AND item_id = $2 AND room_id = $3`, id, itemID, roomID)
	return affected(r, err, caption.ErrNotFound)
}
