package room

import (
	"slices"
	"testing"
)

// rightTable is the table of the specification: number, name, in which default sets.
func rightTable() []struct {
	bit                  int
	name                 string
	guest, member, admin bool
} {
	return []struct {
		bit                  int
		name                 string
		guest, member, admin bool
	}{
		{0, "send_chat", true, true, true},
		{1, "add_media", false, true, true},
		{2, "delete_media_self", false, true, true},
		{3, "delete_media_any", false, false, true},
		{4, "edit_media_self", false, true, true},
		{5, "edit_media_any", false, false, true},
		{6, "reorder_playlist", false, false, true},
		{7, "clear_playlist", false, false, true},
		{8, "publish_live", false, false, true},
		{10, "play_control", false, false, true},
		{11, "change_current", false, false, true},
		{12, "change_rate", false, false, true},
		{20, "approve_member", false, false, true},
		{21, "kick_member", false, false, true},
		{22, "ban_member", false, false, true},
		{23, "set_member_permissions", false, false, false},
		{24, "manage_admin", false, false, false},
		{30, "set_room_settings", false, false, true},
		{31, "set_room_password", false, false, true},
		{32, "delete_chat", false, false, true},
		{33, "view_stats", false, false, true},
		{34, "export_data", false, false, false},
		{35, "delete_room", false, false, false},
		{40, "view_playlist", true, true, true},
		{41, "view_member_list", true, true, true},
		{42, "view_chat_history", true, true, true},
		{50, "use_voice", false, true, true},
	}
}

func TestPermissionTable(t *testing.T) {
	var all Permissions
	for _, b := range rightTable() {
		p := Permissions(1) << b.bit
		all |= p
		if permissionName(p) != b.name {
			t.Errorf("bit %d is %q, want %q", b.bit, permissionName(p), b.name)
		}
		if DefaultGuest.Has(p) != b.guest || DefaultMember.Has(p) != b.member || DefaultAdmin.Has(p) != b.admin {
			t.Errorf("%s: wrong default sets", b.name)
		}
		got, err := ParsePermissions([]string{b.name})
		if err != nil || got != p {
			t.Errorf("%s parses to %b, %v", b.name, got, err)
		}
	}
	if AllPermissions() != all {
		t.Errorf("all = %b, want %b", AllPermissions(), all)
	}
	if _, err := ParsePermissions([]string{"send_chat", "fly"}); err == nil {
		t.Error("an unknown name was taken")
	}
	if _, err := ParsePermissions([]string{""}); err == nil {
		t.Error("an empty name was taken")
	}
}

func TestNames(t *testing.T) {
	got := (SendChat | AddMedia | 1<<63).Names()
	if !slices.Equal(got, []string{"add_media", "send_chat"}) {
		t.Errorf("got %v", got)
	}
	if n := Permissions(0).Names(); n == nil || len(n) != 0 {
		t.Errorf("nothing is an empty list, got %v", n)
	}
}

func TestEffective(t *testing.T) {
	none, chat := []string{}, []string{"send_chat", "no_longer_known"}
	for _, c := range []struct {
		name string
		set  Settings
		m    Member
		want Permissions
	}{
		{"creator has all", Settings{AdminPermissions: &none}, Member{Role: Creator, Status: MemberActive, Removed: SendChat}, AllPermissions()},
		{"banned creator has nothing", Settings{}, Member{Role: Creator, Status: MemberBanned}, 0},
		{"admin default", Settings{}, Member{Role: RoomAdmin, Status: MemberActive}, DefaultAdmin},
		{"member default", Settings{}, Member{Role: PlainUser, Status: MemberActive}, DefaultMember},
		{"member with empty set", Settings{MemberPermissions: &none}, Member{Role: PlainUser, Status: MemberActive}, 0},
		{"member with set", Settings{MemberPermissions: &chat}, Member{Role: PlainUser, Status: MemberActive}, SendChat},
		{"added", Settings{}, Member{Role: PlainUser, Status: MemberActive, Added: PlayControl}, DefaultMember | PlayControl},
		{"removed wins", Settings{}, Member{Role: PlainUser, Status: MemberActive, Added: SendChat, Removed: SendChat | AddMedia}, DefaultMember &^ (SendChat | AddMedia)},
		{"guest default", Settings{}, Member{Role: RoleGuest, Status: MemberActive}, DefaultGuest},
		{"guest: added does not count", Settings{}, Member{Role: RoleGuest, Status: MemberActive, Added: PlayControl}, DefaultGuest},
		{"guest set", Settings{GuestPermissions: &chat}, Member{Role: RoleGuest, Status: MemberActive}, SendChat},
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
		can  Permissions
	}{
		{"member", open, member, Person{}, nil, DefaultMember},
		{"guest", open, guest, Person{}, nil, DefaultGuest},
		{"guest where none are allowed any more", noGuests, guest, Person{}, ErrGuestsNotAllowed, 0},
		{"member there", noGuests, member, Person{}, nil, DefaultMember},
		{"closed", closed, member, Person{}, ErrRoomClosed, 0},
		{"closed to platform admins too? no", closed, member, Person{GlobalAdmin: true}, nil, AllPermissions()},
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
