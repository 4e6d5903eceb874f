package api

import (
	"context"

	"synctv/internal/screen"
)

// report is what a player says about the current item.
type report struct {
	InRoom
	Body struct {
		ItemID    string  `json:"item_id" maxLength:"32" doc:"the item it is about"`
		Epoch     int64   `json:"epoch" doc:"of the playback it is about; about another one it counts for nothing"`
		DurationS float64 `json:"duration_s,omitempty" doc:"how long the player found it to be, in seconds; 0 = unknown"`
		Failed    string  `json:"failed,omitempty" maxLength:"32" doc:"why it does not play, as a short code; empty: it does"`
	}
}

func (s *Server) autoplayRoutes() {
	operation(s, playbackOp("ended", "Say that the item has ended, or cannot be played"),
		func(ctx context.Context, in *report) (*body[screen.Playback], error) {
			return s.hear(ctx, in, in.Body.Failed == "")
		})
	operation(s, playbackOp("length", "Say how long the item is"),
		func(ctx context.Context, in *report) (*body[screen.Playback], error) { return s.hear(ctx, in, false) })
	operation(s, playbackOp("cancel-next", "Stop the countdown to the next item"),
		func(ctx context.Context, in *InRoom) (*body[screen.Playback], error) {
			who, _, err := s.person(ctx, in.Room)
			if err != nil {
				return nil, err
			}
			return reply(s.Rooms.CancelNext(ctx, in.Room, who))
		})
}

func (s *Server) waitRoutes() {
	operation(s, playbackOp("go-on", "Continue without those who are not ready"),
		func(ctx context.Context, in *InRoom) (*body[screen.Playback], error) {
			who, _, err := s.person(ctx, in.Room)
			if err != nil {
				return nil, err
			}
			return reply(s.Waits.GoOn(ctx, in.Room, who))
		})
}

func (s *Server) hear(ctx context.Context, in *report, ended bool) (*body[screen.Playback], error) {
	who, _, err := s.person(ctx, in.Room)
	if err != nil {
		return nil, err
	}
	return reply(s.Rooms.Hear(ctx, in.Room, who, screen.Report{
		ItemID: in.Body.ItemID, Epoch: in.Body.Epoch, DurationS: in.Body.DurationS, Ended: ended, Failed: in.Body.Failed,
	}))
}
