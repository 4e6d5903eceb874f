package store

import (
	"context"
	"math"

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

// User implements account.Users.
func (s *Store) User(ctx context.Context, id string) (account.User, error) {
	var u account.User
	err := s.read.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users u WHERE u.id = $1`, id).Scan(userFields(&u)...)
	return one(u, err, account.ErrUserNotFound)
}

// SwapUser implements account.Users.
func (s *Store) SwapUser(ctx context.Context, next account.User, from int64) (bool, error) {
	r, err := s.write.ExecContext(ctx, `
		UPDATE users SET name = $1, name_key = $2, role = $3, status = $4, color = $5, version = $6
		WHERE id = $7 AND version = $8`,
		next.Name, next.NameKey(), next.Role, next.Status, next.Color, next.Version, next.ID, from)
	if s.dialect.duplicate(err) {
		return false, account.ErrNameTaken
	}
	return hit(r, err)
}

const (
	userPage  = ` (u.created_ms, u.id) < ($1, $2) ORDER BY u.created_ms DESC, u.id DESC LIMIT `
	userState = ` u.status = $3 AND`
)

// ListUsers implements account.Users. A part of a name is in no index: only a
// search reads all names, newest first, until the page is full.
func (s *Store) ListUsers(ctx context.Context, q account.UserQuery) ([]account.User, error) {
	if q.Before.ID == "" {
		q.Before.CreatedMS = math.MaxInt64
	}
	query, args := `SELECT `+userColumns+` FROM users u WHERE`+userPage+`$3`, []any{q.Before.CreatedMS, q.Before.ID}
	switch {
	case q.Search != "":
		query = `SELECT ` + userColumns + ` FROM users u WHERE u.name_key LIKE $3 ESCAPE '\' AND (u.status = $4 OR $4 = '') AND` + userPage + `$5`
		args = append(args, containing(q.Search), q.Status)
	case q.Status != "":
		query = `SELECT ` + userColumns + ` FROM users u WHERE` + userState + userPage + `$4`
		args = append(args, q.Status)
	}
	return list(ctx, s.read, func(row scanner) (account.User, error) {
		var u account.User
		return u, row.Scan(userFields(&u)...)
	}, query, append(args, q.Limit)...)
}

// RemoveUser implements account.Users.
func (s *Store) RemoveUser(ctx context.Context, id string) error {
	r, err := s.write.ExecContext(ctx, `DELETE FROM users WHERE id = $1`, id)
	if s.dialect.referenced(err) {
		return account.ErrOwnsRooms
	}
	return affected(r, err, account.ErrUserNotFound)
}
