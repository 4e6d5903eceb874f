package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"synctv/internal/account"
	"synctv/internal/problem"
	"synctv/internal/room"
	"synctv/internal/telemetry"
)

// The cookies of browsers. The guest's is bound to the room's path, so that
// one browser can be a different guest in each room.
const (
	sessionCookie = "synctv_session"
	guestCookie   = "synctv_guest"
)

var errNotSignedIn = problem.New(problem.Unauthenticated, "not_signed_in", "Sign in first.")

// caller is the tokens a request shows and where it comes from. Who they belong
// to is looked up when it is needed, once.
type caller struct {
	session, guest string
	host           string
	device         account.Device
	// renew puts a new session token into the answer's cookie.
	renew func(token string)
	// rotates: the answer can carry a new token. Not when the token came in a
	// header, nor for bytes and sockets, whose answers browsers throw away.
	rotates bool
	// ends: the connection ends with the answer, see tarpit.
	ends bool

	once sync.Once
	user account.User
	sess account.Session
	err  error
}

type callerKey struct{}

// withCaller reads the tokens. A Bearer token may be either kind.
func (s *Server) withCaller(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &caller{host: r.Host, device: account.Device{Agent: r.UserAgent(), Address: limitKey(clientAddress(r, s.TrustedProxies))}}
		if k, err := r.Cookie(sessionCookie); err == nil {
			c.session = k.Value
			c.renew = func(token string) {
				cookie := s.cookie(sessionCookie, token, "/", cookieSeconds)
				http.SetCookie(w, &cookie)
			}
		}
		if k, err := r.Cookie(guestCookie); err == nil {
			c.guest = k.Value
		}
		if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
			c.session, c.guest, c.renew = token, token, nil
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	})
}

func callerOf(ctx context.Context) *caller {
	if c, ok := ctx.Value(callerKey{}).(*caller); ok {
		return c
	}
	return &caller{}
}

// afresh has the tokens looked up once more.
func afresh(ctx context.Context) context.Context {
	c := callerOf(ctx)
	return context.WithValue(ctx, callerKey{}, &caller{
		session: c.session, guest: c.guest, host: c.host, device: c.device, renew: c.renew, rotates: c.rotates,
	})
}

// signedIn is the account behind the request.
func (s *Server) signedIn(ctx context.Context) (account.User, account.Session, error) {
	c := callerOf(ctx)
	if c.session == "" {
		return account.User{}, account.Session{}, errNotSignedIn
	}
	c.once.Do(func() { s.authenticate(ctx, c) })
	if c.err == nil {
		telemetry.Note(ctx, "user", c.user.ID)
	}
	return c.user, c.sess, c.err
}

func (s *Server) authenticate(ctx context.Context, c *caller) {
	proof, err := s.Accounts.Authenticate(ctx, c.session, c.device, c.rotates && c.renew != nil)
	c.user, c.sess, c.err = proof.User, proof.Session, err
	if proof.Renewed != "" {
		c.renew(proof.Renewed)
	}
}

// userPerson is an account as the rule book sees it.
func userPerson(u account.User) room.Person {
	return room.Person{
		ID: u.ID, Kind: room.KindUser, Name: u.Name, Color: u.Color,
		GlobalAdmin: u.GlobalAdmin(), Restricted: u.Status != account.Active,
	}
}

// person is who asks for something in a room: the signed-in person, or the
// room's guest. Somebody who is both counts as signed in if they are in the
// room with their account.
func (s *Server) person(ctx context.Context, roomID string) (room.Person, string, error) {
	telemetry.Note(ctx, "room", roomID)
	c := callerOf(ctx)
	user, session, err := s.signedIn(ctx)
	if err == nil {
		who := userPerson(user)
		if c.guest == "" || c.guest == c.session {
			return who, session.ID, nil
		}
		if _, err := s.Rooms.Enter(ctx, roomID, who); !errors.Is(err, room.ErrNotMember) {
			return who, session.ID, nil
		}
	}
	if c.guest == "" {
		return room.Person{}, "", err
	}
	guest, guestErr := s.Rooms.Guest(ctx, roomID, c.guest)
	switch {
	case guestErr == nil:
		telemetry.Note(ctx, "user", guest.ID)
		return guest, "", nil
	case !errors.Is(guestErr, room.ErrNotMember):
		return room.Person{}, "", guestErr
	case err == nil:
		return userPerson(user), session.ID, nil
	case c.session == "":
		return room.Person{}, "", guestErr
	}
	return room.Person{}, "", err
}

// anyone is person for places that are open to all: nobody is nobody.
func (s *Server) anyone(ctx context.Context, roomID string) (room.Person, error) {
	who, _, err := s.person(ctx, roomID)
	if k := problem.KindOf(err); k == problem.Unauthenticated || errors.Is(err, room.ErrNotMember) {
		return room.Person{}, nil
	}
	return who, err
}

// cookie is sent back for what is below path.
func (s *Server) cookie(name, value, path string, seconds int) http.Cookie {
	return http.Cookie{
		Name: name, Value: value, Path: s.Base + path, MaxAge: seconds,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.CookieSecure,
	}
}
