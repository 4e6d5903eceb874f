package right

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
		if name(p) != b.name {
			t.Errorf("bit %d is %q, want %q", b.bit, name(p), b.name)
		}
		if DefaultGuest.Has(p) != b.guest || DefaultMember.Has(p) != b.member || DefaultAdmin.Has(p) != b.admin {
			t.Errorf("%s: wrong default sets", b.name)
		}
		got, err := Parse([]string{b.name})
		if err != nil || got != p {
			t.Errorf("%s parses to %b, %v", b.name, got, err)
		}
	}
	if All() != all {
		t.Errorf("all = %b, want %b", All(), all)
	}
	if _, err := Parse([]string{"send_chat", "fly"}); err == nil {
		t.Error("an unknown name was taken")
	}
	if _, err := Parse([]string{""}); err == nil {
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
