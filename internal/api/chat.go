package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"synctv/internal/room"
	"synctv/internal/talk"
)

type sayInput struct {
	InRoom
	Body struct {
		Text    string `json:"text" doc:"1 to 500 characters; always text, never HTML"`
		ReplyTo string `json:"reply_to,omitempty" maxLength:"32" doc:"id of the message this answers"`
	}
}

type historyInput struct {
	InRoom
	Before int64 `query:"before" minimum:"0" doc:"messages before this seq; 0 = the newest"`
	Limit  int   `query:"limit" minimum:"0" maximum:"100" doc:"messages a page; 0 = 50"`
}

type historyBody struct {
	Messages []talk.Message `json:"messages" doc:"oldest first"`
	More     bool           `json:"more" doc:"there are older ones"`
}

func (s *Server) chatRoutes() {
	operation(s, huma.Operation{
		OperationID: "say", Method: http.MethodPost, Path: "/api/rooms/{room}/chat", Tags: []string{"chat"},
		Summary: "Say something", DefaultStatus: http.StatusCreated, Security: people(),
	}, func(ctx context.Context, in *sayInput) (*body[talk.Message], error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		return reply(s.Rooms.Say(ctx, in.Room, who, room.Words{Text: in.Body.Text, ReplyTo: in.Body.ReplyTo}))
	})
	operation(s, huma.Operation{
		OperationID: "chat-history", Method: http.MethodGet, Path: "/api/rooms/{room}/chat", Tags: []string{"chat"},
		Summary: "A page of what was said", Security: people(),
	}, func(ctx context.Context, in *historyInput) (*body[historyBody], error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		messages, more, err := s.Rooms.History(ctx, in.Room, who, in.Before, in.Limit)
		return reply(historyBody{Messages: messages, More: more}, err)
	})
}
