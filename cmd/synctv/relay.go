package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"synctv/internal/live"
	"synctv/internal/live/hls"
	"synctv/internal/live/rtmp"
	"synctv/internal/problem"
	"synctv/internal/room"
	"synctv/internal/screen"
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
func (r *relay) StreamInfo(stream string) (screen.Stream, bool) {
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

func viewStream(i live.Info) screen.Stream {
	s := screen.Stream{Stream: i.Stream, Live: i.Live, Video: i.Video, Audio: i.Audio, Viewers: i.Viewers}
	if !i.Started.IsZero() {
		s.StartedMS = i.Started.UnixMilli()
	}
	return s
}

// outputs is every way a stream leaves, in the words of the API.
type outputs struct {
	hub *live.Hub
	hls *hls.Server
}

// ServeFLV implements api.Streams.
func (o outputs) ServeFLV(w http.ResponseWriter, r *http.Request, stream string) error {
	return inWords(o.hub.ServeFLV(w, r, stream))
}

// ServeHLS implements api.Streams.
func (o outputs) ServeHLS(w http.ResponseWriter, r *http.Request, stream, file string) error {
	return inWords(o.hls.Serve(w, r, stream, file))
}

// inWords names what is not simply offline.
func inWords(err error) error {
	switch {
	case errors.Is(err, hls.ErrNotFound):
		return problem.New(problem.NotFound, "not_found", "There is no such part of this stream, or not any more.").Because(err)
	case errors.Is(err, hls.ErrBusy):
		return problem.New(problem.Unavailable, "unavailable", "Too many players wait for this stream.").Because(err)
	case errors.Is(err, hls.ErrCodec):
		return problem.New(problem.NotFound, "stream_not_hls", "This stream's codecs cannot be had as HLS.").Because(err)
	case errors.Is(err, live.ErrHandshake):
		return problem.New(problem.Invalid, "validation", "This is no WebSocket handshake.").Because(err)
	}
	return err
}

// gallery lets tools play streams over RTMP by their public names, which only
// members of the room are told.
type gallery struct{ hub *live.Hub }

// Open implements rtmp.Gallery.
func (g gallery) Open(_ context.Context, req rtmp.Request) (*live.Viewer, error) {
	return g.hub.Watch(req.Name)
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
