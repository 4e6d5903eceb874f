package room

import (
	"context"

	"synctv/internal/ident"
	"synctv/internal/screen"
)

// LineCode names what a system line tells. The page has the words for it in
// its own language; params carry the names in it.
type LineCode string

// What a room says of itself in its talk.
const (
	LineJoined      LineCode = "member_joined"
	LineLeft        LineCode = "member_left"
	LineItemStarted LineCode = "item_started"  // params: title
	LineSettings    LineCode = "room_settings" // the room's settings were changed
)

// crowd is from how many members on comings and goings are no lines any more.
const crowd = 200

// note puts a system line into a room's talk. The act it tells of is stored
// already and must not fail for it: a line that cannot be stored is not there.
func (s *Service) note(ctx context.Context, roomID string, by Author, code LineCode, params map[string]string) {
	now := s.nowMS()
	m := Message{
		ID: ident.New(), Version: 1, Kind: SystemMessage, Author: by, Code: code, Params: params, CreatedMS: now,
	}
	if p, err := s.Playbacks.Playback(ctx, roomID); err == nil {
		m.ItemID, m.PositionS = p.ItemID, p.PositionAt(now)
	}
	m, err := s.Messages.AddMessage(ctx, roomID, m)
	if err != nil {
		return
	}
	s.Announcer.Announce(ctx, roomID, Event{Type: EventChat, Message: &m})
}

// noteMember tells of somebody's coming or going, unless the room is a crowd.
func (s *Service) noteMember(ctx context.Context, m Member, code LineCode) {
	members, err := s.Members.Members(ctx, m.RoomID)
	if err != nil || len(members) > crowd {
		return
	}
	s.note(ctx, m.RoomID, Author{ID: m.PersonID, Name: m.Name, Color: m.Color}, code, nil)
}

// noteItem tells which film a room went over to.
func (s *Service) noteItem(ctx context.Context, roomID string, by ident.By, p screen.Playback) {
	it, err := s.Playlists.Item(ctx, roomID, p.ItemID)
	if err != nil {
		return
	}
	s.note(ctx, roomID, Author{ID: by.ID, Name: by.Name}, LineItemStarted, map[string]string{"title": it.Title})
}
