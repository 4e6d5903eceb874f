package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"synctv/internal/problem"
	"synctv/internal/room"
)

func (s *Server) roomRoutes() {
	tags := []string{"rooms"}
	operation(s, huma.Operation{
		OperationID: "list-rooms", Method: http.MethodGet, Path: "/api/rooms", Tags: tags,
		Summary: "Listed rooms, or the rooms one is in", Security: people(),
	}, s.listRooms)
	operation(s, huma.Operation{
		OperationID: "create-room", Method: http.MethodPost, Path: "/api/rooms", Tags: tags,
		Summary: "Make a room", DefaultStatus: http.StatusCreated, Security: people(),
	}, s.createRoom)
	operation(s, huma.Operation{
		OperationID: "get-room", Method: http.MethodGet, Path: "/api/rooms/{room}", Tags: tags,
		Summary: "What anybody with the link sees", Security: people(),
	}, s.gate)
	operation(s, huma.Operation{
		OperationID: "join-room", Method: http.MethodPost, Path: "/api/rooms/{room}/join", Tags: tags,
		Summary: "Come in with an account", Security: people(),
	}, tried(s, s.join))
	operation(s, huma.Operation{
		OperationID: "join-room-as-guest", Method: http.MethodPost, Path: "/api/rooms/{room}/guests", Tags: tags,
		Summary: "Come in without an account", DefaultStatus: http.StatusCreated,
	}, tried(s, s.joinAsGuest))
	operation(s, huma.Operation{
		OperationID: "leave-room", Method: http.MethodPost, Path: "/api/rooms/{room}/leave", Tags: tags,
		Summary: "Leave for good", DefaultStatus: http.StatusNoContent, Security: people(),
	}, func(ctx context.Context, in *InRoom) (*struct{}, error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		return nil, s.Rooms.Leave(ctx, in.Room, who)
	})
	operation(s, huma.Operation{
		OperationID: "get-state", Method: http.MethodGet, Path: "/api/rooms/{room}/state", Tags: tags,
		Summary: "Everything a page begins with", Security: people(),
	}, func(ctx context.Context, in *InRoom) (*body[room.Snapshot], error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		return reply(s.Rooms.Snapshot(ctx, in.Room, who))
	})
	operation(s, huma.Operation{
		OperationID: "list-members", Method: http.MethodGet, Path: "/api/rooms/{room}/members", Tags: tags,
		Summary: "Who is in the room", Security: people(),
	}, func(ctx context.Context, in *InRoom) (*body[membersBody], error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		members, err := s.Rooms.ReadMembers(ctx, in.Room, who)
		return reply(membersBody{Members: members}, err)
	})
}

type membersBody struct {
	Members []room.MemberView `json:"members"`
}

type listRoomsInput struct {
	Q      string `query:"q" maxLength:"100" doc:"part of the name"`
	Mine   bool   `query:"mine" doc:"only rooms the asking person is in"`
	Cursor string `query:"cursor" maxLength:"64" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"0" maximum:"100" doc:"rooms a page; 0 = 24"`
}

type roomsBody struct {
	Rooms []room.Summary `json:"rooms"`
	Next  string         `json:"next" doc:"cursor of the next page, empty on the last"`
}

func (s *Server) listRooms(ctx context.Context, in *listRoomsInput) (*body[roomsBody], error) {
	q := room.ListQuery{Mine: in.Mine, Search: in.Q, Limit: in.Limit}
	u, _, err := s.signedIn(ctx)
	if err != nil && (in.Mine || problem.KindOf(err) != problem.Unauthenticated) {
		return nil, err
	}
	q.Viewer = u.ID
	if q.Before, err = parseCursor(in.Cursor); err != nil {
		return nil, err
	}
	rooms, next, err := s.Rooms.List(ctx, q)
	out := roomsBody{Rooms: rooms}
	if next.ID != "" {
		out.Next = strconv.FormatInt(next.CreatedMS, 10) + "." + next.ID
	}
	return reply(out, err)
}

