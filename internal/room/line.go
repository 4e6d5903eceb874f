package room

import (
	"context"

	"synctv/internal/ident"
	"synctv/internal/screen"
	"synctv/internal/talk"
)

// crowd is from how many members on comings and goings are no lines any more.
const crowd = 200

// note puts a system line into a room's talk. The act it tells of is stored
// already and must not fail for it: a line that cannot be stored is not there.
func (s *Service) note(ctx context.Context, roomID string, by talk.Author, code talk.LineCode, params map[string]string) {
	now := s.nowMS()
	m := talk.Message{
		ID: ident.New(), Version: 1, Kind: talk.SystemMessage, Author: by, Code: code, Params: params, CreatedMS: now,
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
func (s *Service) noteMember(ctx context.Context, m Member, code talk.LineCode) {
	members, err := s.Members.Members(ctx, m.RoomID)
	if err != nil || len(members) > crowd {
		return
	}
	s.note(ctx, m.RoomID, talk.Author{ID: m.PersonID, Name: m.Name, Color: m.Color}, code, nil)
}

// noteItem tells which film a room went over to.
func (s *Service) noteItem(ctx context.Context, roomID string, by ident.By, p screen.Playback) {
	it, err := s.Playlists.Item(ctx, roomID, p.ItemID)
	if err != nil {
		return
	}
	s.note(ctx, roomID, talk.Author{ID: by.ID, Name: by.Name}, talk.LineItemStarted, map[string]string{"title": it.Title})
}
