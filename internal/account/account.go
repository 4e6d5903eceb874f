// Package account is people with an account: who they are, how they prove it
// and the sessions they hold. It knows no rooms, no HTTP and no SQL; time comes
// in as a value.
package account

import (
	"context"
	"regexp"
	"strings"
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

// Users stores accounts. Calls may block on I/O; a missing account is
// ErrUserNotFound, a name somebody has is ErrNameTaken.
type Users interface {
	CreateUser(ctx context.Context, u User) error
	User(ctx context.Context, id string) (User, error)
	UserByName(ctx context.Context, nameKey string) (User, error)
	CountUsers(ctx context.Context) (int, error)
	// SwapUser stores name, role, status and colour of next, with next.Version,
	// if the stored version is still from; swapped is false, without an error,
	// when it is not. The password stays.
	SwapUser(ctx context.Context, next User, from int64) (swapped bool, err error)
	// ListUsers gives a page of accounts, newest first.
	ListUsers(ctx context.Context, q UserQuery) ([]User, error)
	// RemoveUser forgets an account and its sessions. ErrOwnsRooms when there
	// are rooms of theirs left.
	RemoveUser(ctx context.Context, id string) error
}

// UserQuery asks for a page of accounts.
type UserQuery struct {
	Search string // folded part of the name; empty = all
	Status Status // empty = all
	Before Cursor // zero = from the newest
	Limit  int
}

// Cursor is where a page ended.
type Cursor struct {
	CreatedMS int64
	ID        string
}

// The answers that are not about one field.
var (
	ErrUserNotFound     = problem.New(problem.NotFound, "user_not_found", "There is no such account.")
	ErrNameTaken        = problem.New(problem.Conflict, "name_taken", "Somebody has this name already.")
	ErrWrongCredentials = problem.New(problem.Unauthenticated, "wrong_credentials", "Name or password is wrong.")
	ErrSessionExpired   = problem.New(problem.Unauthenticated, "session_expired", "Your session has ended; sign in again.")
	ErrBanned           = problem.New(problem.Forbidden, "user_banned", "This account is banned.")
	ErrSignupClosed     = problem.New(problem.Forbidden, "signup_closed", "New accounts are not open on this server.")
	ErrSessionNotFound  = problem.New(problem.NotFound, "session_not_found", "There is no such session of yours.")
	ErrOwnsRooms        = problem.New(problem.Conflict, "owns_rooms", "This account still owns rooms.")
	ErrTokenLimit       = problem.New(problem.Conflict, "token_limit", "You have as many access tokens as one account may have.")
	ErrPasswordsBusy    = problem.New(problem.RateLimited, "passwords_busy", "Too many people sign in right now; try again in a moment.").WithRetryAfter(2 * time.Second)
	ErrTooManyAttempts  = problem.New(problem.RateLimited, "too_many_attempts", "Too many wrong passwords; wait a little.")
	ErrTooManyAccounts  = problem.New(problem.RateLimited, "too_many_accounts", "Too many accounts were made from your address; try again later.")
	ErrWrongPassword    = problem.New(problem.Forbidden, "wrong_password", "This is not your password.")
	ErrAdminRequired    = problem.New(problem.Forbidden, "admin_required", "Only platform admins may do this.")
	ErrRootRequired     = problem.New(problem.Forbidden, "root_required", "Only root may do this.")
	ErrAboveYou         = problem.New(problem.Forbidden, "target_protected", "This account cannot be changed by you.")
	ErrRootStays        = problem.New(problem.Forbidden, "root_stays", "The root account cannot be deleted.")
	ErrRoleUnknown      = problem.InvalidField("body.role", "unknown", "A role is admin or user.")
)

// Limits on names and passwords.
const (
	minName, maxName         = 3, 32
	minPassword, maxPassword = 8, 128
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

// checkPassword tells whether a password may be chosen. The field is where it
// was given, for the answer.
func checkPassword(field, password string) error {
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return problem.InvalidField(field, "password_too_short", "A password has at least 8 characters.")
	case len(password) > maxPassword:
		return problem.InvalidField(field, "too_long", "A password has at most 128 bytes.")
	}
	return nil
}

// checkColor takes "#rrggbb", in lower case.
func checkColor(color string) (string, error) {
	color = strings.ToLower(color)
	if !regexp.MustCompile(`^#[0-9a-f]{6}$`).MatchString(color) {
		return "", problem.InvalidField("body.color", "invalid", "A colour is # and six hexadecimal digits.")
	}
	return color, nil
}
