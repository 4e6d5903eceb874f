package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"synctv/internal/media"
	"synctv/internal/room"
)

type addItemsInput struct {
	InRoom
	Body struct {
		Items []newItem `json:"items" minItems:"1" maxItems:"100"`
	}
}

type newItem struct {
	Title       string `json:"title,omitempty" maxLength:"1000" doc:"default: from the source"`
	URL         string `json:"url,omitempty" maxLength:"4096" doc:"http or https"`
	LibraryPath string `json:"library_path,omitempty" maxLength:"4096" doc:"path of a library entry"`
}

type inItem struct {
	InRoom
	Item string `path:"item" maxLength:"32" doc:"id of the item"`
}

type versionBody struct {
	Version int64 `json:"version" doc:"the playlist's version after the change"`
}

type libraryInput struct {
	Path string `query:"path" maxLength:"4096" doc:"folder; empty: the top"`
}

type libraryBody struct {
	Path    string        `json:"path"`
	Entries []media.Entry `json:"entries" doc:"folders first, by name"`
}

func (s *Server) playlistRoutes() {
	tags := []string{"playlist"}
	operation(s, huma.Operation{
		OperationID: "get-playlist", Method: http.MethodGet, Path: "/api/rooms/{room}/playlist", Tags: tags,
		Summary: "The whole list", Security: people(),
	}, func(ctx context.Context, in *InRoom) (*body[room.PlaylistView], error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		return s.playlistReply(s.Rooms.ReadPlaylist(ctx, in.Room, who))
	})
	operation(s, huma.Operation{
		OperationID: "add-items", Method: http.MethodPost, Path: "/api/rooms/{room}/playlist/items", Tags: tags,
		Summary: "Add items to the end", DefaultStatus: http.StatusCreated, Security: people(), MaxBodyBytes: largestBody,
	}, func(ctx context.Context, in *addItemsInput) (*body[room.PlaylistView], error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		add := make([]room.NewItem, 0, len(in.Body.Items))
		for _, n := range in.Body.Items {
			add = append(add, room.NewItem(n))
		}
		return s.playlistReply(s.Rooms.AddItems(ctx, in.Room, who, add))
	})
	operation(s, huma.Operation{
		OperationID: "remove-item", Method: http.MethodDelete, Path: "/api/rooms/{room}/playlist/items/{item}", Tags: tags,
		Summary: "Delete an item", Security: people(),
	}, func(ctx context.Context, in *inItem) (*body[versionBody], error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		v, err := s.Rooms.RemoveItem(ctx, in.Room, who, in.Item)
		return reply(versionBody{Version: v}, err)
	})
	operation(s, huma.Operation{
		OperationID: "browse-library", Method: http.MethodGet, Path: "/api/library", Tags: []string{"library"},
		Summary: "A folder of the server's library", Security: people(),
	}, func(ctx context.Context, in *libraryInput) (*body[libraryBody], error) {
		u, _, err := s.signedIn(ctx)
		if err != nil {
			return nil, err
		}
		entries, err := s.Catalog.Browse(userPerson(u), in.Path)
		return reply(libraryBody{Path: in.Path, Entries: entries}, err)
	})
}

func (s *Server) playlistReply(l room.Playlist, err error) (*body[room.PlaylistView], error) {
	if err != nil {
		return nil, err
	}
	return reply(room.PlaylistView{Version: l.Version, Items: s.Rooms.ViewItems(l.Items)}, nil)
}
