package api

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"synctv/internal/talk"
	"synctv/internal/telemetry"
)

// InMessage is the path of one message.
type InMessage struct {
	InRoom
	Message string `path:"message" maxLength:"32" doc:"id of the message"`
}

type editInput struct {
	InMessage
	Body struct {
		Text string `json:"text" doc:"1 to 500 characters"`
	}
}

type reactInput struct {
	InMessage
	Body struct {
		Emoji string `json:"emoji" maxLength:"64" doc:"one emoji"`
		On    bool   `json:"on" doc:"false takes it back"`
	}
}

type exportInput struct {
	InRoom
	Format string `query:"format" enum:"json,txt" default:"json"`
}

func (s *Server) chatChangeRoutes() {
	tags := []string{"chat"}
	operation(s, huma.Operation{
		OperationID: "edit-message", Method: http.MethodPatch, Path: "/api/rooms/{room}/chat/{message}", Tags: tags,
		Summary: "Change one's own message, within 15 minutes", Security: people(),
	}, func(ctx context.Context, in *editInput) (*body[talk.Message], error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		return reply(s.Rooms.EditMessage(ctx, in.Room, who, in.Message, in.Body.Text))
	})
	operation(s, huma.Operation{
		OperationID: "delete-message", Method: http.MethodDelete, Path: "/api/rooms/{room}/chat/{message}", Tags: tags,
		Summary: "Take a message away: one's own, or anyone's by right", Security: people(),
	}, func(ctx context.Context, in *InMessage) (*body[talk.Message], error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		return reply(s.Rooms.DeleteMessage(ctx, in.Room, who, in.Message))
	})
	operation(s, huma.Operation{
		OperationID: "react", Method: http.MethodPost, Path: "/api/rooms/{room}/chat/{message}/reactions", Tags: tags,
		Summary: "Set or take back an emoji under a message", Security: people(),
	}, func(ctx context.Context, in *reactInput) (*body[talk.Message], error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		return reply(s.Rooms.React(ctx, in.Room, who, in.Message, in.Body.Emoji, in.Body.On))
	})
	operation(s, huma.Operation{
		OperationID: "export-chat", Method: http.MethodGet, Path: "/api/rooms/{room}/chat/export", Tags: tags,
		Summary: "Everything that was said, as a file", Security: people(),
	}, s.exportChat)
}

// exportChat answers once the first page is read, so that a refusal is an
// error like any other; what fails later cuts the answer short, which a client
// sees. One page is in memory at a time. The file may take longer than ctx lasts.
func (s *Server) exportChat(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
	who, _, err := s.person(ctx, in.Room)
	if err != nil {
		return nil, err
	}
	if err := s.Rooms.MayExport(ctx, in.Room, who); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Disposition", `attachment; filename="chat-`+in.Room+`.`+in.Format+`"`)
		hc.SetHeader("Cache-Control", "no-store")
		write := writeText
		if in.Format == "json" {
			hc.SetHeader("Content-Type", "application/json")
			write = writeJSON
		} else {
			hc.SetHeader("Content-Type", "text/plain; charset=utf-8")
		}
		w := hc.BodyWriter()
		err := write(w, func(each func([]talk.Message) error) error { return s.Rooms.Export(hc.Context(), in.Room, who, each) })
		if err != nil {
			telemetry.Note(hc.Context(), "error", err.Error())
			panic(http.ErrAbortHandler) // the file must not look whole
		}
	}}, nil
}

// pages walks through a talk, oldest first.
type pages func(each func([]talk.Message) error) error

func writeJSON(w io.Writer, all pages) error {
	separator := "[\n"
	err := all(func(page []talk.Message) error {
		for _, m := range page {
			data, err := json.Marshal(m)
			if err != nil {
				return err
			}
			if _, err := w.Write(append([]byte(separator), data...)); err != nil {
				return err
			}
			separator = ",\n"
		}
		return nil
	})
	if err != nil {
		return err
	}
	if separator == "[\n" {
		_, err = io.WriteString(w, "[]\n")
		return err
	}
	_, err = io.WriteString(w, "\n]\n")
	return err
}

// writeText is one paragraph per message. What was said is indented from its
// second line on, so that nobody can write a line that looks like another's.
func writeText(w io.Writer, all pages) error {
	return all(func(page []talk.Message) error {
		var b strings.Builder
		for _, m := range page {
			b.WriteString(time.UnixMilli(m.CreatedMS).UTC().Format("2006-01-02 15:04:05Z  "))
			switch {
			case m.DeletedMS != 0:
				b.WriteString(m.Author.Name + ": (deleted)")
			case m.Kind == talk.SystemMessage:
				b.WriteString("* " + m.Author.Name + " " + string(m.Code))
				for _, k := range slices.Sorted(maps.Keys(m.Params)) {
					b.WriteString(" " + k + "=" + m.Params[k])
				}
			default:
				b.WriteString(m.Author.Name + ": " + strings.ReplaceAll(m.Text, "\n", "\n    "))
			}
			b.WriteByte('\n')
		}
		_, err := io.WriteString(w, b.String())
		return err
	})
}
