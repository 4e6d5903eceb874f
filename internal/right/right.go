// Package right is what people may do in one room, as a set: a mask inside,
// names at every border, and the sets each role starts with. It knows no rooms
// and no people.
package right

import (
	"fmt"
	"math/bits"
	"sort"
)

// Permissions is a set of rights in one room: a 64-bit mask inside, names at
// every border. The bit numbers are stored and never change their meaning.
type Permissions uint64

// The rights. Bits are grouped in tens by subject.
const (
	SendChat        Permissions = 1 << 0
	AddMedia        Permissions = 1 << 1
	DeleteMediaSelf Permissions = 1 << 2
	DeleteMediaAny  Permissions = 1 << 3
	EditMediaSelf   Permissions = 1 << 4
	EditMediaAny    Permissions = 1 << 5
	ReorderPlaylist Permissions = 1 << 6
	ClearPlaylist   Permissions = 1 << 7
	PublishLive     Permissions = 1 << 8

	PlayControl   Permissions = 1 << 10
	ChangeCurrent Permissions = 1 << 11
	ChangeRate    Permissions = 1 << 12

	ApproveMember        Permissions = 1 << 20
	KickMember           Permissions = 1 << 21
	BanMember            Permissions = 1 << 22
	SetMemberPermissions Permissions = 1 << 23
	ManageAdmin          Permissions = 1 << 24

	SetRoomSettings Permissions = 1 << 30
	SetRoomPassword Permissions = 1 << 31
	DeleteChat      Permissions = 1 << 32
	ViewStats       Permissions = 1 << 33
	ExportData      Permissions = 1 << 34
	DeleteRoom      Permissions = 1 << 35

	ViewPlaylist    Permissions = 1 << 40
	ViewMemberList  Permissions = 1 << 41
	ViewChatHistory Permissions = 1 << 42

	UseVoice Permissions = 1 << 50
)

// The role sets a room starts with.
const (
	DefaultGuest  = SendChat | ViewPlaylist | ViewMemberList | ViewChatHistory
	DefaultMember = DefaultGuest | AddMedia | DeleteMediaSelf | EditMediaSelf | UseVoice
	DefaultAdmin  = DefaultMember | DeleteMediaAny | EditMediaAny | ReorderPlaylist | ClearPlaylist | PublishLive |
		PlayControl | ChangeCurrent | ChangeRate | ApproveMember | KickMember | BanMember |
		SetRoomSettings | SetRoomPassword | DeleteChat | ViewStats
)

// permissionName gives a single right its name at the API and in the settings.
func name(p Permissions) string {
	switch p {
	case SendChat:
		return "send_chat"
	case AddMedia:
		return "add_media"
	case DeleteMediaSelf:
		return "delete_media_self"
	case DeleteMediaAny:
		return "delete_media_any"
	case EditMediaSelf:
		return "edit_media_self"
	case EditMediaAny:
		return "edit_media_any"
	case ReorderPlaylist:
		return "reorder_playlist"
	case ClearPlaylist:
		return "clear_playlist"
	case PublishLive:
		return "publish_live"
	case PlayControl:
		return "play_control"
	case ChangeCurrent:
		return "change_current"
	case ChangeRate:
		return "change_rate"
	case ApproveMember:
		return "approve_member"
	case KickMember:
		return "kick_member"
	case BanMember:
		return "ban_member"
	case SetMemberPermissions:
		return "set_member_permissions"
	case ManageAdmin:
		return "manage_admin"
	case SetRoomSettings:
		return "set_room_settings"
	case SetRoomPassword:
		return "set_room_password"
	case DeleteChat:
		return "delete_chat"
	case ViewStats:
		return "view_stats"
	case ExportData:
		return "export_data"
	case DeleteRoom:
		return "delete_room"
	case ViewPlaylist:
		return "view_playlist"
	case ViewMemberList:
		return "view_member_list"
	case ViewChatHistory:
		return "view_chat_history"
	case UseVoice:
		return "use_voice"
	}
	return ""
}

// All is every right there is: the creator's.
func All() Permissions {
	var all Permissions
	for bit := range 64 {
		if p := Permissions(1) << bit; name(p) != "" {
			all |= p
		}
	}
	return all
}

// Has tells whether every right of want is in p.
func (p Permissions) Has(want Permissions) bool { return p&want == want }

// Names lists the rights of p by name, sorted; unknown bits are left out.
func (p Permissions) Names() []string {
	names := make([]string, 0, bits.OnesCount64(uint64(p)))
	for rest := uint64(p); rest != 0; rest &= rest - 1 {
		if n := name(Permissions(rest & -rest)); n != "" {
			names = append(names, n)
		}
	}
	sort.Strings(names)
	return names
}

// Parse is the way back from names; an unknown name is an error.
func Parse(names []string) (Permissions, error) {
	byName := map[string]Permissions{}
	for bit := range 64 {
		p := Permissions(1) << bit
		byName[name(p)] = p
	}
	delete(byName, "")
	var set Permissions
	for _, n := range names {
		p, ok := byName[n]
		if !ok {
			return 0, fmt.Errorf("unknown permission %q", n)
		}
		set |= p
	}
	return set, nil
}
