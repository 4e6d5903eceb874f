package room

import (
	"time"

	"synctv/internal/problem"
	"synctv/internal/right"
)

// The answers of the rules about rights.
var (
	ErrNotYourself  = problem.New(problem.Forbidden, "not_yourself", "You cannot do that to yourself.")
	ErrCreatorFixed = problem.New(problem.Forbidden, "creator_fixed", "Nobody decides about the creator of a room.")
	ErrAdminFixed   = problem.New(problem.Forbidden, "admin_fixed", "Only the creator decides about admins.")
	ErrNotYours     = problem.New(problem.Forbidden, "not_yours_to_give", "You cannot give what you do not have.")
	ErrGuestFixed   = problem.New(problem.Invalid, "guest_fixed", "A guest has the rights of guests, no others.")
	ErrMuted        = problem.New(problem.Forbidden, "muted", "You are muted for a while.")
)

// mutable is what somebody who is muted may not do, whatever their rights.
const mutable = right.SendChat | right.UseVoice

// Require answers with a problem when a right is missing.
func (a Access) Require(p right.Permissions) error {
	if !a.Can.Has(p) {
		return right.ErrMissing
	}
	if p&mutable != 0 && a.MutedFor > 0 {
		return ErrMuted.WithRetryAfter(a.MutedFor)
	}
	return nil
}

// mutedFor is how much longer a member is muted.
func (m Member) mutedFor(nowMS int64) time.Duration {
	return max(0, time.Duration(m.MutedUntilMS-nowMS)*time.Millisecond)
}

// head tells whether nobody in the room stands above this person.
func (a Access) head() bool { return a.Platform || a.Member.Role == Creator }

// mayTouch tells whether a person may decide about a member at all; which
// right it takes comes on top. The creator is beyond everybody's reach, admins
// are beyond each other's, and nobody decides about themselves.
func (a Access) mayTouch(m Member) error {
	switch {
	case m.PersonID == a.Member.PersonID:
		return ErrNotYourself
	case m.Role == Creator:
		return ErrCreatorFixed
	case m.Role == RoomAdmin && !a.head():
		return ErrAdminFixed
	}
	return nil
}

// mayGive refuses a change that gives a member what the giver lacks: rights
// that begin to hold, and rights that would hold if nothing took them away.
func (a Access) mayGive(before, after Member) error {
	s := a.Room.Settings
	given := Effective(s, after)&^Effective(s, before) | after.Added&^before.Added
	if !a.Can.Has(given) {
		return ErrNotYours
	}
	return nil
}

// maySet refuses role sets that give what the giver lacks. The admins' set is
// for those who decide about admins.
func (a Access) maySet(next Settings) error {
	now := a.Room.Settings
	given := func(was, is *[]string, def right.Permissions) right.Permissions {
		return roleSet(is, def) &^ roleSet(was, def)
	}
	all := given(now.MemberPermissions, next.MemberPermissions, right.DefaultMember) |
		given(now.GuestPermissions, next.GuestPermissions, right.DefaultGuest) |
		given(now.AdminPermissions, next.AdminPermissions, right.DefaultAdmin)
	if !a.Can.Has(all) {
		return ErrNotYours
	}
	if roleSet(now.AdminPermissions, right.DefaultAdmin) != roleSet(next.AdminPermissions, right.DefaultAdmin) && !a.head() {
		return ErrAdminFixed
	}
	return nil
}

// withRole is the member in another role. Guests have no account that could
// carry one; a creator is made by handing the room over.
func (a Access) withRole(m Member, role Role) (Member, error) {
	if m.Kind == KindGuest {
		return m, ErrGuestFixed
	}
	if role != RoomAdmin && role != PlainUser {
		return m, problem.InvalidField("body.role", "unknown", "A role is admin or member.")
	}
	next := m
	next.Role = role
	return next, a.mayGive(m, next)
}

// withRights is the member with other rights of their own.
func (a Access) withRights(m Member, added, removed []string) (Member, error) {
	if m.Kind == KindGuest {
		return m, ErrGuestFixed
	}
	next := m
	var err error
	if next.Added, err = right.Parse(added); err != nil {
		return m, problem.InvalidField("body.added", "unknown", "There is no such permission.")
	}
	if next.Removed, err = right.Parse(removed); err != nil {
		return m, problem.InvalidField("body.removed", "unknown", "There is no such permission.")
	}
	return next, a.mayGive(m, next)
}
