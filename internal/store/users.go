package store

import (
	"context"

	"synctv/internal/account"
)

const userColumns = `u.id, u.name, u.password_hash, u.role, u.status, u.color, u.version, u.created_ms`

func userFields(u *account.User) []any {
	return []any{&u.ID, &u.Name, &u.PasswordHash, &u.Role, &u.Status, &u.Color, &u.Version, &u.CreatedMS}
}

// CreateUser implements account.Users.
func (s *Store) CreateUser(ctx context.Context, u account.User) error {
	_, err := s.write.ExecContext(ctx, `
		INSERT INTO users (id, name, name_key, password_hash, role, status, color, version, created_ms)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		u.ID, u.Name, u.NameKey(), u.PasswordHash, u.Role, u.Status, u.Color, u.Version, u.CreatedMS)
	if s.dialect.duplicate(err) {
		return account.ErrNameTaken
	}
	return err
}

// UserByName implements account.Users.
func (s *Store) UserByName(ctx context.Context, nameKey string) (account.User, error) {
	var u account.User
	err := s.read.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users u WHERE u.name_key = $1`, nameKey).Scan(userFields(&u)...)
	return one(u, err, account.ErrUserNotFound)
}

// CountUsers implements account.Users.
func (s *Store) CountUsers(ctx context.Context) (n int, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT count(*) FROM users`).Scan(&n)
	return n, err
}

// SetPassword implements account.Users.
func (s *Store) SetPassword(ctx context.Context, userID, hash string) error {
	r, err := s.write.ExecContext(ctx, `UPDATE users SET password_hash = $1, version = version + 1 WHERE id = $2`, hash, userID)
	return affected(r, err, account.ErrUserNotFound)
}

// CreateSession implements account.Sessions.
func (s *Store) CreateSession(ctx context.Context, n account.Session) error {
	_, err := s.write.ExecContext(ctx, `
		INSERT INTO sessions (id, user_id, token_hash, agent, created_ms, seen_ms, expires_ms)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		n.ID, n.UserID, n.TokenHash, n.Agent, n.CreatedMS, n.SeenMS, n.ExpiresMS)
	return err
}

// SessionByToken implements account.Sessions.
func (s *Store) SessionByToken(ctx context.Context, tokenHash string, nowMS int64) (account.Session, account.User, error) {
	var n account.Session
	var u account.User
	err := s.read.QueryRowContext(ctx, `
		SELECT s.id, s.user_id, s.token_hash, s.agent, s.created_ms, s.seen_ms, s.expires_ms, `+userColumns+`
		FROM sessions s JOIN users u ON u.id = s.user_id
		WHERE s.token_hash = $1 AND s.expires_ms > $2`, tokenHash, nowMS).
		Scan(append([]any{&n.ID, &n.UserID, &n.TokenHash, &n.Agent, &n.CreatedMS, &n.SeenMS, &n.ExpiresMS}, userFields(&u)...)...)
	n, err = one(n, err, account.ErrSessionExpired)
	return n, u, err
}

// TouchSession implements account.Sessions.
func (s *Store) TouchSession(ctx context.Context, id string, seenMS, expiresMS int64) error {
	_, err := s.write.ExecContext(ctx, `UPDATE sessions SET seen_ms = $1, expires_ms = $2 WHERE id = $3`, seenMS, expiresMS, id)
	return err
}

// RemoveSession implements account.Sessions. Removing one that is gone is fine.
func (s *Store) RemoveSession(ctx context.Context, id string) error {
	_, err := s.write.ExecContext(ctx, `DELETE FROM sessions WHERE id = $1`, id)
	return err
}
