package account

import (
	"context"
	"errors"
	"time"

	"synctv/internal/ident"
	"synctv/internal/problem"
	"synctv/internal/text"
)

// Service is the use cases of people and their sessions. Safe for use from
// many goroutines.
type Service struct {
	Users     Users
	Sessions  Sessions
	Passwords *Passwords
	Now       func() time.Time
	Signup    Signup
}

// Signup says who may make an account.
type Signup string

// The ways to sign up.
const (
	SignupOpen     Signup = "open"
	SignupApproval Signup = "approval" // new accounts wait for an admin
	SignupClosed   Signup = "closed"
)

// Register makes an account.
func (s *Service) Register(ctx context.Context, name, password string) (User, error) {
	if s.Signup == SignupClosed {
		return User{}, ErrSignupClosed
	}
	status := Active
	if s.Signup == SignupApproval {
		status = Pending
	}
	return s.create(ctx, name, password, Plain, status)
}

func (s *Service) create(ctx context.Context, name, password string, role Role, status Status) (User, error) {
	name, err := checkUserName(name)
	if err != nil {
		return User{}, err
	}
	if err := checkPassword(password); err != nil {
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
// wrong password, so that names cannot be probed.
func (s *Service) SignIn(ctx context.Context, name, password, agent string) (User, string, error) {
	if len(password) > maxPassword {
		return User{}, "", ErrWrongCredentials
	}
	u, err := s.Users.UserByName(ctx, text.Fold(text.Line(name)))
	if errors.Is(err, ErrUserNotFound) {
		if _, err := s.Passwords.HashPassword(ctx, password); err != nil {
			return User{}, "", err
		}
		return User{}, "", ErrWrongCredentials
	}
	if err != nil {
		return User{}, "", err
	}
	ok, err := s.Passwords.CheckPassword(ctx, password, u.PasswordHash)
	if err != nil {
		return User{}, "", err
	}
	if !ok {
		return User{}, "", ErrWrongCredentials
	}
	if u.Status == Banned {
		return User{}, "", ErrBanned
	}
	token, err := s.StartSession(ctx, u, agent)
	return u, token, err
}

// StartSession signs a person in on one device and gives the token, once.
func (s *Service) StartSession(ctx context.Context, u User, agent string) (string, error) {
	token, now := ident.Token(), s.Now()
	err := s.Sessions.CreateSession(ctx, Session{
		ID: ident.New(), UserID: u.ID, TokenHash: ident.Hash(token), Agent: text.Truncate(text.Line(agent), maxAgent),
		CreatedMS: now.UnixMilli(), SeenMS: now.UnixMilli(), ExpiresMS: now.Add(sessionLife).UnixMilli(),
	})
	return token, err
}

// Authenticate finds whose token this is and slides its end.
func (s *Service) Authenticate(ctx context.Context, token string) (User, Session, error) {
	now := s.Now()
	session, u, err := s.Sessions.SessionByToken(ctx, ident.Hash(token), now.UnixMilli())
	if err != nil {
		return User{}, Session{}, err
	}
	if u.Status == Banned {
		return User{}, Session{}, ErrBanned
	}
	if now.UnixMilli()-session.SeenMS >= touchEvery.Milliseconds() {
		session.SeenMS, session.ExpiresMS = now.UnixMilli(), now.Add(sessionLife).UnixMilli()
		// A session that could not be slid is still good until its old end.
		_ = s.Sessions.TouchSession(ctx, session.ID, session.SeenMS, session.ExpiresMS)
	}
	return u, session, nil
}

// SignOut ends one session.
func (s *Service) SignOut(ctx context.Context, session Session) error {
	return s.Sessions.RemoveSession(ctx, session.ID)
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
		password = ident.Token()[:16] // 96 random bits
		printed = password
	}
	_, err = s.create(ctx, "root", password, Root, Active)
	if problem.KindOf(err) == problem.Conflict {
		return "", nil // another replica was faster
	}
	return printed, err
}
