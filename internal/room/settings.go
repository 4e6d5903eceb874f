package room

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"synctv/internal/problem"
	"synctv/internal/right"
	"synctv/internal/screen"
)

// Settings are what a room's people may change about it.
type Settings struct {
	GuestsAllowed bool              `json:"guests_allowed" doc:"people without an account may come in by the link"`
	Approval      bool              `json:"approval" doc:"who joins waits until somebody lets them in"`
	MaxMembers    int               `json:"max_members" doc:"members and guests together"`
	Chat          bool              `json:"chat" doc:"chat is switched on"`
	Danmaku       bool              `json:"danmaku" doc:"lines over the film are switched on"`
	SlowModeS     int               `json:"slow_mode_s" doc:"seconds between two messages of one person, 0 = off"`
	Autoplay      screen.Autoplay   `json:"autoplay"`
	Wait          screen.WaitPolicy `json:"wait"`

	// Role permission sets by name; nil means the default, empty means nothing.
	MemberPermissions *[]string `json:"member_permissions,omitempty" doc:"what a member may do; absent = the default set"`
	AdminPermissions  *[]string `json:"admin_permissions,omitempty" doc:"what an admin may do; absent = the default set"`
	GuestPermissions  *[]string `json:"guest_permissions,omitempty" doc:"what a guest may do; absent = the default set"`
}

// Limits of the settings.
const (
	// DefaultMaxMembers is how many people fit into a room unless it says otherwise.
	DefaultMaxMembers = 100
	mostMembers       = 10_000
	maxSlowModeS      = 3600
	maxAutoplayDelayS = 60
	defaultWaitUpTo   = 10
)

// DefaultSettings of a new room: guests are welcome where no password guards it.
func DefaultSettings(hasPassword bool) Settings {
	return Settings{
		GuestsAllowed: !hasPassword, MaxMembers: DefaultMaxMembers, Chat: true, Danmaku: true,
		Autoplay: screen.Autoplay{On: true, Mode: screen.Sequential, DelayS: 3},
		Wait:     screen.WaitPolicy{Mode: screen.WaitNever, UpTo: defaultWaitUpTo},
	}
}

// Check refuses settings outside their limits.
func (s Settings) Check() error {
	for _, n := range []struct {
		field       string
		value       int
		least, most int
	}{
		{"max_members", s.MaxMembers, 1, mostMembers},
		{"slow_mode_s", s.SlowModeS, 0, maxSlowModeS},
		{"autoplay.delay_s", s.Autoplay.DelayS, 0, maxAutoplayDelayS},
		{"wait.up_to", s.Wait.UpTo, 1, mostMembers},
	} {
		if n.value < n.least || n.value > n.most {
			return problem.InvalidField("body.settings."+n.field, "out_of_range",
				"This is from "+strconv.Itoa(n.least)+" to "+strconv.Itoa(n.most)+".")
		}
	}
	if !slices.Contains([]screen.AutoplayMode{screen.Sequential, screen.RepeatOne, screen.RepeatAll, screen.Shuffle}, s.Autoplay.Mode) {
		return problem.InvalidField("body.settings.autoplay.mode", "unknown", "There is no such mode.")
	}
	if !slices.Contains([]screen.WaitMode{screen.WaitNever, screen.WaitUpTo, screen.WaitAlways}, s.Wait.Mode) {
		return problem.InvalidField("body.settings.wait.mode", "unknown", "There is no such policy.")
	}
	return s.checkSets()
}

// Merge gives the settings with a JSON merge patch applied (RFC 7396): what the
// patch leaves out stays, null makes a permission set the default again.
func (s Settings) Merge(patch []byte) (Settings, error) {
	next := s.clone()
	dec := json.NewDecoder(bytes.NewReader(patch))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&next); err != nil {
		return s, problem.InvalidField("body.settings", "invalid", "These are not settings of a room.").Because(err)
	}
	return next, next.Check()
}

// clone shares nothing with s.
func (s Settings) clone() Settings {
	for _, set := range []**[]string{&s.MemberPermissions, &s.AdminPermissions, &s.GuestPermissions} {
		if *set != nil {
			names := slices.Clone(**set)
			*set = &names
		}
	}
	return s
}

// changedFrom names the settings that differ, as the API names them.
func (s Settings) changedFrom(before Settings) []string {
	was, is := before.fields(), s.fields()
	names := []string{}
	for _, set := range []map[string]json.RawMessage{was, is} {
		for name := range set {
			if !bytes.Equal(was[name], is[name]) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func (s Settings) fields() map[string]json.RawMessage {
	raw, _ := json.Marshal(s) // plain values: cannot fail
	fields := map[string]json.RawMessage{}
	_ = json.Unmarshal(raw, &fields)
	return fields
}

// guestCeiling is what a guest can ever be given: nothing that decides about
// other people or about the room itself.
const guestCeiling = right.DefaultMember | right.ReorderPlaylist | right.PlayControl | right.ChangeCurrent | right.ChangeRate

func (s Settings) checkSets() error {
	for _, set := range []struct {
		field string
		names *[]string
		most  right.Permissions
	}{
		{"member_permissions", s.MemberPermissions, right.All()},
		{"admin_permissions", s.AdminPermissions, right.All()},
		{"guest_permissions", s.GuestPermissions, guestCeiling},
	} {
		if set.names == nil {
			continue
		}
		p, err := right.Parse(*set.names)
		if err != nil {
			return problem.InvalidField("body.settings."+set.field, "unknown", "There is no such permission.")
		}
		if !set.most.Has(p) {
			return problem.InvalidField("body.settings."+set.field, "not_for_guests", "Guests cannot be given this.")
		}
	}
	return nil
}
