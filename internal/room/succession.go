package room

import (
	"context"
	"errors"

	"synctv/internal/ident"
)

// AccountGone settles the rooms of a person whose account is about to be
// deleted: each goes to the admin who is in it longest, else to the member who
// is, else it is deleted; then they leave every room they are in. Call it
// before the account is removed; calling it again finishes what was left.
func (s *Service) AccountGone(ctx context.Context, personID string) error {
	own, err := s.RoomChanges.OwnRooms(ctx, personID)
	if err != nil {
		return err
	}
	for _, r := range own {
		if err := s.inherit(ctx, r.ID); err != nil {
			return err
		}
	}
	ids, err := s.MemberChanges.RoomsOf(ctx, personID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.Members.RemoveMember(ctx, id, personID); err != nil && !errors.Is(err, ErrMemberNotFound) {
			return err
		}
		s.sendAway(ctx, id, personID, SessionEnded)
	}
	return nil
}

func (s *Service) inherit(ctx context.Context, roomID string) error {
	r, err := s.Rooms.Room(ctx, roomID)
	if err != nil {
		return err
	}
	members, err := s.Members.Members(ctx, roomID) // oldest first
	if err != nil {
		return err
	}
	heir, ok := heirOf(members)
	if !ok {
		if err := s.deleteRoom(ctx, roomID); err != nil {
			return err
		}
		s.record(ctx, roomID, "room.delete", ident.By{}, ident.By{ID: roomID, Name: r.Name}, "account_deleted", nil)
		return nil
	}
	if _, err := s.handOver(ctx, r, heir.PersonID); err != nil {
		return err
	}
	s.record(ctx, roomID, "room.inherit", ident.By{}, heir.by(), "account_deleted", nil)
	return nil
}

// heirOf finds who a room goes to, of its members with the oldest first.
func heirOf(members []Member) (Member, bool) {
	for _, role := range []Role{RoomAdmin, PlainUser} {
		for _, m := range members {
			if m.Role == role && m.Status == MemberActive && m.Kind == KindUser {
				return m, true
			}
		}
	}
	return Member{}, false
}
