package store

import (
	"context"
	"database/sql"

	"synctv/internal/media/source"
	"synctv/internal/vault"
)

const sourceSelect = `SELECT id, user_id, kind, name, url, created_ms`

func scanSource(row scanner) (source.Account, error) {
	var a source.Account
	err := row.Scan(&a.ID, &a.UserID, &a.Kind, &a.Name, &a.URL, &a.CreatedMS)
	return a, err
}

// AddSource implements source.Accounts.
func (s *Store) AddSource(ctx context.Context, a source.Account, sealed string, most int) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM sources WHERE user_id = $1`, a.UserID).Scan(&n); err != nil {
			return err
		}
		if n >= most {
			return source.ErrTooMany
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO sources (id, user_id, kind, name, url, key_id, sealed, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			a.ID, a.UserID, a.Kind, a.Name, a.URL, vault.KeyOf(sealed), sealed, a.CreatedMS)
		return err
	})
}

// SourcesOf implements source.Accounts.
func (s *Store) SourcesOf(ctx context.Context, userID string) ([]source.Account, error) {
	return list(ctx, s.read, scanSource, sourceSelect+` FROM sources WHERE user_id = $1 ORDER BY created_ms, id`, userID)
}

// Source implements source.Accounts.
func (s *Store) Source(ctx context.Context, id string) (a source.Account, sealed string, err error) {
	err = s.read.QueryRowContext(ctx, sourceSelect+`, sealed FROM sources WHERE id = $1`, id).
		Scan(&a.ID, &a.UserID, &a.Kind, &a.Name, &a.URL, &a.CreatedMS, &sealed)
	a, err = one(a, err, source.ErrUnlinked)
	return a, sealed, err
}

// RemoveSource implements source.Accounts.
func (s *Store) RemoveSource(ctx context.Context, userID, id string) error {
	r, err := s.write.ExecContext(ctx, `DELETE FROM sources WHERE id = $1 AND user_id = $2`, id, userID)
	return affected(r, err, source.ErrUnlinked)
}

// SealedOtherwise implements source.Accounts.
func (s *Store) SealedOtherwise(ctx context.Context, keyID string, limit int) (map[string]string, error) {
	list, err := list(ctx, s.write, scanPair, `SELECT id, sealed FROM sources WHERE key_id <> $1 ORDER BY id LIMIT $2`, keyID, limit)
	found := map[string]string{}
	for _, p := range list {
		found[p[0]] = p[1]
	}
	return found, err
}

// SwapSealed implements source.Accounts. It does nothing to a secret that was
// changed or removed meanwhile.
func (s *Store) SwapSealed(ctx context.Context, id, from, to string) error {
	_, err := s.write.ExecContext(ctx, `UPDATE sources SET key_id = $1, sealed = $2 WHERE id = $3 AND sealed = $4`, vault.KeyOf(to), to, id, from)
	return err
}

// LinkedSource is a linked source with whose it is and which key closed its
// password, for operators.
type LinkedSource struct {
	source.Account
	Owner, KeyID string
}

const linkedSelect = `SELECT s.id, s.user_id, s.kind, s.name, s.url, s.created_ms, u.name, s.key_id FROM sources s JOIN users u ON u.id = s.user_id`

func scanLinked(row scanner) (l LinkedSource, err error) {
	err = row.Scan(&l.ID, &l.UserID, &l.Kind, &l.Name, &l.URL, &l.CreatedMS, &l.Owner, &l.KeyID)
	return l, err
}

// LinkedSources lists at most limit of everybody's, the newest first.
func (s *Store) LinkedSources(ctx context.Context, limit int) ([]LinkedSource, error) {
	return list(ctx, s.read, scanLinked, linkedSelect+` ORDER BY s.created_ms DESC, s.id DESC LIMIT $1`, limit)
}

// LinkedSource is one of them, or source.ErrUnlinked.
func (s *Store) LinkedSource(ctx context.Context, id string) (LinkedSource, error) {
	l, err := scanLinked(s.read.QueryRowContext(ctx, linkedSelect+` WHERE s.id = $1`, id))
	return one(l, err, source.ErrUnlinked)
}

func scanPair(row scanner) (pair [2]string, err error) {
	err = row.Scan(&pair[0], &pair[1])
	return pair, err
}
