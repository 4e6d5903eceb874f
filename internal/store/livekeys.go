package store

import (
	"context"

	"synctv/internal/room"
	"synctv/internal/screen"
)

const liveKeySelect = `SELECT id, room_id, item_id, stream, key_hash, hint, created_by, created_by_name, created_ms FROM live_keys k`

func scanLiveKey(row scanner) (screen.LiveKey, error) {
	var k screen.LiveKey
	err := row.Scan(&k.ID, &k.RoomID, &k.ItemID, &k.Stream, &k.Hash, &k.Hint, &k.CreatedBy.ID, &k.CreatedBy.Name, &k.CreatedMS)
	return k, err
}

// AddLiveKey implements room.LiveKeys.
func (s *Store) AddLiveKey(ctx context.Context, k screen.LiveKey) error {
	_, err := s.write.ExecContext(ctx, `
		INSERT INTO live_keys (id, room_id, item_id, stream, key_hash, hint, created_by, created_by_name, created_ms)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		k.ID, k.RoomID, k.ItemID, k.Stream, k.Hash, k.Hint, k.CreatedBy.ID, k.CreatedBy.Name, k.CreatedMS)
	return err
}

// LiveKeys implements room.LiveKeys. Keys of deleted items are left out: they
// open nothing, unless the items come back.
func (s *Store) LiveKeys(ctx context.Context, roomID string) ([]screen.LiveKey, error) {
	return list(ctx, s.read, scanLiveKey, liveKeySelect+` WHERE k.room_id = $1
		AND EXISTS (SELECT 1 FROM items i WHERE i.id = k.item_id AND i.deleted_ms = 0) ORDER BY k.created_ms, k.id`, roomID)
}

// RemoveLiveKey implements room.LiveKeys.
func (s *Store) RemoveLiveKey(ctx context.Context, roomID, keyID string) error {
	r, err := s.write.ExecContext(ctx, `DELETE FROM live_keys WHERE id = $1 AND room_id = $2`, keyID, roomID)
	return affected(r, err, room.ErrKeyNotFound)
}

// LiveKeyByHash implements room.LiveKeys.
func (s *Store) LiveKeyByHash(ctx context.Context, hash string) (screen.LiveKey, error) {
	k, err := scanLiveKey(s.read.QueryRowContext(ctx, liveKeySelect+` WHERE key_hash = $1`, hash))
	return one(k, err, room.ErrKeyRefused)
}
