package api

import (
	"context"
	"net"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"synctv/internal/ident"
	"synctv/internal/right"
	"synctv/internal/screen"
)

type goLiveInput struct {
	InRoom
	Body struct {
		Title  string `json:"title,omitempty" maxLength:"1000" doc:"of the item that is added"`
		ItemID string `json:"item_id,omitempty" maxLength:"32" doc:"another key for a live item that is there"`
	}
}

// LiveKeyView is a key without the key.
type LiveKeyView struct {
	ID        string   `json:"id"`
	Stream    string   `json:"stream" doc:"public name"`
	ItemID    string   `json:"item_id"`
	Hint      string   `json:"hint" doc:"the key's last characters"`
	CreatedBy ident.By `json:"created_by"`
	CreatedMS int64    `json:"created_ms"`
}

// NewLiveKeyView is the only answer that shows a key.
type NewLiveKeyView struct {
	ID     string `json:"id"`
	Key    string `json:"key" doc:"the stream key; it is not shown again"`
	Stream string `json:"stream"`
	Server string `json:"server" doc:"what an encoder calls server; empty where this replica takes no encoders and knows of no rtmp-url"`
	URL    string `json:"url" doc:"both in one, for ffmpeg; empty with server"`
	// The same over TLS, when encoders are offered both.
	SecureServer string          `json:"secure_server,omitempty" doc:"the server over TLS, if there is one beside server"`
	SecureURL    string          `json:"secure_url,omitempty" doc:"server over TLS and key in one"`
	Item         screen.ItemView `json:"item"`
}

// StreamStats is how a stream does, for whoever sends it.
type StreamStats struct {
	StartedMS     int64   `json:"started_ms"`
	Video         string  `json:"video" doc:"codec, empty when there is no video"`
	Audio         string  `json:"audio" doc:"codec, empty when there is no audio"`
	BitrateKbps   int64   `json:"bitrate_kbps" doc:"of what is kept, the last seconds"`
	FrameRate     float64 `json:"frame_rate" doc:"pictures per second as the encoder stamps them, 0 when unknown"`
	KeyIntervalMS int64   `json:"key_interval_ms" doc:"between the newest two key frames, 0 when unknown"`
	LongGOP       bool    `json:"long_gop" doc:"key frames are so far apart that nobody can join"`
	LostFrames    int64   `json:"lost_frames" doc:"pictures the encoder left out, judged by gaps in its stamps"`
	Viewers       int     `json:"viewers"`
	Skipped       int64   `json:"skipped" doc:"times a viewer was too slow and went on at the newest key frame"`
	ClosedSlow    int64   `json:"closed_slow" doc:"viewers closed because they did not catch up"`
	ClosedStalled int64   `json:"closed_stalled" doc:"viewers closed because they took nothing"`
}

type inStream struct {
	InRoom
	Stream string `path:"stream" maxLength:"32" doc:"public name of the stream"`
}

type inKey struct {
	InRoom
	Key string `path:"key" maxLength:"32" doc:"id of the key"`
}

type keysBody struct {
	Keys []LiveKeyView `json:"keys"`
}

func (s *Server) liveRoutes() {
	tags := []string{"live"}
	operation(s, huma.Operation{
		OperationID: "create-live-key", Method: http.MethodPost, Path: "/api/rooms/{room}/live-keys", Tags: tags,
		Summary: "Make a stream key, shown once", DefaultStatus: http.StatusCreated, Security: people(),
	}, s.goLive)
	operation(s, huma.Operation{
		OperationID: "list-live-keys", Method: http.MethodGet, Path: "/api/rooms/{room}/live-keys", Tags: tags,
		Summary: "The room's stream keys, without the keys", Security: people(),
	}, func(ctx context.Context, in *InRoom) (*body[keysBody], error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		keys, err := s.Rooms.ReadLiveKeys(ctx, in.Room, who)
		out := keysBody{Keys: []LiveKeyView{}}
		for _, k := range keys {
			out.Keys = append(out.Keys, LiveKeyView{ID: k.ID, Stream: k.Stream, ItemID: k.ItemID, Hint: k.Hint, CreatedBy: k.CreatedBy, CreatedMS: k.CreatedMS})
		}
		return reply(out, err)
	})
	operation(s, huma.Operation{
		OperationID: "revoke-live-key", Method: http.MethodDelete, Path: "/api/rooms/{room}/live-keys/{key}", Tags: tags,
		Summary: "End a key and what it publishes", DefaultStatus: http.StatusNoContent, Security: people(),
	}, func(ctx context.Context, in *inKey) (*struct{}, error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		return nil, s.Rooms.RevokeLiveKey(ctx, in.Room, who, in.Key)
	})
}

