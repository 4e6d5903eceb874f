package account

import (
	"context"
	"errors"
	"time"

	"synctv/internal/ident"
	"synctv/internal/text"
)

// SessionKind says what holds a session.
type SessionKind string

// The kinds of sessions.
const (
	DeviceSession SessionKind = "device" // somebody signed in
	TokenSession  SessionKind = "token"  // a named access token for programs
)

// Session is one device that is signed in, or one access token. The tokens
// themselves are not kept.
type Session struct {
	ID          string
	UserID      string
	Kind        SessionKind
	Name        string // of an access token; empty for devices
	TokenHash   string
	PrevHash    string // of the token before; empty when there was none
	PrevUntilMS int64  // until when that one is still good
	Agent       string // what the device called itself, shortened
	Address     string // where it was used last, see Device
	CreatedMS   int64
	SeenMS      int64
	ExpiresMS   int64
	RotatedMS   int64 // when the token was made
}

// Device is where a request comes from.
type Device struct {
	Agent string // what it calls itself
	// Address is the client's address as limits count it: IPv4 whole, IPv6 as
	// its /64, since one line has all of that. Empty when it is not known.
	Address string
}

// Sessions stores who is signed in where. Calls may block on I/O.
type Sessions interface {
	// CreateSession stores a session if the account still has this password
	// hash and is not banned; else ErrWrongCredentials. So nobody signs in with
	// a password that is being changed in the same moment.
	CreateSession(ctx context.Context, s Session, passwordHash string) error
	// SessionByToken finds a session by its token or the one before, and whose
	// it is, if it has not expired at nowMS; else ErrSessionExpired.
	SessionByToken(ctx context.Context, tokenHash string, nowMS int64) (Session, User, error)
	// Session is SessionByToken by id.
	Session(ctx context.Context, id string, nowMS int64) (Session, User, error)
	// RotateSession stores the token, the token before and the times of next if
	// the stored token is still from.
	RotateSession(ctx context.Context, next Session, from string) (swapped bool, err error)
	// TouchSession stores the times and the address of s.
	TouchSession(ctx context.Context, s Session) error
	// RemoveSession may be called for one that is gone.
	RemoveSession(ctx context.Context, id string) error
}

// SessionLists is what is asked of all sessions of one person.
type SessionLists interface {
	// SessionsOf lists those not expired at nowMS, the last seen first.
	SessionsOf(ctx context.Context, userID string, nowMS int64) ([]Session, error)
	// RemoveSessions ends all but one (empty: all) and gives the ids of those
	// it ended.
	RemoveSessions(ctx context.Context, userID, except string) (ended []string, err error)
	// SwapPassword stores a new password hash if the stored one is still from,
	// and ends all sessions but one, in one transaction.
	SwapPassword(ctx context.Context, userID, from, to, except string) (ended []string, swapped bool, err error)
	// UsedFrom tells whether the account has a session used last from there.
	UsedFrom(ctx context.Context, userID, address string, nowMS int64) (bool, error)
}

// A session lives sessionLife without being used; touchEvery bounds how often
// its sliding end is written. A browser's token is replaced every rotateEvery;
// the one before stays good for rotateGrace, since several tabs may be asking
// at once.
const (
	sessionLife = 30 * 24 * time.Hour
	touchEvery  = 5 * time.Minute
	rotateEvery = 24 * time.Hour
	rotateGrace = time.Minute
	maxAgent    = 120
)

// Bounds of one account's sessions: the oldest devices are forgotten beyond
// maxDevices, more tokens than maxTokens are refused.
const (
	maxDevices = 50
	maxTokens  = 50
)

// StartSession signs a person in on one device and gives the token, once.
func (s *Service) StartSession(ctx context.Context, u User, d Device) (string, error) {
	n, token := s.newSession(u, DeviceSession, d)
	if err := s.Sessions.CreateSession(ctx, n, u.PasswordHash); err != nil {
		return "", err
	}
	return token, s.forgetOldDevices(ctx, u.ID)
}

func (s *Service) newSession(u User, kind SessionKind, d Device) (Session, string) {
	token, now := ident.Token(), s.Now()
	return Session{
		ID: ident.New(), UserID: u.ID, Kind: kind, TokenHash: ident.Hash(token),
		Agent: text.Truncate(text.Line(d.Agent), maxAgent), Address: d.Address,
		CreatedMS: now.UnixMilli(), SeenMS: now.UnixMilli(), RotatedMS: now.UnixMilli(), ExpiresMS: now.Add(sessionLife).UnixMilli(),
	}, token
}

