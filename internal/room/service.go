package room

import (
	"context"
	"errors"

	"synctv/internal/flood"
	"synctv/internal/ident"
	"synctv/internal/problem"
	"synctv/internal/right"
	"synctv/internal/screen"
	"synctv/internal/text"
)

// Service is the use cases: each loads what it needs, asks the rules, stores
// the result, then tells the room. Safe for use from many goroutines.
type Service struct {
	Ports
	chatFlood, danmakuFlood *flood.Guard
}

// New puts the use cases on their ports; all of them must be set.
func New(p Ports) *Service {
	return &Service{Ports: p, chatFlood: flood.New(chatPerSecond, chatBurst), danmakuFlood: flood.New(danmakuPerSecond, danmakuBurst)}
}

func (s *Service) nowMS() int64 { return s.Now().UnixMilli() }

// Enter is the one door into a room: it loads the room and the person's
// membership as they are now and answers with the rights that hold.
func (s *Service) Enter(ctx context.Context, roomID string, who Person) (Access, error) {
	return s.access(ctx, roomID, who)
}

func (s *Service) access(ctx context.Context, roomID string, who Person) (Access, error) {
	return s.door(ctx, roomID, who, s.Entries.Entry)
}

type look = func(ctx context.Context, roomID, personID string) (Room, Member, error)

func (s *Service) door(ctx context.Context, roomID string, who Person, entry look) (Access, error) {
	r, m, err := entry(ctx, roomID, who.ID)
	switch missing := errors.Is(err, ErrMemberNotFound); {
	case err != nil && !missing:
		return Access{}, err
	case who.GuestOf != "" && who.GuestOf != roomID:
		return Access{}, ErrNotMember
	case !missing:
		a, err := admit(r, m, who)
		if !a.Platform {
			a.MutedFor = m.mutedFor(s.nowMS())
		}
		return a, err
	case who.GlobalAdmin:
		return admit(r, visitor(roomID, who), who)
	}
	return Access{}, ErrNotMember
}

// visitor is a platform admin in a room they did not join.
func visitor(roomID string, who Person) Member {
	return Member{
		RoomID: roomID, PersonID: who.ID, Kind: who.Kind, Name: who.Name, Color: who.Color,
		Role: RoomAdmin, Status: MemberActive, Platform: true,
	}
}

// require is access with one right.
func (s *Service) require(ctx context.Context, roomID string, who Person, p right.Permissions) (Access, error) {
	a, err := s.access(ctx, roomID, who)
	if err != nil {
		return Access{}, err
	}
	return a, a.Require(p)
}

// Draft is what a person asks of a new room.
type Draft struct {
	Name        string
	Description string
	Password    string
	Visibility  Visibility // empty = listed
}

// Create makes a room with its creator in it. Input is checked and the
// password hashed before anything is locked or stored.
func (s *Service) Create(ctx context.Context, who Person, d Draft) (Room, error) {
	if who.Kind != KindUser || who.Restricted {
		return Room{}, problem.New(problem.Forbidden, "user_pending", "Your account may not create rooms yet.")
	}
	r, err := s.draft(ctx, who, d)
	if err != nil {
		return Room{}, err
	}
	creator := Member{
		RoomID: r.ID, PersonID: who.ID, Kind: KindUser, Name: who.Name, Color: who.Color,
		Role: Creator, Status: MemberActive, JoinedMS: r.CreatedMS, Version: 1,
	}
	by, quota := ident.By{ID: who.ID, Name: who.Name}, s.RoomQuota()
	if who.GlobalAdmin {
		quota = 0
	}
	err = s.locked(ctx, "create_room:"+who.ID, createLock, func(ctx context.Context) error {
		return s.Rooms.CreateRoom(ctx, r, creator, screen.NewPlayback(r.CreatedMS, by), quota)
	})
	if errors.Is(err, ErrRoomLimit) {
		err = s.roomLimit(ctx, who.ID)
	}
	if err != nil {
		return Room{}, err
	}
	s.record(ctx, r.ID, "room.create", by, ident.By{}, "", nil)
	return r, nil
}

// roomLimit names the rooms that fill somebody's quota, so that they can
// choose which to give up.
func (s *Service) roomLimit(ctx context.Context, personID string) error {
	own, err := s.RoomChanges.OwnRooms(ctx, personID)
	if err != nil {
		return err
	}
	return ErrRoomLimit.WithCurrent(own)
}

func (s *Service) draft(ctx context.Context, who Person, d Draft) (Room, error) {
	name, err := CheckName(d.Name)
	if err != nil {
		return Room{}, err
	}
	description, err := text.Check("body.description", d.Description, 0, MaxRoomDescription)
	if err != nil {
		return Room{}, err
	}
	if d.Visibility == "" {
		d.Visibility = Listed
	}
	if d.Visibility != Listed && d.Visibility != Hidden {
		return Room{}, problem.InvalidField("body.visibility", "unknown", "A room is listed or hidden.")
	}
	hash, err := s.hashRoomPassword(ctx, d.Password)
	if err != nil {
		return Room{}, err
	}
	return Room{
		ID: ident.New(), Name: name, Description: description, CreatorID: who.ID, PasswordHash: hash,
		Visibility: d.Visibility, Status: RoomActive, Settings: DefaultSettings(hash != ""),
		Version: 1, CreatedMS: s.nowMS(),
	}, nil
}

func (s *Service) hashRoomPassword(ctx context.Context, password string) (string, error) {
	if password == "" {
		return "", nil
	}
	if len(password) > MaxPassword {
		return "", problem.InvalidField("body.password", "too_long", "This password is too long.")
	}
	return s.Passwords.HashPassword(ctx, password)
}
