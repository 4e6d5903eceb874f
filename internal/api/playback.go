package api

import (
	"context"
	"net/http"

	"synctv/internal/screen"

	"github.com/danielgtaylor/huma/v2"
)

// Basis is what every press may say about the state it was based on.
type Basis struct {
	AtMS    float64 `json:"at_ms,omitempty" doc:"the presser's estimate of the server's time at the press, of a play: when its picture moves; taken within the last second, a play up to half a second ahead"`
	Epoch   int64   `json:"epoch,omitempty" doc:"refuse with 409 if the room has another epoch"`
	Version int64   `json:"version,omitempty" doc:"refuse with 409 if the room has another version"`
}

func (b Basis) command(a screen.Action) screen.Command {
	return screen.Command{Action: a, AtMS: int64(b.AtMS), Epoch: b.Epoch, Version: b.Version}
}

type plainInput struct {
	InRoom
	Body struct {
		Basis
		PositionS *float64 `json:"position_s,omitempty" doc:"pause: what the presser saw, in seconds"`
	}
}

type seekInput struct {
	InRoom
	Body struct {
		Basis
		PositionS float64 `json:"position_s" doc:"where to, in seconds"`
	}
}

type rateInput struct {
	InRoom
	Body struct {
		Basis
		Rate float64 `json:"rate" doc:"0.25 to 3"`
	}
}

type setItemInput struct {
	InRoom
	Body struct {
		Basis
		ItemID string `json:"item_id" maxLength:"32" doc:"empty: nothing"`
	}
}

func (s *Server) playbackRoutes() {
	for _, a := range []screen.Action{screen.ActPlay, screen.ActPause} {
		operation(s, playbackOp(string(a), map[screen.Action]string{screen.ActPlay: "Play", screen.ActPause: "Pause"}[a]),
			func(ctx context.Context, in *plainInput) (*body[screen.Playback], error) {
				c := in.Body.command(a)
				c.PositionS = in.Body.PositionS
				return s.control(ctx, in.Room, c)
			})
	}
	operation(s, playbackOp("seek", "Go to a position"), func(ctx context.Context, in *seekInput) (*body[screen.Playback], error) {
		c := in.Body.command(screen.ActSeek)
		c.PositionS = &in.Body.PositionS
		return s.control(ctx, in.Room, c)
	})
	operation(s, playbackOp("rate", "Change the speed"), func(ctx context.Context, in *rateInput) (*body[screen.Playback], error) {
		c := in.Body.command(screen.ActRate)
		c.Rate = in.Body.Rate
		return s.control(ctx, in.Room, c)
	})
	operation(s, playbackOp("item", "Choose what plays"), func(ctx context.Context, in *setItemInput) (*body[screen.Playback], error) {
		c := in.Body.command(screen.ActItem)
		c.ItemID = in.Body.ItemID
		return s.control(ctx, in.Room, c)
	})
	for name, step := range map[string]int{"next": +1, "previous": -1} {
		operation(s, playbackOp(name, "Play the "+name+" item"), func(ctx context.Context, in *plainInput) (*body[screen.Playback], error) {
			who, _, err := s.person(ctx, in.Room)
			if err != nil {
				return nil, err
			}
			return reply(s.Rooms.Step(ctx, in.Room, who, step, in.Body.command(screen.ActItem)))
		})
	}
}

func playbackOp(name, summary string) huma.Operation {
	return huma.Operation{
		OperationID: "playback-" + name, Method: http.MethodPost, Path: "/api/rooms/{room}/playback/" + name,
		Tags: []string{"playback"}, Summary: summary, Security: people(),
	}
}

func (s *Server) control(ctx context.Context, roomID string, c screen.Command) (*body[screen.Playback], error) {
	who, _, err := s.person(ctx, roomID)
	if err != nil {
		return nil, err
	}
	return reply(s.Rooms.Control(ctx, roomID, who, c))
}
