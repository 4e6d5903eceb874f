package room

import (
	"errors"
	"testing"
	"time"

	"synctv/internal/problem"
	"synctv/internal/right"
)

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return problem.From(err).Code
}

func someone(id string, role Role) Member {
	kind := KindUser
	if role == RoleGuest {
		kind = KindGuest
	}
	return Member{PersonID: id, Role: role, Kind: kind, Status: MemberActive}
}

func accessOf(m Member, s Settings) Access {
	return Access{Room: Room{Settings: s, Status: RoomActive}, Member: m, Can: Effective(s, m)}
}

// Who may decide about whom, before any right is asked for.
func TestMayTouch(t *testing.T) {
	platform := Access{Member: someone("p", PlainUser), Can: right.All(), Platform: true}
	creator, admin, member := accessOf(someone("c", Creator), Settings{}), accessOf(someone("a", RoomAdmin), Settings{}), accessOf(someone("m", PlainUser), Settings{})
	for _, c := range []struct {
		name   string
		actor  Access
		target Member
		want   string
	}{
		{"creator on an admin", creator, someone("x", RoomAdmin), ""},
		{"creator on themselves", creator, creator.Member, "not_yourself"},
		{"admin on a member", admin, someone("x", PlainUser), ""},
		{"admin on a guest", admin, someone("x", RoleGuest), ""},
		{"admin on another admin", admin, someone("x", RoomAdmin), "admin_fixed"},
		{"admin on themselves", admin, admin.Member, "not_yourself"},
		{"admin on the creator", admin, creator.Member, "creator_fixed"},
		{"member with a right on an admin", member, someone("x", RoomAdmin), "admin_fixed"},
		{"member with a right on a member", member, someone("x", PlainUser), ""},
		{"platform admin on an admin", platform, someone("x", RoomAdmin), ""},
		{"platform admin on the creator", platform, creator.Member, "creator_fixed"},
	} {
		if got := codeOf(c.actor.mayTouch(c.target)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Nobody gives what they do not hold: neither a right that begins to hold nor
// one that would if nothing took it away.
func TestNobodyGivesWhatTheyLack(t *testing.T) {
	none := []string{}
	giver := someone("a", RoomAdmin)
	giver.Added = right.SetMemberPermissions | right.ManageAdmin
	poor := giver
	poor.Removed = right.PlayControl
	member, robbed := someone("m", PlainUser), someone("m", PlainUser)
	robbed.Removed = right.PlayControl
	for _, c := range []struct {
		name           string
		giver          Member
		set            Settings
		to             Member
		added, removed []string
		want           string
	}{
		{"what they hold", giver, Settings{}, member, []string{"play_control"}, nil, ""},
		{"what they were given", giver, Settings{}, member, []string{"set_member_permissions"}, nil, ""},
		{"what only creators hold", giver, Settings{}, member, []string{"delete_room"}, nil, "not_yours_to_give"},
		{"what was taken from them", poor, Settings{}, member, []string{"play_control"}, nil, "not_yours_to_give"},
		{"given and taken at once", poor, Settings{}, member, []string{"play_control"}, []string{"play_control"}, "not_yours_to_give"},
		{"taking is not giving", poor, Settings{}, member, nil, []string{"play_control"}, ""},
		{"giving back what was taken", poor, Settings{MemberPermissions: &[]string{"play_control"}}, robbed, nil, nil, "not_yours_to_give"},
		{"creator gives all", someone("c", Creator), Settings{}, member, right.All().Names(), nil, ""},
		{"an empty role set is a lack too", someone("b", RoomAdmin), Settings{AdminPermissions: &none}, member, []string{"send_chat"}, nil, "not_yours_to_give"},
		{"guests have the guests' rights", giver, Settings{}, someone("g", RoleGuest), []string{"send_chat"}, nil, "guest_fixed"},
		{"an unknown name", giver, Settings{}, member, []string{"fly"}, nil, "validation"},
		{"an unknown name taken", giver, Settings{}, member, nil, []string{"fly"}, "validation"},
	} {
		if _, err := accessOf(c.giver, c.set).withRights(c.to, c.added, c.removed); codeOf(err) != c.want {
			t.Errorf("%s: %q, want %q", c.name, codeOf(err), c.want)
		}
	}
}

func TestRoles(t *testing.T) {
	full := someone("a", RoomAdmin)
	full.Added = right.ManageAdmin
	less := full
	less.Removed = right.BanMember
	for _, c := range []struct {
		name   string
		giver  Member
		target Member
		role   Role
		want   string
	}{
		{"promote", full, someone("m", PlainUser), RoomAdmin, ""},
		{"promote to more than one holds", less, someone("m", PlainUser), RoomAdmin, "not_yours_to_give"},
		{"demote", someone("c", Creator), someone("x", RoomAdmin), PlainUser, ""},
		{"a guest", full, someone("g", RoleGuest), RoomAdmin, "guest_fixed"},
		{"to creator", someone("c", Creator), someone("m", PlainUser), Creator, "validation"},
		{"to nothing", full, someone("m", PlainUser), "", "validation"},
	} {
		next, err := accessOf(c.giver, Settings{}).withRole(c.target, c.role)
		if codeOf(err) != c.want || err == nil && next.Role != c.role {
			t.Errorf("%s: %q, %v", c.name, codeOf(err), next.Role)
		}
	}
}

func TestRoleSetsAreNoWayAround(t *testing.T) {
	admin := someone("a", RoomAdmin)
	poor := admin
	poor.Removed = right.PlayControl
	set := func(names ...string) *[]string { return &names }
	for _, c := range []struct {
		name  string
		giver Member
		next  Settings
		want  string
	}{
		{"nothing new", admin, Settings{}, ""},
		{"the default in words", admin, Settings{AdminPermissions: set(right.DefaultAdmin.Names()...)}, ""},
		{"members play", admin, Settings{MemberPermissions: set("send_chat", "play_control")}, ""},
		{"members get what an admin lacks", admin, Settings{MemberPermissions: set("delete_room")}, "not_yours_to_give"},
		{"guests get what was taken from this admin", poor, Settings{GuestPermissions: set("play_control")}, "not_yours_to_give"},
		{"admins' set is the creator's", admin, Settings{AdminPermissions: set("send_chat")}, "admin_fixed"},
		{"the creator sets it", someone("c", Creator), Settings{AdminPermissions: set("send_chat")}, ""},
	} {
		if got := codeOf(accessOf(c.giver, Settings{}).maySet(c.next)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestMutedPeopleDoNotTalk(t *testing.T) {
	m := someone("m", PlainUser)
	m.MutedUntilMS = 10_000
	a := accessOf(m, Settings{})
	for at, want := range map[int64]time.Duration{0: 10 * time.Second, 9_999: time.Millisecond, 10_000: 0, 20_000: 0} {
		if a.MutedFor = m.mutedFor(at); a.MutedFor != want {
			t.Errorf("at %d: %v", at, a.MutedFor)
		}
		if err := a.Require(right.SendChat); errors.Is(err, ErrMuted) != (want > 0) {
			t.Errorf("at %d: %v", at, err)
		}
		if err := a.Require(right.AddMedia); err != nil {
			t.Errorf("muting took more than the voice: %v", err)
		}
	}
	a.MutedFor, a.Can = time.Second, 0
	if err := a.Require(right.SendChat); !errors.Is(err, right.ErrMissing) {
		t.Errorf("without the right it is the right that is missing: %v", err)
	}
}

func TestHeir(t *testing.T) {
	out := someone("out", RoomAdmin)
	out.Status = MemberBanned
	for _, c := range []struct {
		name    string
		members []Member
		want    string
	}{
		{"nobody", []Member{someone("c", Creator), someone("g", RoleGuest)}, ""},
		{"longest admin before older member", []Member{someone("m", PlainUser), someone("c", Creator), someone("a1", RoomAdmin), someone("a2", RoomAdmin)}, "a1"},
		{"else the longest member", []Member{someone("g", RoleGuest), out, someone("m1", PlainUser), someone("m2", PlainUser)}, "m1"},
	} {
		if got, ok := heirOf(c.members); got.PersonID != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, %v", c.name, got.PersonID, ok)
		}
	}
}