// streamRoutes are for whoever may publish.
func (s *Server) streamRoutes() {
	tags := []string{"live"}
	operation(s, huma.Operation{
		OperationID: "get-stream-stats", Method: http.MethodGet, Path: "/api/rooms/{room}/live/{stream}/stats", Tags: tags,
		Summary: "How a stream does: rate, key frames, viewers, who could not keep up", Security: people(),
	}, func(ctx context.Context, in *inStream) (*body[StreamStats], error) {
		if err := s.mayPublish(ctx, in); err != nil {
			return nil, err
		}
		st, err := s.Streams.StreamStats(ctx, in.Stream)
		return reply(st, offlineUnlessKnown(err))
	})
	operation(s, huma.Operation{
		OperationID: "end-stream", Method: http.MethodPost, Path: "/api/rooms/{room}/live/{stream}/end", Tags: tags,
		Summary: "Disconnect the encoder and hold it off for a minute", DefaultStatus: http.StatusNoContent, Security: people(),
	}, func(ctx context.Context, in *inStream) (*struct{}, error) {
		if err := s.mayPublish(ctx, in); err != nil {
			return nil, err
		}
		var offline error
		if !s.Streams.EndStream(in.Stream) {
			offline = errStreamOffline
		}
		return nil, offline
	})
}

func (s *Server) mayPublish(ctx context.Context, in *inStream) error {
	who, _, err := s.person(ctx, in.Room)
	if err != nil {
		return err
	}
	_, err = s.Rooms.WatchStream(ctx, in.Room, who, in.Stream, right.PublishLive)
	return err
}

func (s *Server) goLive(ctx context.Context, in *goLiveInput) (*body[NewLiveKeyView], error) {
	who, _, err := s.person(ctx, in.Room)
	if err != nil {
		return nil, err
	}
	k, item, secret, err := s.Rooms.GoLive(ctx, in.Room, who, in.Body.Title, in.Body.ItemID)
	if err != nil {
		return nil, err
	}
	view := NewLiveKeyView{ID: k.ID, Key: secret, Stream: k.Stream, Item: s.Rooms.ViewItem(item)}
	path := "/live/" + in.Room
	plain, secure := s.encoderServers(callerOf(ctx).host)
	if plain != "" {
		view.Server, view.URL = plain+path, plain+path+"/"+secret
	}
	if secure != "" {
		view.SecureServer, view.SecureURL = secure+path, secure+path+"/"+secret
	}
	return reply(view, nil)
}

// encoderServers is what encoders are told: as configured, else this host. When
// all of them must speak TLS, that is the only one; there may be none.
func (s *Server) encoderServers(host string) (server, secure string) {
	if s.RTMPURL != "" {
		return s.RTMPURL, ""
	}
	name := (&url.URL{Host: host}).Hostname()
	if s.RTMPSPort != "" {
		secure = "rtmps://" + hostPort(name, s.RTMPSPort, "443")
	}
	if s.RTMPPort == "" {
		return secure, ""
	}
	return "rtmp://" + hostPort(name, s.RTMPPort, "1935"), secure
}

// hostPort leaves out the port that encoders take by themselves.
func hostPort(name, port, usual string) string {
	if port != usual {
		return net.JoinHostPort(name, port)
	}
	if ip := net.ParseIP(name); ip != nil && ip.To4() == nil {
		return "[" + name + "]"
	}
	return name
}
