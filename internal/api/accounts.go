package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"synctv/internal/account"
)

// UserView is an account as its owner sees it.
type UserView struct {
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	Role      account.Role   `json:"role" enum:"root,admin,user"`
	Status    account.Status `json:"status" enum:"active,pending,banned"`
	Color     string         `json:"color"`
	CreatedMS int64          `json:"created_ms"`
}

func viewUser(u account.User) UserView {
	return UserView{ID: u.ID, Name: u.Name, Role: u.Role, Status: u.Status, Color: u.Color, CreatedMS: u.CreatedMS}
}

// userBody is {user: …}.
type userBody struct {
	User UserView `json:"user"`
}

// credentials are a name and a password. Their limits are the use case's, so
// that a wrong one is answered in its words.
type credentials struct {
	Body struct {
		Name     string `json:"name" maxLength:"200"`
		Password string `json:"password" maxLength:"1000"`
	}
}

// signedInReply carries the session in a cookie for browsers; programs read
// the token from the body.
type signedInReply struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      struct {
		User  UserView `json:"user"`
		Token string   `json:"token" doc:"for programs: Authorization: Bearer …"`
	}
}

// cookieSeconds matches the life of a session and, for guests, of their room's
// memory of them.
const cookieSeconds = 30 * 24 * 3600

func (s *Server) accountRoutes() {
	operation(s, huma.Operation{
		OperationID: "register", Method: http.MethodPost, Path: "/api/auth/register", Tags: []string{"people"},
		Summary: "Make an account and sign in", DefaultStatus: http.StatusCreated,
	}, tried(s, func(ctx context.Context, in *credentials) (*signedInReply, error) {
		u, err := s.Accounts.Register(ctx, in.Body.Name, in.Body.Password, callerOf(ctx).device)
		if err != nil {
			return nil, err
		}
		token, err := s.Accounts.StartSession(ctx, u, callerOf(ctx).device)
		return s.signedInAs(u, token), err
	}))
	operation(s, huma.Operation{
		OperationID: "sign-in", Method: http.MethodPost, Path: "/api/auth/login", Tags: []string{"people"}, Summary: "Sign in",
	}, tried(s, func(ctx context.Context, in *credentials) (*signedInReply, error) {
		u, token, err := s.Accounts.SignIn(ctx, in.Body.Name, in.Body.Password, callerOf(ctx).device)
		return s.signedInAs(u, token), err
	}))
	operation(s, huma.Operation{
		OperationID: "sign-out", Method: http.MethodPost, Path: "/api/auth/logout", Tags: []string{"people"},
		Summary: "End this session", DefaultStatus: http.StatusNoContent, Security: people(),
	}, s.signOut)
	operation(s, huma.Operation{
		OperationID: "get-info", Method: http.MethodGet, Path: "/api/info", Tags: []string{"server"}, Summary: "What this server offers",
	}, s.info)
}

func (s *Server) signedInAs(u account.User, token string) *signedInReply {
	out := &signedInReply{SetCookie: s.cookie(sessionCookie, token, "/", cookieSeconds)}
	out.Body.User, out.Body.Token = viewUser(u), token
	return out
}

type clearedCookie struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

// signOut ends the session and its sockets. Signing out twice is fine.
func (s *Server) signOut(ctx context.Context, _ *struct{}) (*clearedCookie, error) {
	out := &clearedCookie{SetCookie: s.cookie(sessionCookie, "", "/", -1)}
	_, session, err := s.signedIn(ctx)
	if err != nil {
		return out, nil //nolint:nilerr // nobody was signed in: that is what was asked for
	}
	return out, s.Accounts.SignOut(ctx, session)
}

// InfoView is what a page needs to know before anybody signs in.
type InfoView struct {
	Name         string         `json:"name"`
	Version      string         `json:"version"`
	Signup       account.Signup `json:"signup" enum:"open,approval,closed"`
	Announcement string         `json:"announcement,omitempty" doc:"a line for everybody, set by an admin"`
	Library      bool           `json:"library" doc:"the asking person may browse the library"`
	FFmpeg       bool           `json:"ffmpeg" doc:"lengths, pictures and embedded subtitles of library files are known"`
	RTMP         bool           `json:"rtmp" doc:"encoders can publish here"`
}

func (s *Server) info(ctx context.Context, _ *struct{}) (*body[InfoView], error) {
	now := s.Settings.Now()
	v := InfoView{Name: "SyncTV", Version: s.Version, Signup: account.Signup(now.Signup), Announcement: now.Announcement, RTMP: s.RTMPPort != "" || s.RTMPSPort != "" || s.RTMPURL != ""}
	if u, _, err := s.signedIn(ctx); err == nil {
		v.FFmpeg = s.Catalog.Tools.Installed()
		v.Library = s.Catalog.MayBrowse(userPerson(u))
	}
	return reply(v, nil)
}
