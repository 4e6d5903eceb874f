package room

import (
	"testing"

	"synctv/internal/right"
)

func TestEffective(t *testing.T) {
	none, chat := []string{}, []string{"send_chat", "no_longer_known"}
	for _, c := range []struct {
		name string
		set  Settings
		m    Member
		want right.Permissions
	}{
		{"creator has all", Settings{AdminPermissions: &none}, Member{Role: Creator, Status: MemberActive, Removed: right.SendChat}, right.All()},
		{"banned creator has nothing", Settings{}, Member{Role: Creator, Status: MemberBanned}, 0},
		{"admin default", Settings{}, Member{Role: RoomAdmin, Status: MemberActive}, right.DefaultAdmin},
		{"member default", Settings{}, Member{Role: PlainUser, Status: MemberActive}, right.DefaultMember},
		{"member with empty set", Settings{MemberPermissions: &none}, Member{Role: PlainUser, Status: MemberActive}, 0},
		{"member with set", Settings{MemberPermissions: &chat}, Member{Role: PlainUser, Status: MemberActive}, right.SendChat},
		{"added", Settings{}, Member{Role: PlainUser, Status: MemberActive, Added: right.PlayControl}, right.DefaultMember | right.PlayControl},
		{"removed wins", Settings{}, Member{Role: PlainUser, Status: MemberActive, Added: right.SendChat, Removed: right.SendChat | right.AddMedia}, right.DefaultMember &^ (right.SendChat | right.AddMedia)},
		{"guest default", Settings{}, Member{Role: RoleGuest, Status: MemberActive}, right.DefaultGuest},
		{"guest: added does not count", Settings{}, Member{Role: RoleGuest, Status: MemberActive, Added: right.PlayControl}, right.DefaultGuest},
		{"guest set", Settings{GuestPermissions: &chat}, Member{Role: RoleGuest, Status: MemberActive}, right.SendChat},
		{"pending", Settings{}, Member{Role: PlainUser, Status: MemberPending}, 0},
		{"no role", Settings{}, Member{Status: MemberActive}, 0},
	} {
		if got := Effective(c.set, c.m); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got.Names(), c.want.Names())
		}
	}
}

func TestAdmit(t *testing.T) {
	open := Room{Status: RoomActive, Settings: DefaultSettings(false)}
	closed := Room{Status: RoomClosed, Settings: DefaultSettings(false)}
	noGuests := Room{Status: RoomActive, Settings: DefaultSettings(true)}
	member := Member{Kind: KindUser, Role: PlainUser, Status: MemberActive}
	guest := Member{Kind: KindGuest, Role: RoleGuest, Status: MemberActive}
	with := func(m Member, s MemberStatus) Member { m.Status = s; return m }
	for _, c := range []struct {
		name string
		r    Room
		m    Member
		who  Person
		want error
		can  right.Permissions
	}{
		{"member", open, member, Person{}, nil, right.DefaultMember},
		{"guest", open, guest, Person{}, nil, right.DefaultGuest},
		{"guest where none are allowed any more", noGuests, guest, Person{}, ErrGuestsNotAllowed, 0},
		{"member there", noGuests, member, Person{}, nil, right.DefaultMember},
		{"closed", closed, member, Person{}, ErrRoomClosed, 0},
		{"closed to platform admins too? no", closed, member, Person{GlobalAdmin: true}, nil, right.All()},
		{"banned", open, with(member, MemberBanned), Person{}, ErrMemberBanned, 0},
		{"pending", open, with(member, MemberPending), Person{}, ErrMemberPending, 0},
		{"pending room", Room{Status: RoomPending}, member, Person{}, ErrRoomClosed, 0},
	} {
		a, err := admit(c.r, c.m, c.who)
		if err != c.want || a.Can != c.can {
			t.Errorf("%s: got %v %v", c.name, a.Can.Names(), err)
		}
	}
}
