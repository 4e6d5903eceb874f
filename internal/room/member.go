package room

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
	Added    Permissions // given to this person beyond the role
	Removed  Permissions // taken from this person; wins over Added
	JoinedMS int64
	Version  int64
}

// Effective is what a member may do in a room (SPEC §3): the creator all,
// admins and members (role set | added) &^ removed, guests the room's guest
// set, and nobody anything whose membership is not active.
func Effective(s Settings, m Member) Permissions {
	if m.Status != MemberActive {
		return 0
	}
	switch m.Role {
	case Creator:
		return AllPermissions()
	case RoomAdmin:
		return (roleSet(s.AdminPermissions, DefaultAdmin) | m.Added) &^ m.Removed
	case PlainUser:
		return (roleSet(s.MemberPermissions, DefaultMember) | m.Added) &^ m.Removed
	case RoleGuest:
		return roleSet(s.GuestPermissions, DefaultGuest)
	case roleNobody:
		return 0
	}
	return 0
}

// roleSet reads a stored set: unset means the default, empty means nothing.
// Names are checked when a set is stored; one that later became unknown is
// left out rather than locking everybody out.
func roleSet(names *[]string, def Permissions) Permissions {
	if names == nil {
		return def
	}
	var set Permissions
	for _, n := range *names {
		if p, err := ParsePermissions([]string{n}); err == nil {
			set |= p
		}
	}
	return set
}

// Access is a person who is in a room, with the rights that hold right now.
type Access struct {
	Room   Room
	Member Member
	Can    Permissions
}

// Require answers with a problem when a right is missing.
func (a Access) Require(p Permissions) error {
	if !a.Can.Has(p) {
		return ErrPermission
	}
	return nil
}

// By is who did it, for records and events.
func (a Access) By() By { return By{ID: a.Member.PersonID, Name: a.Member.Name} }

// By names a person at the moment of an act; the name is a snapshot.
type By struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// admit decides on what a membership allows before any right is looked at.
func admit(r Room, m Member, who Person) (Access, error) {
	if who.GlobalAdmin {
		return Access{Room: r, Member: m, Can: AllPermissions()}, nil
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
