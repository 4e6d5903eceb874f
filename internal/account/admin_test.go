package account

import (
	"errors"
	"testing"
)

// Who may do what to whom, whole: every role and state of the actor, every
// role of the target, every act.
func TestMayAct(t *testing.T) {
	person := func(id string, r Role) User { return User{ID: id, Role: r, Status: Active} }
	acts := []Act{ActApprove, ActBan, ActUnban, ActResetPassword, ActSetRole}
	type row struct {
		actor, target Role
		all, role     error // for every act but setting roles, and for that
	}
	for _, c := range []row{
		{Plain, Plain, ErrAdminRequired, ErrAdminRequired},
		{Plain, Admin, ErrAdminRequired, ErrAdminRequired},
		{Plain, Root, ErrAdminRequired, ErrAdminRequired},
		{Admin, Plain, nil, ErrRootRequired},
		{Admin, Admin, ErrAboveYou, ErrRootRequired},
		{Admin, Root, ErrAboveYou, ErrRootRequired},
		{Root, Plain, nil, nil},
		{Root, Admin, nil, nil},
		{Root, Root, ErrAboveYou, ErrAboveYou},
	} {
		for _, act := range acts {
			want := c.all
			if act == ActSetRole {
				want = c.role
			}
			if got := MayAct(person("a", c.actor), person("b", c.target), act); !errors.Is(got, want) {
				t.Errorf("%s %s %s: %v, want %v", c.actor, act, c.target, got, want)
			}
		}
	}
}

func TestMayActNotWhenOnesOwnAccountDoesNotWork(t *testing.T) {
	target := User{ID: "b", Role: Plain, Status: Active}
	for _, status := range []Status{Pending, Banned} {
		for _, role := range []Role{Root, Admin} {
			if err := MayAct(User{ID: "a", Role: role, Status: status}, target, ActBan); !errors.Is(err, ErrAdminRequired) {
				t.Errorf("%s %s: %v", status, role, err)
			}
		}
	}
}

func TestNobodyActsOnThemselves(t *testing.T) {
	for _, role := range []Role{Root, Admin} {
		u := User{ID: "a", Role: role, Status: Active}
		for _, act := range []Act{ActApprove, ActBan, ActUnban, ActResetPassword} {
			if err := MayAct(u, u, act); !errors.Is(err, ErrAboveYou) {
				t.Errorf("%s %s: %v", role, act, err)
			}
		}
		if err := MayAct(u, u, ActSetRole); err == nil {
			t.Errorf("%s changes their own role", role)
		}
	}
}
