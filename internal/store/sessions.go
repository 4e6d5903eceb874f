package store

import (
	"context"
	"database/sql"
	"errors"

	"synctv/internal/account"
)

const sessionColumns = `s.id, s.user_id, s.kind, s.name, s.token_hash, s.prev_hash, s.prev_until_ms,
	s.agent, s.address, s.created_ms, s.seen_ms, s.expires_ms, s.rotated_ms`

func sessionFields(n *account.Session) []any {
	return []any{
		&n.ID, &n.UserID, &n.Kind, &n.Name, &n.TokenHash, &n.PrevHash, &n.PrevUntilMS,
		&n.Agent, &n.Address, &n.CreatedMS, &n.SeenMS, &n.ExpiresMS, &n.RotatedMS,
	}
}

// CreateSession implements account.Sessions. The update that changes nothing
// takes the account's row, so that a change of the password in the same moment
// comes before or after the session, and in the latter case ends it.
func (s *Store) CreateSession(ctx context.Context, n account.Session, passwordHash string) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, `
			UPDATE users SET version = version WHERE id = $1 AND password_hash = $2 AND status <> 'banned'`, n.UserID, passwordHash)
		if err := affected(r, err, account.ErrWrongCredentials); err != nil {
			return err
		}
		// Expired ones go when a new one comes: no job is needed.
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE user_id = $1 AND expires_ms <= $2`, n.UserID, n.CreatedMS); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO sessions (id, user_id, kind, name, token_hash, agent, address, created_ms, seen_ms, expires_ms, rotated_ms)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			n.ID, n.UserID, n.Kind, n.Name, n.TokenHash, n.Agent, n.Address, n.CreatedMS, n.SeenMS, n.ExpiresMS, n.RotatedMS)
		return err
	})
}

const sessionUser = ` FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.expires_ms > $2 AND `

// SessionByToken implements account.Sessions. Two queries, each on its index:
// the second is for tokens that are no good any more, nearly always.
func (s *Store) SessionByToken(ctx context.Context, tokenHash string, nowMS int64) (account.Session, account.User, error) {
	n, u, err := s.session(ctx, `SELECT `+sessionColumns+`, `+userColumns+sessionUser+`s.token_hash = $1`, tokenHash, nowMS)
	if errors.Is(err, account.ErrSessionExpired) {
		return s.session(ctx, `SELECT `+sessionColumns+`, `+userColumns+sessionUser+`s.prev_hash = $1`, tokenHash, nowMS)
	}
	return n, u, err
}

// Session implements account.Sessions.
func (s *Store) Session(ctx context.Context, id string, nowMS int64) (account.Session, account.User, error) {
	return s.session(ctx, `SELECT `+sessionColumns+`, `+userColumns+sessionUser+`s.id = $1`, id, nowMS)
}

func (s *Store) session(ctx context.Context, query string, args ...any) (account.Session, account.User, error) {
	var n account.Session
	var u account.User
	err := s.read.QueryRowContext(ctx, query, args...).Scan(append(sessionFields(&n), userFields(&u)...)...)
	n, err = one(n, err, account.ErrSessionExpired)
	return n, u, err
}

// RotateSession implements account.Sessions.
func (s *Store) RotateSession(ctx context.Context, n account.Session, from string) (bool, error) {
	return hit(s.write.ExecContext(ctx, `
		UPDATE sessions SET token_hash = $1, prev_hash = $2, prev_until_ms = $3, rotated_ms = $4, seen_ms = $5, expires_ms = $6, address = $7
		WHERE id = $8 AND token_hash = $9`,
		n.TokenHash, n.PrevHash, n.PrevUntilMS, n.RotatedMS, n.SeenMS, n.ExpiresMS, n.Address, n.ID, from))
}

// TouchSession implements account.Sessions.
func (s *Store) TouchSession(ctx context.Context, n account.Session) error {
	_, err := s.write.ExecContext(ctx, `UPDATE sessions SET seen_ms = $1, expires_ms = $2, address = $3 WHERE id = $4`,
		n.SeenMS, n.ExpiresMS, n.Address, n.ID)
	return err
}

// TrimSessions removes at most limit sessions that expired before beforeMS and
// tells how many; call it again while it removes that many.
func (s *Store) TrimSessions(ctx context.Context, beforeMS int64, limit int) (int, error) {
	return s.trim(ctx, `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_ms < $1 ORDER BY expires_ms LIMIT $2)`, beforeMS, limit)
}

// RemoveSession implements account.Sessions.
func (s *Store) RemoveSession(ctx context.Context, id string) error {
	_, err := s.write.ExecContext(ctx, `DELETE FROM sessions WHERE id = $1`, id)
	return err
}

// SessionsOf implements account.SessionLists.
func (s *Store) SessionsOf(ctx context.Context, userID string, nowMS int64) ([]account.Session, error) {
	return list(ctx, s.read, func(row scanner) (account.Session, error) {
		var n account.Session
		return n, row.Scan(sessionFields(&n)...)
	}, `
		SELECT `+sessionColumns+` FROM sessions s WHERE s.user_id = $1 AND s.expires_ms > $2
		ORDER BY s.seen_ms DESC, s.id`, userID, nowMS)
}

func removeSessions(ctx context.Context, tx *sql.Tx, userID, except string) ([]string, error) {
	rows, err := tx.QueryContext(ctx, `DELETE FROM sessions WHERE user_id = $1 AND id <> $2 RETURNING id`, userID, except)
	return all(rows, err, func(row scanner) (id string, err error) { return id, row.Scan(&id) })
}

// RemoveSessions implements account.SessionLists.
func (s *Store) RemoveSessions(ctx context.Context, userID, except string) (ended []string, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) (err error) {
		ended, err = removeSessions(ctx, tx, userID, except)
		return err
	})
	return ended, err
}

// SwapPassword implements account.SessionLists.
func (s *Store) SwapPassword(ctx context.Context, userID, from, to, except string) (ended []string, swapped bool, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		swapped, err = hit(tx.ExecContext(ctx, `
			UPDATE users SET password_hash = $1, version = version + 1 WHERE id = $2 AND password_hash = $3`, to, userID, from))
		if err != nil || !swapped {
			return err
		}
		ended, err = removeSessions(ctx, tx, userID, except)
		return err
	})
	return ended, swapped && err == nil, err
}

// UsedFrom implements account.SessionLists.
func (s *Store) UsedFrom(ctx context.Context, userID, address string, nowMS int64) (used bool, err error) {
	err = s.read.QueryRowContext(ctx, `
		SELECT EXISTS (SELECT 1 FROM sessions WHERE user_id = $1 AND address = $2 AND expires_ms > $3)`,
		userID, address, nowMS).Scan(&used)
	return used, err
}

// hit tells whether a statement changed a row.
func hit(r sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n > 0, err
}
