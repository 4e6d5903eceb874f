package room

import (
	"context"
	"time"

	"synctv/internal/ident"
	"synctv/internal/problem"
	"synctv/internal/right"
)

// keeper is require(DeleteRoom) that also opens the door of a closed room:
// somebody has to be able to open it again.
func (s *Service) keeper(ctx context.Context, roomID string, who Person) (Access, error) {
	r, err := s.Rooms.Room(ctx, roomID)
	if err != nil {
		return Access{}, err
	}
	if r.Status != RoomClosed {
		return s.require(ctx, roomID, who, right.DeleteRoom)
	}
	m, err := s.Members.Member(ctx, roomID, who.ID)
	if err != nil && !who.GlobalAdmin {
		return Access{}, ErrRoomClosed
	}
	if err != nil {
		m = visitor(roomID, who)
	}
	open := r
	open.Status = RoomActive
	a, err := admit(open, m, who)
	if err != nil || !a.Can.Has(right.DeleteRoom) {
		return Access{}, ErrRoomClosed
	}
	a.Room = r
	return a, nil
}

// CloseRoom ends everything that goes on in a room; what is in it stays.
func (s *Service) CloseRoom(ctx context.Context, roomID string, who Person) (RoomDetails, error) {
	d, err := s.setStatus(ctx, roomID, who, RoomClosed, "room.close")
	if err == nil {
		err = s.empty(ctx, roomID)
	}
	return d, err
}

// ReopenRoom opens a closed room again.
func (s *Service) ReopenRoom(ctx context.Context, roomID string, who Person) (RoomDetails, error) {
	d, err := s.setStatus(ctx, roomID, who, RoomActive, "room.reopen")
	if err == nil {
		err = s.RoomChanges.TouchRoom(ctx, roomID, s.nowMS())
	}
	return d, err
}

func (s *Service) setStatus(ctx context.Context, roomID string, who Person, status Status, action string) (RoomDetails, error) {
	enter := func(ctx context.Context) (Access, error) { return s.keeper(ctx, roomID, who) }
	return s.changeRoom(ctx, roomID, action, nil, enter, func(a Access) (Room, error) {
		if a.Room.Status != RoomActive && a.Room.Status != RoomClosed {
			return Room{}, ErrRoomClosed // banned and pending ones are the platform's to open
		}
		a.Room.Status = status
		return a.Room, nil
	})
}

// empty ends streams and sockets of a room.
func (s *Service) empty(ctx context.Context, roomID string) error {
	keys, err := s.LiveKeys.LiveKeys(ctx, roomID)
	for _, k := range keys {
		s.Streams.CutKey(k.ID)
	}
	s.Announcer.Empty(ctx, roomID, RoomGone)
	return err
}

// DeleteRoom removes a room with everything it owns.
func (s *Service) DeleteRoom(ctx context.Context, roomID string, who Person) error {
	a, err := s.keeper(ctx, roomID, who)
	if err != nil {
		return err
	}
	if err := s.deleteRoom(ctx, roomID); err != nil {
		return err
	}
	s.record(ctx, roomID, "room.delete", a.By(), ident.By{ID: roomID, Name: a.Room.Name}, "", nil)
	return nil
}

func (s *Service) deleteRoom(ctx context.Context, roomID string) error {
	keys, err := s.LiveKeys.LiveKeys(ctx, roomID) // gone with the room
	if err != nil {
		return err
	}
	if err := s.RoomChanges.DeleteRoom(ctx, roomID); err != nil {
		return err
	}
	for _, k := range keys {
		s.Streams.CutKey(k.ID)
	}
	s.Announcer.Empty(ctx, roomID, RoomGone)
	return nil
}

// HandOver makes another member the creator; the one until now becomes an
// admin. Only a creator or a platform admin may.
func (s *Service) HandOver(ctx context.Context, roomID string, who Person, toID string) (RoomDetails, error) {
	var next Room
	err := s.locked(ctx, "room_settings:"+roomID, settingsLock, func(ctx context.Context) error {
		a, err := s.access(ctx, roomID, who)
		if err != nil {
			return err
		}
		if !a.head() {
			return right.ErrMissing
		}
		to, err := s.Members.Member(ctx, roomID, toID)
		if err != nil {
			return err
		}
		if err := s.mayOwn(ctx, a, to); err != nil {
			return err
		}
		if next, err = s.handOver(ctx, a.Room, toID); err != nil {
			return err
		}
		s.record(ctx, roomID, "room.hand_over", a.By(), ident.By{ID: toID, Name: to.Name}, "", nil)
		return nil
	})
	return next.Details(), err
}

// mayOwn tells whether a room may be handed to somebody.
func (s *Service) mayOwn(ctx context.Context, a Access, to Member) error {
	if to.Kind == KindGuest {
		return ErrGuestFixed
	}
	if to.Status != MemberActive {
		return ErrMemberNotFound
	}
	if to.Role == Creator {
		return problem.New(problem.Conflict, "already_creator", "The room is theirs already.")
	}
	if s.RoomQuota() <= 0 || a.Platform {
		return nil
	}
	own, err := s.RoomChanges.OwnRooms(ctx, to.PersonID)
	if err == nil && len(own) >= s.RoomQuota() {
		return problem.New(problem.Conflict, "heir_room_limit", "They have as many rooms as one person may have.")
	}
	return err
}

// handOver stores the new creator and tells both and the room.
func (s *Service) handOver(ctx context.Context, r Room, toID string) (Room, error) {
	if err := s.RoomChanges.HandOver(ctx, r.ID, r.CreatorID, toID); err != nil {
		return Room{}, err
	}
	next, err := s.Rooms.Room(ctx, r.ID)
	if err != nil {
		return Room{}, err
	}
	details := next.Details()
	s.Announcer.Announce(ctx, r.ID, Event{Type: EventRoom, Room: &details, Changed: []string{"creator"}})
	for _, id := range []string{r.CreatorID, toID} {
		m, err := s.Members.Member(ctx, r.ID, id)
		if err != nil {
			return Room{}, err
		}
		s.tellMember(ctx, next, m)
	}
	return next, nil
}

// idlePage is how many idle rooms are closed at a time.
const idlePage = 100

// CloseIdle closes rooms that nobody used for so long and that nobody is in, a
// page of them, and tells how many, and whether there may be more. It may run on
// several replicas at once.
func (s *Service) CloseIdle(ctx context.Context, idle time.Duration) (closed int, more bool, err error) {
	rooms, err := s.RoomChanges.IdleRooms(ctx, s.nowMS()-idle.Milliseconds(), idlePage)
	if err != nil {
		return 0, false, err
	}
	for _, r := range rooms {
		if len(s.Announcer.Online(ctx, r.ID)) > 0 {
			if err := s.RoomChanges.TouchRoom(ctx, r.ID, s.nowMS()); err != nil {
				return closed, false, err
			}
			continue
		}
		next := r
		next.Status = RoomClosed
		_, err := s.swapRoom(ctx, r, next, "room.idle", ident.By{})
		switch problem.KindOf(err) {
		case "":
			closed++
		case problem.Conflict, problem.NotFound: // somebody came back, or was faster
			continue
		default:
			return closed, false, err
		}
		if err := s.empty(ctx, r.ID); err != nil {
			return closed, false, err
		}
	}
	return closed, len(rooms) == idlePage, nil
}
