package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"synctv/internal/account"
)

// meRoutes are what people do with their own account.
func (s *Server) meRoutes() {
	op := func(id, method, path, summary string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: path, Summary: summary, DefaultStatus: status,
			Tags: []string{"people"}, Security: accounts(),
		}
	}
	operation(s, op("get-me", http.MethodGet, "/api/me", "Who is signed in", 0), s.getMe)
	operation(s, op("update-me", http.MethodPatch, "/api/me", "Change one's name or colour", 0), s.updateMe)
	operation(s, op("change-password", http.MethodPut, "/api/me/password", "Change one's password; ends all other sessions", http.StatusNoContent), s.changePassword)
	operation(s, op("delete-me", http.MethodPost, "/api/me/delete", "Delete one's account; rooms pass on to others", http.StatusNoContent), s.deleteMe)
	operation(s, op("list-my-sessions", http.MethodGet, "/api/me/sessions", "One's signed-in devices and access tokens", 0), s.mySessions)
	operation(s, op("end-my-session", http.MethodDelete, "/api/me/sessions/{session}", "End a session or an access token of one's own", http.StatusNoContent), s.endMySession)
	operation(s, op("end-my-other-sessions", http.MethodDelete, "/api/me/sessions", "End all but the session in use", 0), s.endMyOtherSessions)
	operation(s, op("create-my-token", http.MethodPost, "/api/me/tokens", "Make an access token for programs", http.StatusCreated), s.createMyToken)
}

// accounts is what operations accept that are for people with an account.
func accounts() []map[string][]string {
	return []map[string][]string{{"session": {}}, {"bearer": {}}}
}

func (s *Server) getMe(ctx context.Context, _ *struct{}) (*body[userBody], error) {
	u, _, err := s.signedIn(ctx)
	return reply(userBody{User: viewUser(u)}, err)
}

type updateMeInput struct {
	Body struct {
		Name  *string `json:"name,omitempty" maxLength:"200" doc:"3 to 32 letters, digits and _ - ."`
		Color *string `json:"color,omitempty" maxLength:"20" example:"#4f7cac"`
	}
}

func (s *Server) updateMe(ctx context.Context, in *updateMeInput) (*body[userBody], error) {
	u, _, err := s.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	u, err = s.Accounts.UpdateProfile(ctx, u, account.Profile(in.Body))
	return reply(userBody{User: viewUser(u)}, err)
}

type changePasswordInput struct {
	Body struct {
		OldPassword string `json:"old_password" maxLength:"1000"`
		NewPassword string `json:"new_password" maxLength:"1000" doc:"8 to 128 bytes"`
	}
}

func (s *Server) changePassword(ctx context.Context, in *changePasswordInput) (*struct{}, error) {
	u, session, err := s.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.Accounts.ChangePassword(ctx, u, session.ID, in.Body.OldPassword, in.Body.NewPassword, callerOf(ctx).device)
}

type deleteMeInput struct {
	Body struct {
		Password string `json:"password" maxLength:"1000"`
	}
}

func (s *Server) deleteMe(ctx context.Context, in *deleteMeInput) (*clearedCookie, error) {
	u, _, err := s.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Accounts.Delete(ctx, u, in.Body.Password, callerOf(ctx).device); err != nil {
		return nil, err
	}
	return &clearedCookie{SetCookie: s.cookie(sessionCookie, "", "/", -1)}, nil
}

// SessionView is a session as its owner sees it.
type SessionView struct {
	ID        string              `json:"id"`
	Kind      account.SessionKind `json:"kind" enum:"device,token"`
	Name      string              `json:"name" doc:"of an access token"`
	Agent     string              `json:"agent" doc:"what the device called itself"`
	Address   string              `json:"address" doc:"where it was used last; IPv6 as its /64"`
	CreatedMS int64               `json:"created_ms"`
	SeenMS    int64               `json:"seen_ms" doc:"to about five minutes"`
	ExpiresMS int64               `json:"expires_ms" doc:"if it is not used until then"`
	Current   bool                `json:"current" doc:"the one that asks"`
}

func viewSession(n account.Session, current string) SessionView {
	return SessionView{
		ID: n.ID, Kind: n.Kind, Name: n.Name, Agent: n.Agent, Address: n.Address,
		CreatedMS: n.CreatedMS, SeenMS: n.SeenMS, ExpiresMS: n.ExpiresMS, Current: n.ID == current,
	}
}

type sessionsBody struct {
	Sessions []SessionView `json:"sessions"`
}

func (s *Server) mySessions(ctx context.Context, _ *struct{}) (*body[sessionsBody], error) {
	u, session, err := s.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	list, err := s.Accounts.MySessions(ctx, u)
	out := sessionsBody{Sessions: make([]SessionView, 0, len(list))}
	for _, n := range list {
		out.Sessions = append(out.Sessions, viewSession(n, session.ID))
	}
	return reply(out, err)
}

type endSessionInput struct {
	Session string `path:"session" maxLength:"32" doc:"id of the session"`
}

func (s *Server) endMySession(ctx context.Context, in *endSessionInput) (*struct{}, error) {
	u, _, err := s.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.Accounts.EndMySession(ctx, u, in.Session)
}

type endedBody struct {
	Ended int `json:"ended" doc:"how many"`
}

func (s *Server) endMyOtherSessions(ctx context.Context, _ *struct{}) (*body[endedBody], error) {
	u, session, err := s.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	n, err := s.Accounts.EndOtherSessions(ctx, u, session.ID)
	return reply(endedBody{Ended: n}, err)
}

type createTokenInput struct {
	Body struct {
		Name string `json:"name" maxLength:"400" doc:"what it is for, 1 to 60 characters"`
	}
}

type tokenBody struct {
	Session SessionView `json:"session"`
	Token   string      `json:"token" doc:"shown once: Authorization: Bearer …"`
}

func (s *Server) createMyToken(ctx context.Context, in *createTokenInput) (*body[tokenBody], error) {
	u, session, err := s.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	n, token, err := s.Accounts.CreateToken(ctx, u, in.Body.Name, callerOf(ctx).device)
	return reply(tokenBody{Session: viewSession(n, session.ID), Token: token}, err)
}
