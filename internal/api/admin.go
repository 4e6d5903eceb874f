package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"synctv/internal/account"
	"synctv/internal/problem"
)

// adminRoutes are what platform admins do with other people's accounts.
func (s *Server) adminRoutes() {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"admin"}, Security: accounts(),
		}
	}
	const one = "/api/admin/users/{user}"
	operation(s, op("list-users", http.MethodGet, "/api/admin/users", "Accounts, newest first"), s.listUsers)
	operation(s, op("get-user", http.MethodGet, one, "One account"), s.getUser)
	operation(s, op("approve-user", http.MethodPost, one+"/approve", "Let a new account in"),
		s.actOnUser(func(ctx context.Context, actor account.User, id, _ string) (account.User, error) {
			return s.Accounts.Approve(ctx, actor, id)
		}))
	operation(s, op("ban-user", http.MethodPost, one+"/ban", "Ban a person; everything they have open ends"), s.actOnUser(s.Accounts.Ban))
	operation(s, op("unban-user", http.MethodPost, one+"/unban", "Let a banned person sign in again"), s.actOnUser(s.Accounts.Unban))
	operation(s, op("set-user-role", http.MethodPut, one+"/role", "Make a person an admin or a plain user; for root"), s.setUserRole)
	operation(s, op("reset-user-password", http.MethodPost, one+"/password", "Give a person a new random password, shown once"), s.resetUserPassword)
}

type listUsersInput struct {
	Q      string         `query:"q" maxLength:"100" doc:"part of the name"`
	Status account.Status `query:"status" enum:"active,pending,banned" doc:"only these"`
	Cursor string         `query:"cursor" maxLength:"64" doc:"next of the page before"`
	Limit  int            `query:"limit" minimum:"0" maximum:"100" doc:"accounts a page; 0 = 50"`
}

type usersBody struct {
	Users []UserView `json:"users"`
	Next  string     `json:"next" doc:"cursor of the next page, empty on the last"`
}

func (s *Server) listUsers(ctx context.Context, in *listUsersInput) (*body[usersBody], error) {
	actor, _, err := s.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	at, err := parseUserCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, err := s.Accounts.ListUsers(ctx, actor, account.UserQuery{Search: in.Q, Status: in.Status, Before: at, Limit: in.Limit})
	out := usersBody{Users: make([]UserView, 0, len(list))}
	for _, u := range list {
		out.Users = append(out.Users, viewUser(u))
	}
	if next.ID != "" {
		out.Next = strconv.FormatInt(next.CreatedMS, 10) + "." + next.ID
	}
	return reply(out, err)
}

func parseUserCursor(c string) (account.Cursor, error) {
	if c == "" {
		return account.Cursor{}, nil
	}
	ms, id, ok := strings.Cut(c, ".")
	n, err := strconv.ParseInt(ms, 10, 64)
	if !ok || err != nil || id == "" {
		return account.Cursor{}, problem.InvalidField("query.cursor", "invalid", "This is not a cursor of ours.")
	}
	return account.Cursor{CreatedMS: n, ID: id}, nil
}

// OnUser is the path of everything about another account.
type OnUser struct {
	User string `path:"user" maxLength:"32" doc:"id of the account"`
}

func (s *Server) getUser(ctx context.Context, in *OnUser) (*body[userBody], error) {
	actor, _, err := s.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	u, err := s.Accounts.UserFor(ctx, actor, in.User)
	return reply(userBody{User: viewUser(u)}, err)
}

// reason is why an admin does something; it goes into the record.
type reason struct {
	Reason string `json:"reason,omitempty" maxLength:"1200" doc:"for the record"`
}

type actInput struct {
	OnUser
	Body *reason
}

func (in *actInput) reason() string {
	if in.Body == nil {
		return ""
	}
	return in.Body.Reason
}

type userAct func(ctx context.Context, actor account.User, id, reason string) (account.User, error)

func (s *Server) actOnUser(act userAct) func(context.Context, *actInput) (*body[userBody], error) {
	return func(ctx context.Context, in *actInput) (*body[userBody], error) {
		actor, _, err := s.signedIn(ctx)
		if err != nil {
			return nil, err
		}
		u, err := act(ctx, actor, in.User, in.reason())
		return reply(userBody{User: viewUser(u)}, err)
	}
}

type setRoleInput struct {
	OnUser
	Body struct {
		Role   account.Role `json:"role" enum:"admin,user"`
		Reason string       `json:"reason,omitempty" maxLength:"1200" doc:"for the record"`
	}
}

func (s *Server) setUserRole(ctx context.Context, in *setRoleInput) (*body[userBody], error) {
	actor, _, err := s.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	u, err := s.Accounts.SetRole(ctx, actor, in.User, in.Body.Role, in.Body.Reason)
	return reply(userBody{User: viewUser(u)}, err)
}

type passwordBody struct {
	Password string `json:"password" doc:"shown once; all sessions of the account have ended"`
}

func (s *Server) resetUserPassword(ctx context.Context, in *actInput) (*body[passwordBody], error) {
	actor, _, err := s.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	password, err := s.Accounts.ResetPassword(ctx, actor, in.User, in.reason())
	return reply(passwordBody{Password: password}, err)
}
