package store

import (
	"context"
	"strconv"
	"strings"

	"synctv/internal/mark"
)

const marksSelect = `
	SELECT r.id, r.version, p.epoch, p.version, h.playlist_version, h.chat_seq,
	       (SELECT CAST(COALESCE(SUM(m.version), 0) + 1000003 * COUNT(*) AS BIGINT) FROM members m WHERE m.room_id = r.id)
	FROM rooms r JOIN playbacks p ON p.room_id = r.id JOIN room_heads h ON h.room_id = r.id WHERE r.id IN ($1)`

// Marks tells how far the states of some rooms have come; rooms that are gone
// are left out.
func (s *Store) Marks(ctx context.Context, roomIDs []string) (map[string]mark.Marks, error) {
	if len(roomIDs) == 0 {
		return map[string]mark.Marks{}, nil
	}
	args := make([]any, len(roomIDs))
	binds := make([]string, len(roomIDs))
	for i, id := range roomIDs {
		args[i], binds[i] = id, "$"+strconv.Itoa(i+1)
	}
	type row struct {
		id string
		mark.Marks
	}
	list, err := list(ctx, s.read, func(sc scanner) (r row, err error) {
		err = sc.Scan(&r.id, &r.Room, &r.Epoch, &r.Playback, &r.Playlist, &r.Chat, &r.Members)
		return r, err
	}, strings.Replace(marksSelect, "$1", strings.Join(binds, ", "), 1), args...)
	if err != nil {
		return nil, err
	}
	marks := make(map[string]mark.Marks, len(list))
	for _, r := range list {
		marks[r.id] = r.Marks
	}
	return marks, nil
}
