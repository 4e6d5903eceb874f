package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"synctv/internal/api"
	"synctv/internal/cached"
	"synctv/internal/live"
	"synctv/internal/live/hls"
	"synctv/internal/live/pull"
	"synctv/internal/live/rtmp"
	"synctv/internal/problem"
	"synctv/internal/realtime"
	"synctv/internal/room"
	"synctv/internal/screen"
)

// relay joins rooms and streams, which do not know each other. It is
// room.Streams towards the rooms and live.Listener towards the hub.
type relay struct {
	hub    *live.Hub
	rooms  *room.Service
	node   *realtime.Node
	others *neighbours // nil: alone
	copies *cached.Rooms
	log    *slog.Logger
}

// tellTimeout bounds telling a room about a stream.
const tellTimeout = 5 * time.Second

// What replicas tell each other about streams.
const (
	cutStream = "cut_stream"
	cutKey    = "cut_key"
	forget    = "forget" // a copy of a room or a member
	endStream = "end_stream"
)

// Cut and CutKey implement room.Streams, on every replica.
func (r *relay) Cut(stream string)   { r.node.Broadcast(context.Background(), cutStream, stream) }
func (r *relay) CutKey(keyID string) { r.node.Broadcast(context.Background(), cutKey, keyID) }

// hear acts on what any replica says.
func (r *relay) hear(op, what string) {
	switch op {
	case cutStream:
		r.hub.Cut(what)
	case cutKey:
		r.hub.CutKey(what)
	case endStream:
		r.hub.End(what)
	case forget, realtime.Moved:
		r.copies.Forget(what)
	}
}

// StreamInfo implements room.Streams.
func (r *relay) StreamInfo(stream string) (screen.Stream, bool) {
	info := r.hub.Info(stream)
	if r.others == nil || info.Live && !info.Relayed {
		return r.view(info), info.Live
	}
	ctx, cancel := context.WithTimeout(context.Background(), tellTimeout)
	defer cancel()
	o, ok, err := r.others.claims.claims.Owner(ctx, streamClaim+stream)
	st := screen.Stream{Stream: stream, Live: ok, StartedMS: o.SinceMS}
	if info.Live {
		since := st.StartedMS
		st, ok, err = r.view(info), true, nil // being pulled: more is known of it
		if since != 0 {
			st.StartedMS = since // not since when it is pulled
		}
	}
	st.Owner = o.Replica
	return st, ok && err == nil
}

// StreamChanged implements live.Listener.
func (r *relay) StreamChanged(info live.Info) {
	ctx, cancel := context.WithTimeout(context.Background(), tellTimeout)
	defer cancel()
	if r.othersTell(ctx, info) {
		return
	}
	err := r.rooms.StreamChanged(ctx, r.view(info))
	if err != nil && problem.KindOf(err) != problem.NotFound { // a stream whose item is gone interests nobody
		r.log.ErrorContext(ctx, "a room was not told of its stream", "stream", info.Stream, "error", err)
	}
}

// othersTell says whether a stream is another replica's to tell of.
func (r *relay) othersTell(ctx context.Context, info live.Info) bool {
	if r.others == nil || info.Live {
		return info.Relayed
	}
	src, ok, err := r.others.claims.Find(ctx, info.Stream)
	return err == nil && ok && !src.Here
}

// view is a stream of this replica as rooms see it.
func (r *relay) view(i live.Info) screen.Stream {
	s := screen.Stream{Stream: i.Stream, Live: i.Live, Video: i.Video, Audio: i.Audio, Viewers: i.Viewers}
	if r.others != nil {
		s.Owner = r.others.claims.replica
	}
	if !i.Started.IsZero() {
		s.StartedMS = i.Started.UnixMilli()
	}
	return s
}

// outputs is every way a stream leaves, in the words of the API.
type outputs struct {
	hub    *live.Hub
	hls    *hls.Server
	others *neighbours // nil: alone
	rooms  *relay
	pulls  *pull.Puller
}

