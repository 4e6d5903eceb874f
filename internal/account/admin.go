package account

import (
	"context"

	"synctv/internal/audit"
	"synctv/internal/ident"
	"synctv/internal/text"
)

// Act is what one person may do to another's account.
type Act string

// The acts of platform admins.
const (
	ActApprove       Act = "approve"
	ActBan           Act = "ban"
	ActUnban         Act = "unban"
	ActSetRole       Act = "role"
	ActResetPassword Act = "password_reset"
)

// MayAct is the rule: admins look after users, root after admins and users.
// Nobody touches root, nobody themselves, and only root makes and unmakes
// admins.
func MayAct(actor, target User, act Act) error {
	switch {
	case !actor.GlobalAdmin() || actor.Status != Active:
		return ErrAdminRequired
	case act == ActSetRole && actor.Role != Root:
		return ErrRootRequired
	case target.Role == Root || target.ID == actor.ID:
		return ErrAboveYou
	case target.Role == Admin && actor.Role != Root:
		return ErrAboveYou
	}
	return nil
}

// maxUserPage is the most accounts one page lists.
const maxUserPage = 100

// ListUsers gives admins a page of accounts and the cursor of the next one
// (zero = none).
func (s *Service) ListUsers(ctx context.Context, actor User, q UserQuery) ([]User, Cursor, error) {
	if !actor.GlobalAdmin() || actor.Status != Active {
		return nil, Cursor{}, ErrAdminRequired
	}
	if q.Limit <= 0 || q.Limit > maxUserPage {
		q.Limit = 50
	}
	q.Search = text.Fold(text.Line(q.Search))
	limit := q.Limit
	q.Limit++ // one more tells whether there is a next page
	list, err := s.Users.ListUsers(ctx, q)
	if err != nil || len(list) <= limit {
		return list, Cursor{}, err
	}
	last := list[limit-1]
	return list[:limit], Cursor{CreatedMS: last.CreatedMS, ID: last.ID}, nil
}

// UserFor gives an admin one account.
func (s *Service) UserFor(ctx context.Context, actor User, id string) (User, error) {
	if !actor.GlobalAdmin() || actor.Status != Active {
		return User{}, ErrAdminRequired
	}
	return s.Users.User(ctx, id)
}

// Approve lets a new account in.
func (s *Service) Approve(ctx context.Context, actor User, id string) (User, error) {
	return s.act(ctx, actor, id, ActApprove, "", func(u User) User {
		if u.Status == Pending {
			u.Status = Active
		}
		return u
	})
}

// Ban ends everything a person has open, and lets nothing work any more.
func (s *Service) Ban(ctx context.Context, actor User, id, reason string) (User, error) {
	u, err := s.act(ctx, actor, id, ActBan, reason, func(u User) User {
		u.Status = Banned
		return u
	})
	if err != nil {
		return u, err
	}
	// Even if this fails the status holds: no session of theirs is taken.
	_, err = s.Lists.RemoveSessions(ctx, id, "")
	s.Sockets.EndPerson(ctx, id)
	return u, err
}

// Unban lets a person sign in again.
func (s *Service) Unban(ctx context.Context, actor User, id, reason string) (User, error) {
	return s.act(ctx, actor, id, ActUnban, reason, func(u User) User {
		if u.Status == Banned {
			u.Status = Active
		}
		return u
	})
}

// SetRole makes a person an admin or a plain user. Their pages connect again,
// with the rights that hold now.
func (s *Service) SetRole(ctx context.Context, actor User, id string, role Role, reason string) (User, error) {
	if role != Admin && role != Plain {
		return User{}, ErrRoleUnknown
	}
	u, err := s.act(ctx, actor, id, ActSetRole, reason, func(u User) User {
		u.Role = role
		return u
	})
	if err == nil {
		s.Sockets.Renew(ctx, id)
	}
	return u, err
}

// act is one admin's change of one account: rule, store, audit.
func (s *Service) act(ctx context.Context, actor User, id string, act Act, reason string, change func(User) User) (User, error) {
	var before User
	u, err := s.change(ctx, id, func(u User) (User, error) {
		if err := MayAct(actor, u, act); err != nil {
			return User{}, err
		}
		before = u
		return change(u), nil
	})
	if err != nil || u == before {
		return u, err
	}
	e := audit.Entry{Action: "user." + string(act), Actor: party(actor), Target: party(u), Reason: reason}
	if act == ActSetRole {
		e.Detail = map[string]string{"from": string(before.Role), "to": string(u.Role)}
	}
	s.record(ctx, e)
	return u, nil
}

// ResetPassword gives an account a new random password, shown once, and ends
// its sessions.
func (s *Service) ResetPassword(ctx context.Context, actor User, id, reason string) (password string, err error) {
	u, err := s.Users.User(ctx, id)
	if err == nil {
		err = MayAct(actor, u, ActResetPassword)
	}
	if err != nil {
		return "", err
	}
	return s.newPasswordFor(ctx, actor, u, reason)
}

// RescuePassword is ResetPassword for whoever holds the store itself, who may
// have forgotten root's own.
func (s *Service) RescuePassword(ctx context.Context, operator User, id string) (password string, err error) {
	u, err := s.Users.User(ctx, id)
	if err != nil {
		return "", err
	}
	return s.newPasswordFor(ctx, operator, u, "command line")
}

func (s *Service) newPasswordFor(ctx context.Context, actor, u User, reason string) (password string, err error) {
	password = newPassword()
	if err := s.setPassword(ctx, u, "", password); err != nil {
		return "", err
	}
	s.record(ctx, audit.Entry{Action: "user." + string(ActResetPassword), Actor: party(actor), Target: party(u), Reason: reason})
	return password, nil
}

// newPassword has 96 random bits.
func newPassword() string { return ident.Token()[:16] }

func party(u User) audit.Party { return audit.Party{ID: u.ID, Name: u.Name} }

// maxReason is the longest reason of an act, in characters.
const maxReason = 300

// record writes an act into the record, which never fails the act.
func (s *Service) record(ctx context.Context, e audit.Entry) {
	if s.Audit == nil {
		return
	}
	e.ID, e.AtMS = ident.New(), s.Now().UnixMilli()
	e.Reason = text.Truncate(text.Line(e.Reason), maxReason)
	s.Audit.Record(ctx, e)
}
