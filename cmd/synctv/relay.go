package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"synctv/internal/live"
	"synctv/internal/live/rtmp"
	"synctv/internal/problem"
	"synctv/internal/room"
)

// relay joins rooms and streams, which do not know each other. It is
// room.Streams towards the rooms and live.Listener towards the hub.
type relay struct {
	hub   *live.Hub
	rooms *room.Service
	log   *slog.Logger
}

// tellTimeout bounds telling a room about a stream.
const tellTimeout = 5 * time.Second

func (r *relay) Cut(stream string)   { r.hub.Cut(stream) }
func (r *relay) CutKey(keyID string) { r.hub.CutKey(keyID) }

// StreamInfo implements room.Streams.
func (r *relay) StreamInfo(stream string) (room.Stream, bool) {
	info := r.hub.Info(stream)
	return viewStream(info), info.Live
}

// StreamChanged implements live.Listener.
func (r *relay) StreamChanged(info live.Info) {
	ctx, cancel := context.WithTimeout(context.Background(), tellTimeout)
	defer cancel()
	err := r.rooms.StreamChanged(ctx, viewStream(info))
	if err != nil && problem.KindOf(err) != problem.NotFound { // a stream whose item is gone interests nobody
		r.log.ErrorContext(ctx, "a room was not told of its stream", "stream", info.Stream, "error", err)
	}
}

func viewStream(i live.Info) room.Stream {
	s := room.Stream{Stream: i.Stream, Live: i.Live, Video: i.Video, Audio: i.Audio, Viewers: i.Viewers}
	if !i.Started.IsZero() {
		s.StartedMS = i.Started.UnixMilli()
	}
	return s
}

// door lets encoders in by their stream key. They name it in one of three
// ways: rtmp://host/live/{room} with the key as stream name (OBS), the room as
// stream name with ?key=…, or nothing but the key.
type door struct{ rooms *room.Service }

// Admit implements rtmp.Door.
func (d door) Admit(ctx context.Context, req rtmp.Request) (live.Pass, error) {
	app, roomID, _ := strings.Cut(strings.Trim(req.App, "/"), "/")
	if app != "live" {
		return live.Pass{}, live.ErrUnauthorized
	}
	key := req.Name
	if q := req.Query.Get("key"); q != "" {
		key = q
		if roomID == "" {
			roomID = req.Name
		}
	}
	k, err := d.rooms.AdmitPublisher(ctx, roomID, key)
	switch problem.KindOf(err) {
	case "":
		return live.Pass{Stream: k.Stream, Key: k.ID}, nil
	case problem.Unauthenticated, problem.Forbidden, problem.NotFound, problem.Invalid:
		return live.Pass{}, errors.Join(live.ErrUnauthorized, err)
	case problem.Conflict, problem.TooLarge, problem.RateLimited, problem.Unavailable, problem.Internal:
	}
	return live.Pass{}, err
}