// fetched makes the stream of an item that is fetched from another server be
// there, on this replica or another.
func (o outputs) fetched(ctx context.Context, it screen.Item) error {
	if it.Source.URL == "" {
		return nil
	}
	if !o.pulls.Pulls(it.Source.Stream) {
		if _, ok := o.rooms.StreamInfo(it.Source.Stream); ok {
			return nil
		}
	}
	err := o.pulls.Ensure(ctx, it.Source.Stream, it.Source.URL)
	if errors.Is(err, live.ErrBusy) {
		return nil // another replica was faster
	}
	return err
}

// ServeFLV implements api.Streams.
func (o outputs) ServeFLV(w http.ResponseWriter, r *http.Request, it screen.Item) error {
	stream := it.Source.Stream
	if err := o.fetched(r.Context(), it); err != nil {
		return inWords(err)
	}
	if o.others != nil {
		if err := o.others.relay.Ensure(r.Context(), stream); err != nil {
			return inWords(err)
		}
	}
	return inWords(o.hub.ServeFLV(w, r, stream))
}

// ServeHLS implements api.Streams.
func (o outputs) ServeHLS(w http.ResponseWriter, r *http.Request, it screen.Item, file string) error {
	stream := it.Source.Stream
	if err := o.fetched(r.Context(), it); err != nil {
		return inWords(err)
	}
	if o.others != nil {
		return inWords(o.others.relay.ServeHLS(w, r, stream, file, o.hls.Serve))
	}
	return inWords(o.hls.Serve(w, r, stream, file))
}

// StreamStats implements api.Streams.
func (o outputs) StreamStats(ctx context.Context, stream string) (api.StreamStats, error) {
	i, err := o.info(ctx, stream)
	if err != nil {
		return api.StreamStats{}, err
	}
	return api.StreamStats{
		StartedMS: i.Started.UnixMilli(),

		Video: i.Video, Audio: i.Audio, BitrateKbps: int64(i.Bitrate / 1000), FrameRate: i.FrameRate,
		KeyIntervalMS: i.KeyInterval.Milliseconds(), LongGOP: i.LongGOP, LostFrames: i.LostFrames, Viewers: i.Viewers,
		Skipped: i.SkippedToKey, ClosedSlow: i.DroppedSlow, ClosedStalled: i.DroppedStalled,
	}, nil
}

// info is what is known of a stream, wherever it is published.
func (o outputs) info(ctx context.Context, stream string) (live.Info, error) {
	if o.others != nil {
		return o.others.relay.Info(ctx, stream)
	}
	i := o.hub.Info(stream)
	if !i.Live {
		return i, live.ErrOffline
	}
	return i, nil
}

// EndStream implements api.Streams, on every replica.
func (o outputs) EndStream(stream string) bool {
	_, ok := o.rooms.StreamInfo(stream)
	if ok {
		o.rooms.node.Broadcast(context.Background(), endStream, stream)
	}
	return ok
}

// inWords names what is not simply offline.
func inWords(err error) error {
	switch {
	case errors.Is(err, hls.ErrNotFound):
		return problem.New(problem.NotFound, "not_found", "There is no such part of this stream, or not any more.").Because(err)
	case errors.Is(err, hls.ErrBusy):
		return problem.New(problem.Unavailable, "unavailable", "Too many players wait for this stream.").Because(err)
	case errors.Is(err, live.ErrMemory):
		return problem.New(problem.Unavailable, "unavailable", "The server has no memory left for this stream as HLS.").Because(err)
	case errors.Is(err, hls.ErrCodec):
		return problem.New(problem.NotFound, "stream_not_hls", "This stream's codecs cannot be had as HLS.").Because(err)
	case errors.Is(err, live.ErrHandshake):
		return problem.New(problem.Invalid, "validation", "This is no WebSocket handshake.").Because(err)
	}
	return err
}

// gallery lets tools play streams over RTMP by their public names, which only
// members of the room are told.
type gallery struct {
	hub    *live.Hub
	others *neighbours // nil: alone
}

// Open implements rtmp.Gallery.
func (g gallery) Open(ctx context.Context, req rtmp.Request) (*live.Viewer, error) {
	if g.others != nil {
		if err := g.others.relay.Ensure(ctx, req.Name); err != nil {
			return nil, err
		}
	}
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
