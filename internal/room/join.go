package room

import (
	"context"
	"errors"

	"synctv/internal/ident"
	"synctv/internal/problem"
	"synctv/internal/right"
	"synctv/internal/talk"
	"synctv/internal/text"
)

// Join brings a signed-in person into a room. Joining twice gives the
// membership that is there. Where approval is asked for, the membership comes
// back pending: somebody has to let them in.
func (s *Service) Join(ctx context.Context, roomID string, who Person, password string) (MemberView, error) {
	if who.Kind != KindUser || who.Restricted {
		return MemberView{}, problem.New(problem.Forbidden, "user_pending", "Your account may not join rooms yet.")
	}
	r, m, err := s.Entries.Entry(ctx, roomID, who.ID)
	if errors.Is(err, ErrMemberNotFound) {
		m, err = s.joinNew(ctx, r, who, password)
	}
	if err != nil {
		return MemberView{}, err
	}
	a, err := admit(r, m, who)
	if errors.Is(err, ErrMemberPending) {
		return m.View(0, false), nil
	}
	if err != nil {
		return MemberView{}, err
	}
	return m.View(a.Can, s.Announcer.Online(ctx, roomID)[who.ID]), nil
}

func (s *Service) joinNew(ctx context.Context, r Room, who Person, password string) (Member, error) {
	m := Member{
		RoomID: r.ID, PersonID: who.ID, Kind: KindUser, Name: who.Name, Color: who.Color,
		Role: PlainUser, Status: MemberActive, JoinedMS: s.nowMS(), Version: 1, Platform: who.GlobalAdmin,
	}
	if !who.GlobalAdmin {
		if err := s.kickedOut(ctx, r.ID, who.ID); err != nil {
			return Member{}, err
		}
		if err := s.passGate(ctx, r, password); err != nil {
			return Member{}, err
		}
		m.Status = r.entryStatus()
	}
	err := s.seat(ctx, r, m, func(limit int) (err error) {
		m, err = s.Members.AddMember(ctx, m, limit)
		return err
	})
	return m, err
}

// entryStatus is what somebody new begins as.
func (r Room) entryStatus() MemberStatus {
	if r.Settings.Approval {
		return MemberPending
	}
	return MemberActive
}

// seat stores somebody new and tells those whom it concerns: the room, or who
// may let them in.
func (s *Service) seat(ctx context.Context, r Room, m Member, add func(limit int) error) error {
	if m.Status == MemberPending {
		if err := add(maxPending); err != nil {
			return err
		}
		return s.knock(ctx, r, m)
	}
	if err := s.withPlace(ctx, r.ID, func() error { return add(r.Settings.MaxMembers) }); err != nil {
		return err
	}
	s.announceMember(ctx, r, m, false)
	s.noteMember(ctx, m, talk.LineJoined)
	return nil
}

// knock tells everybody here who may let somebody in that they wait.
func (s *Service) knock(ctx context.Context, r Room, waiting Member) error {
	members, err := s.Members.Members(ctx, r.ID)
	if err != nil {
		return err
	}
	v := waiting.View(0, false)
	online := s.Announcer.Online(ctx, r.ID)
	for _, m := range members {
		if online[m.PersonID] && Effective(r.Settings, m).Has(right.ApproveMember) {
			s.Announcer.Tell(ctx, r.ID, m.PersonID, Event{Type: EventMember, Member: &v})
		}
	}
	return nil
}

// passGate is what everyone without a membership meets, however they come.
func (s *Service) passGate(ctx context.Context, r Room, password string) error {
	if err := r.Open(); err != nil {
		return err
	}
	if r.PasswordHash == "" {
		return nil
	}
	if password == "" {
		return ErrPasswordRequired
	}
	if len(password) > MaxPassword {
		return ErrPasswordWrong
	}
	ok, err := s.Passwords.CheckPassword(ctx, password, r.PasswordHash)
	if err != nil {
		return err
	}
	if !ok {
		return ErrPasswordWrong
	}
	return nil
}

// JoinAsGuest makes a new person who exists in this room only. The token comes
// back once; whoever holds it is that guest. who is whoever asks, as far as
// known: being somebody else is no way past a ban.
func (s *Service) JoinAsGuest(ctx context.Context, roomID string, who Person, name, password string) (MemberView, string, error) {
	r, err := s.Rooms.Room(ctx, roomID)
	if err != nil {
		return MemberView{}, "", err
	}
	if err := r.Open(); err != nil {
		return MemberView{}, "", err
	}
	if err := s.keptOut(ctx, roomID, who); err != nil {
		return MemberView{}, "", err
	}
	if !r.Settings.GuestsAllowed {
		return MemberView{}, "", ErrGuestsNotAllowed
	}
	if name, err = text.Check("body.name", name, MinGuestName, MaxPersonName); err != nil {
		return MemberView{}, "", err
	}
	if err := s.passGate(ctx, r, password); err != nil {
		return MemberView{}, "", err
	}
	return s.seatGuest(ctx, r, name)
}

