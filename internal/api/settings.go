package api

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"synctv/internal/room"
)

// settingsPatch is a JSON merge patch of a room's settings, documented as the
// settings with nothing required.
type settingsPatch json.RawMessage

// UnmarshalJSON keeps the patch as it came.
func (p *settingsPatch) UnmarshalJSON(raw []byte) error {
	*p = append((*p)[:0], raw...)
	return nil
}

// Schema implements huma.SchemaProvider.
func (*settingsPatch) Schema(r huma.Registry) *huma.Schema {
	whole := huma.SchemaFromType(r, reflect.TypeFor[room.Settings]())
	patch := *whole
	patch.Required, patch.Properties = nil, map[string]*huma.Schema{}
	for name, p := range whole.Properties {
		part := *p
		part.Nullable = part.Type == huma.TypeArray // null: the default set again
		patch.Properties[name] = &part
	}
	patch.PrecomputeMessages()
	return &patch
}

type changeRoomInput struct {
	InRoom
	Body struct {
		Version     *int64           `json:"version,omitempty" doc:"of the room the change is based on; when it has moved on: 409 with the current state"`
		Name        *string          `json:"name,omitempty" maxLength:"400" doc:"1 to 100 characters"`
		Description *string          `json:"description,omitempty" maxLength:"2000"`
		Visibility  *room.Visibility `json:"visibility,omitempty" enum:"listed,hidden"`
		Preset      room.Preset      `json:"preset,omitempty" enum:"everyone_controls,only_hosts,theatre,private" doc:"applied before the rest"`
		Settings    *settingsPatch   `json:"settings,omitempty" doc:"what is left out stays; null makes a permission set the default again"`
	}
}

type roomPasswordInput struct {
	InRoom
	Body struct {
		Password string `json:"password" maxLength:"512" doc:"empty: no password any more"`
	}
}

type handOverInput struct {
	InRoom
	Body struct {
		To string `json:"to" maxLength:"32" doc:"id of the person"`
	}
}

func (s *Server) settingsRoutes() {
	tags := []string{"rooms"}
	operation(s, huma.Operation{
		OperationID: "change-room", Method: http.MethodPatch, Path: "/api/rooms/{room}", Tags: tags,
		Summary: "Change what a room is called and how it is run", Security: people(),
	}, s.changeRoom)
	operation(s, huma.Operation{
		OperationID: "set-room-password", Method: http.MethodPut, Path: "/api/rooms/{room}/password", Tags: tags,
		Summary: "Set, change or remove a room's password", Security: people(),
	}, func(ctx context.Context, in *roomPasswordInput) (*body[room.RoomDetails], error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		return reply(s.Rooms.SetPassword(ctx, in.Room, who, in.Body.Password))
	})
	operation(s, huma.Operation{
		OperationID: "hand-over-room", Method: http.MethodPost, Path: "/api/rooms/{room}/hand-over", Tags: tags,
		Summary: "Make another member the creator", Security: people(),
	}, func(ctx context.Context, in *handOverInput) (*body[room.RoomDetails], error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		return reply(s.Rooms.HandOver(ctx, in.Room, who, in.Body.To))
	})
	s.endingRoutes(tags)
}

func (s *Server) endingRoutes(tags []string) {
	operation(s, huma.Operation{
		OperationID: "close-room", Method: http.MethodPost, Path: "/api/rooms/{room}/close", Tags: tags,
		Summary: "Close a room; what is in it stays", Security: people(),
	}, s.endRoom(s.Rooms.CloseRoom))
	operation(s, huma.Operation{
		OperationID: "reopen-room", Method: http.MethodPost, Path: "/api/rooms/{room}/reopen", Tags: tags,
		Summary: "Open a closed room again", Security: people(),
	}, s.endRoom(s.Rooms.ReopenRoom))
	operation(s, huma.Operation{
		OperationID: "delete-room", Method: http.MethodDelete, Path: "/api/rooms/{room}", Tags: tags,
		Summary: "Delete a room with everything in it", DefaultStatus: http.StatusNoContent, Security: people(),
	}, func(ctx context.Context, in *InRoom) (*struct{}, error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		return nil, s.Rooms.DeleteRoom(ctx, in.Room, who)
	})
}

func (s *Server) endRoom(end func(context.Context, string, room.Person) (room.RoomDetails, error)) func(context.Context, *InRoom) (*body[room.RoomDetails], error) {
	return func(ctx context.Context, in *InRoom) (*body[room.RoomDetails], error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		return reply(end(ctx, in.Room, who))
	}
}

func (s *Server) changeRoom(ctx context.Context, in *changeRoomInput) (*body[room.RoomDetails], error) {
	who, _, err := s.person(ctx, in.Room)
	if err != nil {
		return nil, err
	}
	b := in.Body
	c := room.Change{Version: b.Version, Name: b.Name, Description: b.Description, Visibility: b.Visibility, Preset: b.Preset}
	if b.Settings != nil {
		c.Settings = *b.Settings
	}
	return reply(s.Rooms.ChangeRoom(ctx, in.Room, who, c))
}
