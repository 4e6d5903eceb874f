package room

import (
	"context"
	"errors"
	"slices"

	"synctv/internal/talk"
	"synctv/internal/text"
)

// maxRoomPage is the most rooms one page lists; maxFaces how many people are
// shown with each.
const (
	maxRoomPage     = 100
	defaultRoomPage = 24
	maxFaces        = 5
)

// List gives a page of rooms and the cursor of the next page (zero = none).
func (s *Service) List(ctx context.Context, q ListQuery) ([]Summary, Cursor, error) {
	if q.Limit <= 0 || q.Limit > maxRoomPage {
		q.Limit = defaultRoomPage
	}
	q.Search = text.Fold(text.Line(q.Search))
	limit := q.Limit
	q.Limit++ // one more tells whether there is a next page
	rooms, err := s.Rooms.ListRooms(ctx, q)
	if err != nil {
		return nil, Cursor{}, err
	}
	var next Cursor
	if len(rooms) > limit {
		rooms = rooms[:limit]
		last := rooms[limit-1]
		next = Cursor{CreatedMS: last.CreatedMS, ID: last.ID}
	}
	return rooms, next, s.whoIsIn(ctx, rooms)
}

// whoIsIn adds to a page of rooms how many people are in each and some of
// their faces. What goes on behind a password is not shown to people outside.
func (s *Service) whoIsIn(ctx context.Context, rooms []Summary) error {
	seats := []Seat{}
	for i := range rooms {
		r := &rooms[i]
		r.Faces = []talk.Author{}
		online := s.Announcer.Online(ctx, r.ID)
		r.Online = len(online)
		if r.HasPassword && r.Role == roleNobody {
			r.Playing, r.Live = "", false
			continue
		}
		seats = append(seats, someSeats(r.ID, online)...)
	}
	faces, err := s.MemberChanges.Faces(ctx, seats)
	if err != nil {
		return err
	}
	for _, m := range faces {
		i := slices.IndexFunc(rooms, func(r Summary) bool { return r.ID == m.RoomID })
		if i >= 0 && m.Status == MemberActive {
			rooms[i].Faces = append(rooms[i].Faces, m.author())
		}
	}
	return nil
}

// someSeats picks the same few people each time.
func someSeats(roomID string, online map[string]bool) []Seat {
	ids := make([]string, 0, len(online))
	for id := range online {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	seats := make([]Seat, 0, maxFaces)
	for _, id := range ids[:min(len(ids), maxFaces)] {
		seats = append(seats, Seat{RoomID: roomID, PersonID: id})
	}
	return seats
}

func (m Member) author() talk.Author {
	return talk.Author{ID: m.PersonID, Name: m.Name, Color: m.Color}
}

// Gate is what anyone with the link sees, and the person's place in the room
// if they have one: also that of somebody who still waits to be let in. A
// closed room has a gate only for those who may open it again.
func (s *Service) Gate(ctx context.Context, roomID string, who Person) (Summary, *MemberView, error) {
	r, err := s.Rooms.Room(ctx, roomID)
	if err != nil {
		return Summary{}, nil, err
	}
	sum := s.summary(ctx, r)
	if who.ID == "" {
		return sum, nil, r.Open()
	}
	a, err := s.access(ctx, roomID, who)
	switch {
	case errors.Is(err, ErrRoomClosed):
		a, err = s.keeper(ctx, roomID, who)
	case errors.Is(err, ErrNotMember), errors.Is(err, ErrGuestsNotAllowed):
		return sum, nil, r.Open()
	case errors.Is(err, ErrMemberPending):
		return s.waitingGate(ctx, sum, who)
	}
	if err != nil {
		return Summary{}, nil, err
	}
	if a.Member.JoinedMS == 0 {
		return sum, nil, nil // a visiting platform admin
	}
	sum.Role = a.Member.Role
	me := a.Member.View(a.Can, true)
	return sum, &me, nil
}

func (s *Service) waitingGate(ctx context.Context, sum Summary, who Person) (Summary, *MemberView, error) {
	m, err := s.Members.Member(ctx, sum.ID, who.ID)
	if err != nil {
		return Summary{}, nil, err
	}
	me := m.View(0, false)
	return sum, &me, nil
}

func (s *Service) summary(ctx context.Context, r Room) Summary {
	sum := Summary{
		ID: r.ID, Name: r.Name, Description: r.Description, HasPassword: r.PasswordHash != "",
		GuestsAllowed: r.Settings.GuestsAllowed, Visibility: r.Visibility, Status: r.Status, CreatedMS: r.CreatedMS,
		Online: len(s.Announcer.Online(ctx, r.ID)), Faces: []talk.Author{},
	}
	if c, err := s.Members.Member(ctx, r.ID, r.CreatorID); err == nil {
		sum.Creator = c.author()
	}
	return sum
}
