package room

import (
	"synctv/internal/right"
	"synctv/internal/screen"
	"synctv/internal/talk"
)

// The views are what leaves the server: stored things without secrets, with
// what a page needs computed. Events and API answers show the same ones.

// MemberView is a member as others see them.
type MemberView struct {
	ID          string       `json:"id" doc:"id of the person"`
	Kind        PersonKind   `json:"kind" enum:"user,guest"`
	Name        string       `json:"name"`
	Color       string       `json:"color"`
	Role        Role         `json:"role" enum:"creator,admin,member,guest"`
	Status      MemberStatus `json:"status" enum:"active,pending,banned"`
	Permissions []string     `json:"permissions" doc:"what this person may do right now, by name"`
	Online      bool         `json:"online"`
	JoinedMS    int64        `json:"joined_ms"`
	Version     int64        `json:"version" doc:"of the membership; a change may carry the one it is based on"`
	Added       []string     `json:"added,omitempty" doc:"rights given beyond the role"`
	Removed     []string     `json:"removed,omitempty" doc:"rights taken away; wins over added"`
	MutedUntil  int64        `json:"muted_until_ms,omitempty" doc:"may not talk before then"`
}

// View of a member of a room, with the rights given.
func (m Member) View(can right.Permissions, online bool) MemberView {
	return MemberView{
		ID: m.PersonID, Kind: m.Kind, Name: m.Name, Color: m.Color, Role: m.Role, Status: m.Status,
		Permissions: can.Names(), Online: online, JoinedMS: m.JoinedMS, Version: m.Version,
		Added: m.Added.Names(), Removed: m.Removed.Names(), MutedUntil: m.MutedUntilMS,
	}
}

// BannedView is somebody who is kept out of a room.
type BannedView struct {
	ID    string     `json:"id" doc:"id of the person"`
	Kind  PersonKind `json:"kind" enum:"user,guest"`
	Name  string     `json:"name"`
	Color string     `json:"color"`
	Ban
}

// ViewItem adds what a player opens.
func (s *Service) ViewItem(it screen.Item) screen.ItemView {
	return screen.ItemView{
		ID: it.ID, FolderID: it.FolderID, Title: it.Title, Source: it.Source, Live: it.Live, DurationS: it.DurationS,
		Position: it.Position, Broken: it.Broken, AddedBy: it.AddedBy, CreatedMS: it.CreatedMS, Play: s.Media.Play(it),
	}
}

// ViewItems is ViewItem for a list; never nil, so that it encodes as [].
func (s *Service) ViewItems(items []screen.Item) []screen.ItemView {
	views := make([]screen.ItemView, 0, len(items))
	for _, it := range items {
		views = append(views, s.ViewItem(it))
	}
	return views
}

// RoomDetails is what people inside a room know about it.
type RoomDetails struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	Description string     `json:"description"`
	Visibility  Visibility `json:"visibility" enum:"listed,hidden"`
	HasPassword bool       `json:"has_password"`
	Version     int64      `json:"version"`
	Settings    Settings   `json:"settings"`
}

// Details of a room for people inside it.
func (r Room) Details() RoomDetails {
	return RoomDetails{
		ID: r.ID, Name: r.Name, Description: r.Description, Visibility: r.Visibility,
		HasPassword: r.PasswordHash != "", Version: r.Version, Settings: r.Settings,
	}
}

// Summary is a room as a list or its gate shows it, to people outside too.
type Summary struct {
	ID            string        `json:"id"`
	Name          string        `json:"name"`
	Description   string        `json:"description"`
	Creator       talk.Author   `json:"creator"`
	HasPassword   bool          `json:"has_password"`
	GuestsAllowed bool          `json:"guests_allowed"`
	Visibility    Visibility    `json:"visibility" enum:"listed,hidden"`
	Online        int           `json:"online" doc:"people in it right now"`
	Playing       string        `json:"playing" doc:"title of the current item, empty when none or when a password guards it"`
	Live          bool          `json:"live" doc:"the current item is a live stream"`
	CreatedMS     int64         `json:"created_ms"`
	Role          Role          `json:"role" doc:"the asking person's role, empty when not a member"`
	Status        Status        `json:"status" enum:"active,pending,banned,closed"`
	Faces         []talk.Author `json:"faces" doc:"some of the people in it right now, at most 5"`
}

// ListQuery asks for a page of rooms.
type ListQuery struct {
	Viewer string // person id; empty = nobody signed in
	Mine   bool   // only rooms the viewer is in; else only listed ones
	Search string // part of the name, any case
	Before Cursor // continue after this one
	Limit  int
}

// Cursor marks the last room of a page (keyset).
type Cursor struct {
	CreatedMS int64
	ID        string
}

// Snapshot is everything a page needs to begin with, in one message.
type Snapshot struct {
	Type     EventType           `json:"type" enum:"snapshot"`
	ServerMS float64             `json:"server_ms" doc:"the server's time in ms when this was made"`
	Room     RoomDetails         `json:"room"`
	Me       MemberView          `json:"me"`
	Playback screen.Playback     `json:"playback"`
	Playlist screen.PlaylistView `json:"playlist"`
	Members  []MemberView        `json:"members"`
	Chat     []talk.Message      `json:"chat" doc:"the newest, oldest first"`
	Live     []screen.Stream     `json:"live" doc:"streams of this room's live items"`
}
