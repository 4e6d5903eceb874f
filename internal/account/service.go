package account

import (
	"context"
	"errors"
	"time"

	"synctv/internal/audit"
	"synctv/internal/ident"
	"synctv/internal/problem"
	"synctv/internal/text"
)

// Service is the use cases of people and their sessions. Safe for use from
// many goroutines.
type Service struct {
	Users     Users
	Sessions  Sessions
	Lists     SessionLists
	Sockets   Sockets
	Passwords *Passwords
	Limits    *Limits
	Audit     audit.Log // nil: nothing is recorded
	Now       func() time.Time
	Signup    func() Signup // as it is now; it does not block
	PerHour   func() int    // accounts from one address, on this replica; 0, or nil: no limit; it does not block

	// AccountGone is told before an account is removed, so that its rooms pass
	// on to others; an error keeps the account. Nil: nobody needs to know.
	AccountGone func(ctx context.Context, personID string) error
	// AccountChanged is told after a name or colour changed. Nil: as above.
	AccountChanged func(ctx context.Context, personID string)
}

// Sockets is what a person has open, on every replica. Calls do not fail: what
// they miss is found by the sockets' own regular look.
type Sockets interface {
	// EndSession ends the sockets opened with one sign-in session.
	EndSession(ctx context.Context, personID, sessionID string)
	// EndPerson ends all sockets of a person.
	EndPerson(ctx context.Context, personID string)
	// Renew makes them connect again, with the rights that hold now.
	Renew(ctx context.Context, personID string)
}

// Signup says who may make an account.
type Signup string

// The ways to sign up.
const (
	SignupOpen     Signup = "open"
	SignupApproval Signup = "approval" // new accounts wait for an admin
	SignupClosed   Signup = "closed"
)

// Register makes an account. How many come from one address is limited, those
// whose name is taken included: each costs a hash.
func (s *Service) Register(ctx context.Context, name, password string, d Device) (User, error) {
	signup := s.Signup()
	if signup == SignupClosed {
		return User{}, ErrSignupClosed
	}
	status := Active
	if signup == SignupApproval {
		status = Pending
	}
	return s.create(ctx, name, password, Plain, status, func() error {
		if s.PerHour == nil {
			return nil
		}
		return s.Limits.signup(s.Now(), d.Address, s.PerHour())
	})
}

// create makes an account of a name and a password that are well formed, if may
// allows it.
func (s *Service) create(ctx context.Context, name, password string, role Role, status Status, may func() error) (User, error) {
	name, err := checkUserName(name)
	if err != nil {
		return User{}, err
	}
	if err := checkPassword("body.password", password); err != nil {
		return User{}, err
	}
	if err := may(); err != nil {
		return User{}, err
	}
	hash, err := s.Passwords.HashPassword(ctx, password)
	if err != nil {
		return User{}, err
	}
	id := ident.New()
	u := User{
		ID: id, Name: name, PasswordHash: hash, Role: role, Status: status,
		Color: ident.ColorOf(id), Version: 1, CreatedMS: s.Now().UnixMilli(),
	}
	return u, s.Users.CreateUser(ctx, u)
}

// SignIn checks a name and a password. A wrong name costs as much time as a
// wrong password, so that names cannot be probed. Wrong tries are limited, before
// the store is asked: a flood of them is cheap.
func (s *Service) SignIn(ctx context.Context, name, password string, d Device) (User, string, error) {
	nameKey := text.Fold(text.Line(name))
	attempt, err := s.Limits.begin(s.Now(), nameKey, d.Address, func() (bool, error) {
		u, err := s.userOrNobody(ctx, nameKey)
		if err != nil {
			return false, err
		}
		return s.Lists.UsedFrom(ctx, u.ID, d.Address, s.Now().UnixMilli())
	})
	if err != nil {
		return User{}, "", err
	}
	u, err := s.userOrNobody(ctx, nameKey)
	if err != nil {
		attempt.succeeded() // it was not tried
		return User{}, "", err
	}
	ok, err := s.matchesOrNobody(ctx, u, password)
	if err != nil {
		return User{}, "", err
	}
	if !ok {
		return User{}, "", ErrWrongCredentials
	}
	attempt.succeeded()
	if u.Status == Banned {
		return User{}, "", ErrBanned
	}
	token, err := s.StartSession(ctx, u, d)
	return u, token, err
}

// userOrNobody is the account of a name, or one without an id.
func (s *Service) userOrNobody(ctx context.Context, nameKey string) (User, error) {
	u, err := s.Users.UserByName(ctx, nameKey)
	if errors.Is(err, ErrUserNotFound) {
		return User{}, nil
	}
	return u, err
}

// matchesOrNobody takes the same time whether the account exists or not.
func (s *Service) matchesOrNobody(ctx context.Context, u User, password string) (bool, error) {
	if u.ID != "" {
		return s.matches(ctx, password, u.PasswordHash)
	}
	if len(password) <= maxPassword {
		_, err := s.Passwords.HashPassword(ctx, password)
		return false, err
	}
	return false, nil
}

// Bootstrap makes the root account of an empty installation. Without a given
// password it makes one and returns it, to be printed once; otherwise, and on
// every later start, printed is empty.
func (s *Service) Bootstrap(ctx context.Context, given string) (printed string, err error) {
	n, err := s.Users.CountUsers(ctx)
	if err != nil || n > 0 {
		return "", err
	}
	password := given
	if password == "" {
		password = newPassword()
		printed = password
	}
	_, err = s.create(ctx, "root", password, Root, Active, func() error { return nil })
	if problem.KindOf(err) == problem.Conflict {
		return "", nil // another replica was faster
	}
	return printed, err
}