func (s *Service) seatGuest(ctx context.Context, r Room, name string) (MemberView, string, error) {
	token, id := ident.Token(), ident.New()
	m := Member{
		RoomID: r.ID, PersonID: id, Kind: KindGuest, Name: name, Color: ident.ColorOf(id),
		Role: RoleGuest, Status: r.entryStatus(), JoinedMS: s.nowMS(), Version: 1,
	}
	err := s.seat(ctx, r, m, func(limit int) error { return s.Members.AddGuest(ctx, m, ident.Hash(token), limit) })
	if err != nil {
		return MemberView{}, "", err
	}
	// Guests may have been shut out since the room was read: the token must not
	// outlive that and come to life when they are welcome again.
	now, err := s.Rooms.Room(ctx, r.ID)
	if err == nil && !now.Settings.GuestsAllowed {
		err = errors.Join(ErrGuestsNotAllowed, s.Members.RemoveMember(ctx, r.ID, id))
	}
	return m.View(Effective(r.Settings, m), false), token, err
}

// withPlace adds somebody to a room. A full room makes place by forgetting the
// guest who came first and is not here any more: guests are never asked to
// leave properly, and would fill every room in time.
func (s *Service) withPlace(ctx context.Context, roomID string, add func() error) error {
	err := add()
	if !errors.Is(err, ErrRoomFull) {
		return err
	}
	members, listErr := s.Members.Members(ctx, roomID) // oldest first
	if listErr != nil {
		return listErr
	}
	online := s.Announcer.Online(ctx, roomID)
	for _, m := range members {
		if m.Kind != KindGuest || m.Status != MemberActive || online[m.PersonID] {
			continue
		}
		if err := s.Members.RemoveMember(ctx, roomID, m.PersonID); err != nil {
			return err
		}
		s.Announcer.Announce(ctx, roomID, Event{Type: EventMemberGone, ID: m.PersonID})
		return add()
	}
	return err
}

// Guest finds the person a guest token belongs to.
func (s *Service) Guest(ctx context.Context, roomID, token string) (Person, error) {
	m, err := s.Members.GuestByToken(ctx, roomID, ident.Hash(token))
	if err != nil {
		return Person{}, err
	}
	return Person{ID: m.PersonID, Kind: KindGuest, Name: m.Name, Color: m.Color, GuestOf: roomID}, nil
}

// Leave ends a membership. A creator cannot leave: the room is theirs until
// they hand it over or delete it.
func (s *Service) Leave(ctx context.Context, roomID string, who Person) error {
	a, err := s.access(ctx, roomID, who)
	if errors.Is(err, ErrMemberPending) { // who waits may stop waiting
		return s.Members.RemoveMember(ctx, roomID, who.ID)
	}
	if err != nil {
		return err
	}
	if a.Member.Role == Creator {
		return problem.New(problem.Conflict, "creator_stays", "Hand the room over or delete it first.")
	}
	if err := s.Members.RemoveMember(ctx, roomID, who.ID); err != nil {
		return err
	}
	s.sendAway(ctx, roomID, who.ID, Removed)
	s.noteMember(ctx, a.Member, talk.LineLeft)
	return nil
}

// Presence tells a room that a member's first socket opened or last one closed.
func (s *Service) Presence(ctx context.Context, roomID, personID string, online bool) error {
	r, m, err := s.Entries.Entry(ctx, roomID, personID)
	if err != nil {
		return err
	}
	s.announceMember(ctx, r, m, online)
	return s.RoomChanges.TouchRoom(ctx, roomID, s.nowMS())
}

func (s *Service) announceMember(ctx context.Context, r Room, m Member, online bool) {
	v := m.View(Effective(r.Settings, m), online)
	s.Announcer.Announce(ctx, r.ID, Event{Type: EventMember, Member: &v})
}

// ReadMembers lists who is in a room.
func (s *Service) ReadMembers(ctx context.Context, roomID string, who Person) ([]MemberView, error) {
	a, err := s.require(ctx, roomID, who, right.ViewMemberList)
	if err != nil {
		return nil, err
	}
	return s.viewMembers(ctx, a)
}

// viewMembers is who is in, and for those who may let them in also who waits.
func (s *Service) viewMembers(ctx context.Context, a Access) ([]MemberView, error) {
	members, err := s.Members.Members(ctx, a.Room.ID)
	if err != nil {
		return nil, err
	}
	online := s.Announcer.Online(ctx, a.Room.ID)
	views := make([]MemberView, 0, len(members))
	for _, m := range members {
		if m.Status == MemberActive || m.Status == MemberPending && a.Can.Has(right.ApproveMember) {
			views = append(views, m.View(Effective(a.Room.Settings, m), online[m.PersonID]))
		}
	}
	return views, nil
}
