package room

import (
	"synctv/internal/problem"
	"synctv/internal/right"
)

// Preset is a way to run a room, set in one go.
type Preset string

// The presets.
const (
	EveryoneControls Preset = "everyone_controls" // everybody plays, pauses and chooses
	OnlyHosts        Preset = "only_hosts"        // creator and admins do: the default
	Theatre          Preset = "theatre"           // everybody watches and talks, no more
	Private          Preset = "private"           // by invitation: hidden, no guests, who comes is asked in
)

// controls is what playing together takes.
const controls = right.PlayControl | right.ChangeCurrent | right.ChangeRate | right.ReorderPlaylist

// apply gives the room as the preset wants it. What a preset says nothing of
// stays; the admins' set is never part of one.
func (p Preset) apply(r Room) (Room, error) {
	r.Settings = r.Settings.clone()
	member, guest := right.DefaultMember, right.DefaultGuest
	switch p {
	case "":
		return r, nil
	case EveryoneControls:
		member, guest = right.DefaultMember|controls, right.DefaultGuest|controls
	case OnlyHosts:
	case Theatre:
		member, guest = right.DefaultGuest, right.DefaultGuest
	case Private:
		r.Visibility, r.Settings.GuestsAllowed, r.Settings.Approval = Hidden, false, true
	default:
		return r, problem.InvalidField("body.preset", "unknown", "There is no such preset.")
	}
	r.Settings.MemberPermissions = storedSet(member, right.DefaultMember)
	r.Settings.GuestPermissions = storedSet(guest, right.DefaultGuest)
	return r, nil
}

// storedSet leaves the default unset, so that a room follows it.
func storedSet(p, def right.Permissions) *[]string {
	if p == def {
		return nil
	}
	names := p.Names()
	return &names
}
