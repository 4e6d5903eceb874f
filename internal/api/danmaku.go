package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"synctv/internal/room"
	"synctv/internal/talk"
)

type commentInput struct {
	InRoom
	Body struct {
		Text      string           `json:"text" doc:"1 to 100 characters, one line; always text, never HTML"`
		ItemID    string           `json:"item_id" maxLength:"32" doc:"over which item"`
		PositionS float64          `json:"position_s" doc:"film position in seconds"`
		Mode      talk.DanmakuMode `json:"mode,omitempty" enum:"scroll,top,bottom" doc:"default: scroll"`
		Color     string           `json:"color,omitempty" maxLength:"7" doc:"#rrggbb; default: white"`
		Size      talk.DanmakuSize `json:"size,omitempty" enum:"small,normal,large" doc:"default: normal"`
	}
}

type commentsInput struct {
	InRoom
	Item  string  `query:"item" required:"true" maxLength:"32" doc:"id of the item"`
	FromS float64 `query:"from_s" minimum:"0" doc:"film position the window begins at"`
	ToS   float64 `query:"to_s" minimum:"0" doc:"film position before which it ends; at most 600 s on"`
}

type commentPath struct {
	InRoom
	Danmaku string `path:"danmaku" maxLength:"32" doc:"id of the comment"`
}

func (s *Server) danmakuRoutes() {
	tags := []string{"danmaku"}
	operation(s, huma.Operation{
		OperationID: "comment", Method: http.MethodPost, Path: "/api/rooms/{room}/danmaku", Tags: tags,
		Summary: "Write over the film at a position", DefaultStatus: http.StatusCreated, Security: people(),
	}, func(ctx context.Context, in *commentInput) (*body[talk.Danmaku], error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		b := in.Body
		return reply(s.Rooms.Comment(ctx, in.Room, who, talk.Danmaku{
			ItemID: b.ItemID, PositionS: b.PositionS, Text: b.Text, Mode: b.Mode, Color: b.Color, Size: b.Size,
		}))
	})
	operation(s, huma.Operation{
		OperationID: "list-comments", Method: http.MethodGet, Path: "/api/rooms/{room}/danmaku", Tags: tags,
		Summary: "What was written over a part of a film", Security: people(),
	}, func(ctx context.Context, in *commentsInput) (*body[room.DanmakuWindow], error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		return reply(s.Rooms.Comments(ctx, in.Room, who, in.Item, in.FromS, in.ToS))
	})
	operation(s, huma.Operation{
		OperationID: "delete-comment", Method: http.MethodDelete, Path: "/api/rooms/{room}/danmaku/{danmaku}", Tags: tags,
		Summary: "Take a comment off the film: one's own, or anyone's by right", DefaultStatus: http.StatusNoContent, Security: people(),
	}, func(ctx context.Context, in *commentPath) (*struct{}, error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		return nil, s.Rooms.RemoveComment(ctx, in.Room, who, in.Danmaku)
	})
}
