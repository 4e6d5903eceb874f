package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"synctv/internal/caption"
	"synctv/internal/media/subtitle"
)

type uploadInput struct {
	InItem
	Name    string `query:"name" maxLength:"400" doc:"the file's name: label and language are read from it"`
	RawBody []byte `contentType:"application/octet-stream"`
}

type captionURLInput struct {
	InItem
	Body struct {
		URL  string `json:"url" maxLength:"4096" doc:"http or https; it is fetched once and kept"`
		Name string `json:"name,omitempty" maxLength:"400" doc:"default: from the address"`
	}
}

type inCaption struct {
	InItem
	Subtitle string `path:"subtitle" maxLength:"32" doc:"id of the subtitle"`
}

type captionsBody struct {
	Subtitles []CaptionView `json:"subtitles"`
}

// CaptionView is a subtitle with the address of its text.
type CaptionView struct {
	caption.Track
	URL string `json:"url" doc:"path on this server; ?format=vtt makes WebVTT of an ass one"`
}

func (s *Server) captionView(in InItem, t caption.Track) CaptionView {
	return CaptionView{Track: t, URL: s.Base + "/api/rooms/" + in.Room + "/items/" + in.Item + "/subtitles/" + t.ID}
}

func (s *Server) captionRoutes() {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: "/api/rooms/{room}/items/{item}/subtitles" + path,
			Tags: []string{"subtitles"}, Summary: summary, Security: people(),
		}
	}
	operation(s, op("list-subtitles", http.MethodGet, "", "The subtitles of an item"), s.listCaptions)
	upload := op("upload-subtitle", http.MethodPost, "", "Add a subtitle file: WebVTT, SRT or ASS in any usual encoding")
	upload.DefaultStatus, upload.MaxBodyBytes = http.StatusCreated, subtitle.MaxBytes
	upload.BodyReadTimeout = uploadTime
	operation(s, upload, func(ctx context.Context, in *uploadInput) (*body[CaptionView], error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		t, err := s.Captions.Upload(ctx, in.Room, who, in.Item, in.Name, in.RawBody)
		return reply(s.captionView(in.InItem, t), err)
	})
	fetch := op("fetch-subtitle", http.MethodPost, "/fetch", "Add a subtitle by its address")
	fetch.DefaultStatus = http.StatusCreated
	operation(s, fetch, func(ctx context.Context, in *captionURLInput) (*body[CaptionView], error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		t, err := s.Captions.AddURL(ctx, in.Room, who, in.Item, in.Body.URL, in.Body.Name)
		return reply(s.captionView(in.InItem, t), err)
	})
	operation(s, op("remove-subtitle", http.MethodDelete, "/{subtitle}", "Take away a subtitle that somebody added"),
		func(ctx context.Context, in *inCaption) (*struct{}, error) {
			who, _, err := s.person(ctx, in.Room)
			if err != nil {
				return nil, err
			}
			return nil, s.Captions.Remove(ctx, in.Room, who, in.Item, in.Subtitle)
		})
}

// uploadTime is enough for 4 MB on a phone.
const uploadTime = time.Minute

func (s *Server) listCaptions(ctx context.Context, in *InItem) (*body[captionsBody], error) {
	who, _, err := s.person(ctx, in.Room)
	if err != nil {
		return nil, err
	}
	tracks, err := s.Captions.List(ctx, in.Room, who, in.Item)
	views := make([]CaptionView, 0, len(tracks))
	for _, t := range tracks {
		views = append(views, s.captionView(*in, t))
	}
	return reply(captionsBody{views}, err)
}

// captionText serves one subtitle.
func (s *Server) captionText(w http.ResponseWriter, r *http.Request) error {
	roomID := r.PathValue("room")
	who, _, err := s.person(r.Context(), roomID)
	if err != nil {
		return err
	}
	t, err := s.Captions.Open(r.Context(), roomID, who, r.PathValue("item"), r.PathValue("subtitle"))
	if err != nil {
		return err
	}
	text, kind := t.Text, "text/x-ssa; charset=utf-8"
	if t.Format != subtitle.ASS || r.URL.Query().Get("format") == string(subtitle.VTT) {
		text, kind = t.Plain(), "text/vtt; charset=utf-8"
	}
	sum := sha256.Sum256([]byte(text))
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "private, no-cache")
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(text))
	return nil
}
