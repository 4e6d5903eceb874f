package room

import (
	"context"
	"errors"
)

// PersonChanged tells the rooms a person with an account is in that their name
// or colour is another now. Rooms where nobody is are passed over.
func (s *Service) PersonChanged(ctx context.Context, personID string) error {
	ids, err := s.MemberChanges.RoomsOf(ctx, personID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		online := s.Announcer.Online(ctx, id)
		if len(online) == 0 {
			continue
		}
		err := s.Presence(ctx, id, personID, online[personID])
		if err != nil && !errors.Is(err, ErrMemberNotFound) && !errors.Is(err, ErrRoomNotFound) {
			return err
		}
	}
	return nil
}