func parseCursor(c string) (room.Cursor, error) {
	if c == "" {
		return room.Cursor{}, nil
	}
	ms, id, ok := strings.Cut(c, ".")
	n, err := strconv.ParseInt(ms, 10, 64)
	if !ok || err != nil {
		return room.Cursor{}, problem.InvalidField("query.cursor", "invalid", "This is not a cursor of ours.")
	}
	return room.Cursor{CreatedMS: n, ID: id}, nil
}

type createRoomInput struct {
	Body struct {
		Name        string          `json:"name" maxLength:"400" doc:"1 to 100 characters"`
		Description string          `json:"description,omitempty" maxLength:"2000"`
		Password    string          `json:"password,omitempty" maxLength:"512"`
		Visibility  room.Visibility `json:"visibility,omitempty" enum:"listed,hidden" doc:"default: listed"`
	}
}

func (s *Server) createRoom(ctx context.Context, in *createRoomInput) (*body[room.Summary], error) {
	u, _, err := s.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	who := userPerson(u)
	r, err := s.Rooms.Create(ctx, who, room.Draft(in.Body))
	if err != nil {
		return nil, err
	}
	sum, _, err := s.Rooms.Gate(ctx, r.ID, who)
	return reply(sum, err)
}

// gateBody is a room's summary and the asking person's place in it.
type gateBody struct {
	room.Summary
	Me *room.MemberView `json:"me" doc:"null when not in the room"`
}

func (s *Server) gate(ctx context.Context, in *InRoom) (*body[gateBody], error) {
	who, err := s.anyone(ctx, in.Room)
	if err != nil {
		return nil, err
	}
	sum, me, err := s.Rooms.Gate(ctx, in.Room, who)
	return reply(gateBody{Summary: sum, Me: me}, err)
}

type joinInput struct {
	InRoom
	Body struct {
		Password string `json:"password,omitempty" maxLength:"512"`
	}
}

func (s *Server) join(ctx context.Context, in *joinInput) (*body[room.MemberView], error) {
	u, _, err := s.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	var m room.MemberView
	err = s.atDoor(ctx, in.Room, in.Body.Password, func() error {
		m, err = s.Rooms.Join(ctx, in.Room, userPerson(u), in.Body.Password)
		return err
	})
	return reply(m, err)
}

// atDoor limits how often one address tries passwords of a room.
func (s *Server) atDoor(ctx context.Context, roomID, password string, enter func() error) error {
	if password == "" {
		return enter()
	}
	right, err := s.Accounts.Limits.Guess(s.Accounts.Now(), roomID, callerOf(ctx).device.Address)
	if err != nil {
		return err
	}
	if err = enter(); !errors.Is(err, room.ErrPasswordWrong) {
		right()
	}
	return err
}

type joinGuestInput struct {
	InRoom
	Body struct {
		Name     string `json:"name" maxLength:"200" doc:"1 to 32 characters"`
		Password string `json:"password,omitempty" maxLength:"512"`
	}
}

type guestReply struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      struct {
		Member room.MemberView `json:"member"`
		Token  string          `json:"token" doc:"for programs: Authorization: Bearer …"`
	}
}

func (s *Server) joinAsGuest(ctx context.Context, in *joinGuestInput) (*guestReply, error) {
	who, err := s.anyone(ctx, in.Room)
	if err != nil && !errors.Is(err, room.ErrNotMember) {
		return nil, err
	}
	var m room.MemberView
	var token string
	err = s.atDoor(ctx, in.Room, in.Body.Password, func() error {
		m, token, err = s.Rooms.JoinAsGuest(ctx, in.Room, who, in.Body.Name, in.Body.Password)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &guestReply{SetCookie: s.cookie(guestCookie, token, "/api/rooms/"+in.Room, cookieSeconds)}
	out.Body.Member, out.Body.Token = m, token
	return out, nil
}
