package room

import (
	"strconv"
	"strings"
	"time"

	"synctv/internal/ident"
	"synctv/internal/right"
	"synctv/internal/text"
)

// Role of a person in one room.
type Role string

// The roles, strongest first.
const (
	Creator    Role = "creator"
	RoomAdmin  Role = "admin"
	PlainUser  Role = "member"
	RoleGuest  Role = "guest"
	roleNobody Role = ""
)

// MemberStatus of a membership.
type MemberStatus string

// The states of a membership.
const (
	MemberActive  MemberStatus = "active"
	MemberPending MemberStatus = "pending"
	MemberBanned  MemberStatus = "banned"
)

// PersonKind tells people with an account from guests.
type PersonKind string

// The kinds of people.
const (
	KindUser  PersonKind = "user"
	KindGuest PersonKind = "guest"
)

// Person is whoever asks for something: a signed-in user, or a guest of one
// room. Adapters make it from a verified token, never from what a client says.
type Person struct {
	ID          string
	Kind        PersonKind
	Name        string
	Color       string // "#rrggbb"
	GlobalAdmin bool   // platform admin or root: passes room checks
	Restricted  bool   // a pending account: may look at the lists, not create or join
	GuestOf     string // for guests: the only room they exist in
}

// Member is one person's place in one room.
type Member struct {
	RoomID   string
	PersonID string
	Kind     PersonKind
	Name     string
	Color    string
	Role     Role
	Status   MemberStatus
	Added    right.Permissions // given to this person beyond the role
	Removed  right.Permissions // taken from this person; wins over Added
	JoinedMS int64
	Version  int64

	Platform     bool  // also a platform admin, who passes every check
	MutedUntilMS int64 // may not talk before then
	Ban          Ban   // why they are kept out; zero unless banned
}

func (m Member) by() ident.By { return ident.By{ID: m.PersonID, Name: m.Name} }

// changes is what differs from a membership before, for the record.
func (m Member) changes(was Member) map[string]string {
	d := map[string]string{}
	if m.Role != was.Role {
		d["role"] = string(m.Role)
	}
	if m.Status != was.Status {
		d["status"] = string(m.Status)
	}
	if m.Added != was.Added {
		d["added"] = strings.Join(m.Added.Names(), " ")
	}
	if m.Removed != was.Removed {
		d["removed"] = strings.Join(m.Removed.Names(), " ")
	}
	if m.MutedUntilMS != was.MutedUntilMS {
		d["muted_until_ms"] = strconv.FormatInt(m.MutedUntilMS, 10)
	}
	return d
}

// checkReason shortens and cleans what somebody gives as their reason.
func checkReason(typed string) string { return text.Truncate(text.Line(typed), maxReason) }

// Ban is why somebody is kept out of a room.
type Ban struct {
	Reason string `json:"reason"`
	ByName string `json:"by_name"`
	AtMS   int64  `json:"at_ms"`
}

// Effective is what a member may do in a room (SPEC §3): the creator all,
// admins and members (role set | added) &^ removed, guests the room's guest
// set, and nobody anything whose membership is not active. Platform admins
// pass every check here too.
func Effective(s Settings, m Member) right.Permissions {
	if m.Status != MemberActive {
		return 0
	}
	if m.Platform {
		return right.All()
	}
	switch m.Role {
	case Creator:
		return right.All()
	case RoomAdmin:
		return (roleSet(s.AdminPermissions, right.DefaultAdmin) | m.Added) &^ m.Removed
	case PlainUser:
		return (roleSet(s.MemberPermissions, right.DefaultMember) | m.Added) &^ m.Removed
	case RoleGuest:
		return roleSet(s.GuestPermissions, right.DefaultGuest)
	case roleNobody:
		return 0
	}
	return 0
}

// roleSet reads a stored set: unset means the default, empty means nothing.
// Names are checked when a set is stored; one that later became unknown is
// left out rather than locking everybody out.
func roleSet(names *[]string, def right.Permissions) right.Permissions {
	if names == nil {
		return def
	}
	var set right.Permissions
	for _, n := range *names {
		if p, err := right.Parse([]string{n}); err == nil {
			set |= p
		}
	}
	return set
}

// Access is a person who is in a room, with the rights that hold right now.
type Access struct {
	Room   Room
	Member Member
	Can    right.Permissions

	Platform bool          // a platform admin: stands above everybody here
	MutedFor time.Duration // how much longer they may not talk; 0 = they may
}

// By is who did it, for records and events.
func (a Access) By() ident.By { return ident.By{ID: a.Member.PersonID, Name: a.Member.Name} }

// admit decides on what a membership allows before any right is looked at.
func admit(r Room, m Member, who Person) (Access, error) {
	if who.GlobalAdmin {
		return Access{Room: r, Member: m, Can: right.All(), Platform: true}, nil
	}
	if err := r.Open(); err != nil {
		return Access{}, err
	}
	switch m.Status {
	case MemberBanned:
		return Access{}, ErrMemberBanned
	case MemberPending:
		return Access{}, ErrMemberPending
	case MemberActive:
	}
	if m.Kind == KindGuest && !r.Settings.GuestsAllowed {
		return Access{}, ErrGuestsNotAllowed
	}
	return Access{Room: r, Member: m, Can: Effective(r.Settings, m)}, nil
}
