// Package account is people with an account: who they are, how they prove it
// and the sessions they hold. It knows no rooms, no HTTP and no SQL; time comes
// in as a value.
package account

import (
	"context"
	"regexp"
	"time"
	"unicode/utf8"

	"synctv/internal/problem"
	"synctv/internal/text"
)

// Role of a person on the whole platform.
type Role string

// The platform roles.
const (
	Root  Role = "root"
	Admin Role = "admin"
	Plain Role = "user"
)

// Status of an account, independent of its role.
type Status string

// The states of an account.
const (
	Active  Status = "active"
	Pending Status = "pending" // may sign in, not create or join rooms
	Banned  Status = "banned"  // nothing works
)

// User is an account as stored. PasswordHash never leaves the server.
type User struct {
	ID           string
	Name         string
	PasswordHash string
	Role         Role
	Status       Status
	Color        string // "#rrggbb"
	Version      int64
	CreatedMS    int64
}

// GlobalAdmin tells whether room checks let this person pass.
func (u User) GlobalAdmin() bool { return u.Role == Root || u.Role == Admin }

// NameKey is what must be unique: the folded name.
func (u User) NameKey() string { return text.Fold(u.Name) }

// Session is one device that is signed in. The token itself is not kept.
type Session struct {
	ID        string
	UserID    string
	TokenHash string
	Agent     string // what the device called itself, shortened
	CreatedMS int64
	SeenMS    int64
	ExpiresMS int64
}

// Users stores accounts. Calls may block on I/O; a missing account is
// ErrUserNotFound, a name somebody has is ErrNameTaken.
type Users interface {
	CreateUser(ctx context.Context, u User) error
	UserByName(ctx context.Context, nameKey string) (User, error)
	CountUsers(ctx context.Context) (int, error)
	SetPassword(ctx context.Context, userID, hash string) error
}

// Sessions stores who is signed in where.
type Sessions interface {
	CreateSession(ctx context.Context, s Session) error
	// SessionByToken finds a session that has not expired at nowMS, and whose
	// it is; else ErrSessionExpired.
	SessionByToken(ctx context.Context, tokenHash string, nowMS int64) (Session, User, error)
	// TouchSession slides a session's end.
	TouchSession(ctx context.Context, id string, seenMS, expiresMS int64) error
	RemoveSession(ctx context.Context, id string) error
}

// The answers that are not about one field.
var (
	ErrUserNotFound     = problem.New(problem.NotFound, "user_not_found", "There is no such account.")
	ErrNameTaken        = problem.New(problem.Conflict, "name_taken", "Somebody has this name already.")
	ErrWrongCredentials = problem.New(problem.Unauthenticated, "wrong_credentials", "Name or password is wrong.")
	ErrSessionExpired   = problem.New(problem.Unauthenticated, "session_expired", "Your session has ended; sign in again.")
	ErrBanned           = problem.New(problem.Forbidden, "user_banned", "This account is banned.")
	ErrSignupClosed     = problem.New(problem.Forbidden, "signup_closed", "New accounts are not open on this server.")
)

// Limits on names and passwords.
const (
	minName, maxName         = 3, 32
	minPassword, maxPassword = 8, 128
)

// sessionLife is how long a session lives without being used; touchEvery
// bounds how often its sliding end is written.
const (
	sessionLife = 30 * 24 * time.Hour
	touchEvery  = 5 * time.Minute
	maxAgent    = 120
)

// checkUserName takes letters and digits of any script and _ - . between 3 and
// 32 characters.
func checkUserName(name string) (string, error) {
	name = text.Line(name)
	allowed := regexp.MustCompile(`^[\p{L}\p{M}\p{N}_.-]+$`)
	switch n := utf8.RuneCountInString(name); {
	case n < minName:
		return "", problem.InvalidField("body.name", "too_short", "A name has at least 3 characters.")
	case n > maxName:
		return "", problem.InvalidField("body.name", "too_long", "A name has at most 32 characters.")
	case !allowed.MatchString(name):
		return "", problem.InvalidField("body.name", "name_invalid", "A name has letters, digits and _ - . only.")
	}
	return name, nil
}

func checkPassword(password string) error {
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return problem.InvalidField("body.password", "password_too_short", "A password has at least 8 characters.")
	case len(password) > maxPassword:
		return problem.InvalidField("body.password", "too_long", "A password has at most 128 bytes.")
	}
	return nil
}