func (s *Service) forgetOldDevices(ctx context.Context, userID string) error {
	list, err := s.Lists.SessionsOf(ctx, userID, s.Now().UnixMilli())
	if err != nil {
		return err
	}
	devices := 0
	for _, n := range list { // the last seen first
		if n.Kind != DeviceSession {
			continue
		}
		if devices++; devices > maxDevices {
			if err := s.end(ctx, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// Proof is who a token belongs to.
type Proof struct {
	User    User
	Session Session
	// Renewed is the token that replaces the one shown; empty: it stays.
	Renewed string
}

// Authenticate finds whose token this is and slides its end. With rotate, when
// the token came in a cookie that the answer can replace, an old one is
// replaced. A token that was replaced more than a minute ago ends its session:
// somebody has kept a copy.
func (s *Service) Authenticate(ctx context.Context, token string, d Device, rotate bool) (Proof, error) {
	now, hash := s.Now(), ident.Hash(token)
	n, u, err := s.Sessions.SessionByToken(ctx, hash, now.UnixMilli())
	if err != nil {
		return Proof{}, err
	}
	p := Proof{User: u, Session: n}
	switch {
	case hash != n.TokenHash && now.UnixMilli() >= n.PrevUntilMS:
		return Proof{}, errors.Join(ErrSessionExpired, s.end(ctx, n))
	case u.Status == Banned:
		return Proof{}, ErrBanned
	case hash != n.TokenHash:
		return p, nil
	case rotate && n.Kind == DeviceSession && now.UnixMilli()-n.RotatedMS >= rotateEvery.Milliseconds():
		return s.rotate(ctx, p, d)
	}
	s.touch(ctx, &p.Session, d)
	return p, nil
}

// rotate gives the session a new token. Who loses against another tab goes on
// with the one it has.
func (s *Service) rotate(ctx context.Context, p Proof, d Device) (Proof, error) {
	token, now, next := ident.Token(), s.Now(), p.Session
	next.TokenHash, next.PrevHash = ident.Hash(token), p.Session.TokenHash
	next.PrevUntilMS, next.RotatedMS = now.Add(rotateGrace).UnixMilli(), now.UnixMilli()
	next.SeenMS, next.ExpiresMS, next.Address = now.UnixMilli(), now.Add(sessionLife).UnixMilli(), d.Address
	swapped, err := s.Sessions.RotateSession(ctx, next, p.Session.TokenHash)
	if err != nil {
		return Proof{}, err
	}
	if swapped {
		p.Session, p.Renewed = next, token
		return p, nil
	}
	p.Session, p.User, err = s.Sessions.Session(ctx, p.Session.ID, now.UnixMilli())
	return p, err
}

func (s *Service) touch(ctx context.Context, n *Session, d Device) {
	now := s.Now()
	if now.UnixMilli()-n.SeenMS < touchEvery.Milliseconds() {
		return
	}
	n.SeenMS, n.ExpiresMS, n.Address = now.UnixMilli(), now.Add(sessionLife).UnixMilli(), d.Address
	// A session that could not be slid is still good until its old end.
	_ = s.Sessions.TouchSession(ctx, *n)
}

// Standing is the account behind a session as it is now: for what was opened
// with it and lasts. ErrSessionExpired or ErrBanned when it must end.
func (s *Service) Standing(ctx context.Context, sessionID string) (User, error) {
	_, u, err := s.Sessions.Session(ctx, sessionID, s.Now().UnixMilli())
	if err == nil && u.Status == Banned {
		return User{}, ErrBanned
	}
	return u, err
}

// SignOut ends one session and its sockets.
func (s *Service) SignOut(ctx context.Context, n Session) error { return s.end(ctx, n) }

func (s *Service) end(ctx context.Context, n Session) error {
	if err := s.Sessions.RemoveSession(ctx, n.ID); err != nil {
		return err
	}
	s.Sockets.EndSession(ctx, n.UserID, n.ID)
	return nil
}

// MySessions lists a person's own, the last seen first.
func (s *Service) MySessions(ctx context.Context, u User) ([]Session, error) {
	return s.Lists.SessionsOf(ctx, u.ID, s.Now().UnixMilli())
}

// EndMySession ends one of a person's own sessions.
func (s *Service) EndMySession(ctx context.Context, u User, id string) error {
	n, owner, err := s.Sessions.Session(ctx, id, s.Now().UnixMilli())
	if errors.Is(err, ErrSessionExpired) || err == nil && owner.ID != u.ID {
		return ErrSessionNotFound
	}
	if err != nil {
		return err
	}
	return s.end(ctx, n)
}

// EndOtherSessions ends all of a person's sessions but one and tells how many.
func (s *Service) EndOtherSessions(ctx context.Context, u User, keep string) (int, error) {
	ended, err := s.Lists.RemoveSessions(ctx, u.ID, keep)
	s.endSockets(ctx, u.ID, ended)
	return len(ended), err
}

func (s *Service) endSockets(ctx context.Context, userID string, sessions []string) {
	for _, id := range sessions {
		s.Sockets.EndSession(ctx, userID, id)
	}
}

// CreateToken makes a named access token for programs and gives it, once.
func (s *Service) CreateToken(ctx context.Context, u User, name string, d Device) (Session, string, error) {
	name, err := checkTokenName(name)
	if err != nil {
		return Session{}, "", err
	}
	list, err := s.MySessions(ctx, u)
	if err != nil {
		return Session{}, "", err
	}
	tokens := 0
	for _, n := range list {
		if n.Kind == TokenSession {
			tokens++
		}
	}
	if tokens >= maxTokens {
		return Session{}, "", ErrTokenLimit
	}
	n, token := s.newSession(u, TokenSession, d)
	n.Name = name
	return n, token, s.Sessions.CreateSession(ctx, n, u.PasswordHash)
}
