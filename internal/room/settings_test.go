package room

import (
	"slices"
	"strings"
	"testing"

	"synctv/internal/right"
	"synctv/internal/screen"
)

func TestMerge(t *testing.T) {
	chat := []string{"send_chat"}
	base := DefaultSettings(false)
	base.MemberPermissions = &chat
	for patch, code := range map[string]string{
		`{}`: "", `{"slow_mode_s":30,"approval":true}`: "", `{"member_permissions":null}`: "", `{"member_permissions":[]}`: "",
		`{"autoplay":{"mode":"shuffle"}}`: "", `{"wait":{"mode":"up_to","up_to":4}}`: "",
		`{"slow_mode_s":-1}`: "validation", `{"slow_mode_s":3601}`: "validation", `{"max_members":0}`: "validation", `{"max_members":10001}`: "validation",
		`{"autoplay":{"mode":"backwards"}}`: "validation", `{"autoplay":{"delay_s":61}}`: "validation",
		`{"wait":{"mode":"sometimes"}}`: "validation", `{"wait":{"up_to":0}}`: "validation",
		`{"admin_permissions":["fly"]}`: "validation", `{"guest_permissions":["kick_member"]}`: "validation", `{"guest_permissions":["play_control"]}`: "",
		`{"unknown":1}`: "validation", `{"chat":"yes"}`: "validation", `[]`: "validation", ``: "validation",
	} {
		if _, err := base.Merge([]byte(patch)); codeOf(err) != code {
			t.Errorf("%s: %v", patch, err)
		}
	}
	next, err := base.Merge([]byte(`{"slow_mode_s":30,"autoplay":{"mode":"shuffle"},"member_permissions":["play_control","add_media"]}`))
	if err != nil || next.SlowModeS != 30 || next.Autoplay != (screen.Autoplay{On: true, Mode: screen.Shuffle, DelayS: 3}) || !next.Chat {
		t.Errorf("%+v, %v", next, err)
	}
	if !slices.Equal(chat, []string{"send_chat"}) || (*base.MemberPermissions)[0] != "send_chat" {
		t.Error("the patch wrote into what it was based on")
	}
	if got := next.changedFrom(base); !slices.Equal(got, []string{"autoplay", "member_permissions", "slow_mode_s"}) {
		t.Errorf("changed: %v", got)
	}
	if next, err = next.Merge([]byte(`{"member_permissions":null}`)); err != nil || next.MemberPermissions != nil {
		t.Errorf("null is the default again: %+v, %v", next, err)
	}
}

func TestPresets(t *testing.T) {
	kept := []string{"send_chat"}
	was := Room{Visibility: Listed, Settings: DefaultSettings(false)}
	was.Settings.AdminPermissions, was.Settings.SlowModeS = &kept, 7
	for _, c := range []struct {
		preset        Preset
		member, guest right.Permissions
		private       bool
	}{
		{"", right.DefaultMember, right.DefaultGuest, false},
		{EveryoneControls, right.DefaultMember | controls, right.DefaultGuest | controls, false},
		{OnlyHosts, right.DefaultMember, right.DefaultGuest, false},
		{Theatre, right.DefaultGuest, right.DefaultGuest, false},
		{Private, right.DefaultMember, right.DefaultGuest, true},
	} {
		r, err := c.preset.apply(was)
		if err != nil || r.Settings.Check() != nil {
			t.Fatalf("%s: %v", c.preset, err)
		}
		s := r.Settings
		if got := Effective(s, someone("m", PlainUser)); got != c.member {
			t.Errorf("%s: members %v", c.preset, got.Names())
		}
		if got := Effective(s, someone("g", RoleGuest)); got != c.guest {
			t.Errorf("%s: guests %v", c.preset, got.Names())
		}
		if (r.Visibility == Hidden) != c.private || s.GuestsAllowed == c.private || s.Approval != c.private {
			t.Errorf("%s: %+v", c.preset, r)
		}
		if (*s.AdminPermissions)[0] != "send_chat" || s.SlowModeS != 7 {
			t.Errorf("%s touched what is not its own: %+v", c.preset, s)
		}
	}
	if _, err := Preset("chaos").apply(was); codeOf(err) != "validation" {
		t.Errorf("unknown preset: %v", err)
	}
}

func TestChangeOfARoom(t *testing.T) {
	text := func(s string) *string { return &s }
	visibility := func(v Visibility) *Visibility { return &v }
	a := accessOf(someone("a", RoomAdmin), DefaultSettings(false))
	a.Room.Name, a.Room.Visibility = "old", Listed
	for _, c := range []struct {
		name    string
		change  Change
		changed string
		code    string
	}{
		{"nothing", Change{}, "", ""},
		{"name", Change{Name: text("  new  ")}, "name", ""},
		{"no name", Change{Name: text(" ")}, "", "validation"},
		{"long description", Change{Description: text(strings.Repeat("x", 501))}, "", "validation"},
		{"hidden", Change{Visibility: visibility(Hidden)}, "visibility", ""},
		{"nowhere", Change{Visibility: visibility("nowhere")}, "", "validation"},
		{"preset, then settings", Change{Preset: Private, Settings: []byte(`{"approval":false}`)}, "visibility settings.guests_allowed", ""},
		{"sets beyond one's own", Change{Settings: []byte(`{"member_permissions":["delete_room"]}`)}, "", "not_yours_to_give"},
	} {
		next, err := c.change.apply(a)
		if codeOf(err) != c.code {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if err == nil && strings.Join(next.changedFrom(a.Room), " ") != c.changed {
			t.Errorf("%s: %v", c.name, next.changedFrom(a.Room))
		}
	}
}
