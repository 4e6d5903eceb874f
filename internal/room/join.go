package room

import (
	"context"
	"errors"

	"synctv/internal/ident"
	"synctv/internal/problem"
)

// Join brings a signed-in person into a room. Joining twice gives the
// membership that is there.
func (s *Service) Join(ctx context.Context, roomID string, who Person, password string) (MemberView, error) {
	if who.Kind != KindUser || who.Restricted {
		return MemberView{}, problem.New(problem.Forbidden, "user_pending", "Your account may not join rooms yet.")
	}
	r, err := s.Rooms.Room(ctx, roomID)
	if err != nil {
		return MemberView{}, err
	}
	m, err := s.Members.Member(ctx, roomID, who.ID)
	if errors.Is(err, ErrMemberNotFound) {
		m, err = s.joinNew(ctx, r, who, password)
	}
	if err != nil {
		return MemberView{}, err
	}
	a, err := admit(r, m, who)
	if err != nil {
		return MemberView{}, err
	}
	return m.View(a.Can, s.Announcer.Online(ctx, roomID)[who.ID]), nil
}

func (s *Service) joinNew(ctx context.Context, r Room, who Person, password string) (Member, error) {
	if !who.GlobalAdmin {
		if err := s.passGate(ctx, r, password); err != nil {
			return Member{}, err
		}
	}
	m := Member{
		RoomID: r.ID, PersonID: who.ID, Kind: KindUser, Name: who.Name, Color: who.Color,
		Role: PlainUser, Status: MemberActive, JoinedMS: s.nowMS(), Version: 1,
	}
	err := s.withPlace(ctx, r.ID, func() (err error) {
		m, err = s.Members.AddMember(ctx, m, r.Settings.MaxMembers)
		return err
	})
	if err != nil {
		return Member{}, err
	}
	s.announceMember(ctx, r, m, false)
	s.noteMember(ctx, m, LineJoined)
	return m, nil
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
// back once; whoever holds it is that guest.
func (s *Service) JoinAsGuest(ctx context.Context, roomID, name, password string) (MemberView, string, error) {
	r, err := s.Rooms.Room(ctx, roomID)
	if err != nil {
		return MemberView{}, "", err
	}
	if err := r.Open(); err != nil {
		return MemberView{}, "", err
	}
	if !r.Settings.GuestsAllowed {
		return MemberView{}, "", ErrGuestsNotAllowed
	}
	if name, err = checkText("body.name", name, MinGuestName, MaxPersonName); err != nil {
		return MemberView{}, "", err
	}
	if err := s.passGate(ctx, r, password); err != nil {
		return MemberView{}, "", err
	}
	token, id := ident.Token(), ident.New()
	m := Member{
		RoomID: r.ID, PersonID: id, Kind: KindGuest, Name: name, Color: ident.ColorOf(id),
		Role: RoleGuest, Status: MemberActive, JoinedMS: s.nowMS(), Version: 1,
	}
	err = s.withPlace(ctx, r.ID, func() error {
		return s.Members.AddGuest(ctx, m, ident.Hash(token), r.Settings.MaxMembers)
	})
	if err != nil {
		return MemberView{}, "", err
	}
	s.announceMember(ctx, r, m, false)
	s.noteMember(ctx, m, LineJoined)
	return m.View(Effective(r.Settings, m), false), token, nil
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
	if err != nil {
		return err
	}
	if a.Member.Role == Creator {
		return problem.New(problem.Conflict, "creator_stays", "Hand the room over or delete it first.")
	}
	if err := s.Members.RemoveMember(ctx, roomID, who.ID); err != nil {
		return err
	}
	s.Announcer.Announce(ctx, roomID, Event{Type: EventMemberGone, ID: who.ID})
	s.Announcer.Disconnect(ctx, roomID, who.ID, Removed)
	s.noteMember(ctx, a.Member, LineLeft)
	return nil
}

// Presence tells a room that a member's first socket opened or last one closed.
func (s *Service) Presence(ctx context.Context, roomID, personID string, online bool) error {
	r, err := s.Rooms.Room(ctx, roomID)
	if err != nil {
		return err
	}
	m, err := s.Members.Member(ctx, roomID, personID)
	if err != nil {
		return err
	}
	s.announceMember(ctx, r, m, online)
	return nil
}

func (s *Service) announceMember(ctx context.Context, r Room, m Member, online bool) {
	v := m.View(Effective(r.Settings, m), online)
	s.Announcer.Announce(ctx, r.ID, Event{Type: EventMember, Member: &v})
}

// ReadMembers lists who is in a room.
func (s *Service) ReadMembers(ctx context.Context, roomID string, who Person) ([]MemberView, error) {
	a, err := s.require(ctx, roomID, who, ViewMemberList)
	if err != nil {
		return nil, err
	}
	return s.viewMembers(ctx, a.Room)
}

func (s *Service) viewMembers(ctx context.Context, r Room) ([]MemberView, error) {
	members, err := s.Members.Members(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	online := s.Announcer.Online(ctx, r.ID)
	views := make([]MemberView, 0, len(members))
	for _, m := range members {
		views = append(views, m.View(Effective(r.Settings, m), online[m.PersonID]))
	}
	return views, nil
}
