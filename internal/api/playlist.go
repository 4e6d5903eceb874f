package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"synctv/internal/media"
	"synctv/internal/media/look"
	"synctv/internal/room"
	"synctv/internal/screen"
)

// Where is where new items go.
type Where struct {
	FolderID string `json:"folder_id,omitempty" maxLength:"32" doc:"empty: at the top"`
	Next     bool   `json:"next,omitempty" doc:"right after what plays, in its folder (needs reorder_playlist too)"`
}

type addItemsInput struct {
	InRoom
	Body struct {
		Where
		Items []newItem `json:"items" minItems:"1" maxItems:"100"`
	}
}

type newItem struct {
	Title       string `json:"title,omitempty" maxLength:"1000" doc:"default: from the source"`
	URL         string `json:"url,omitempty" maxLength:"4096" doc:"http, https, rtmp or rtmps"`
	LibraryPath string `json:"library_path,omitempty" maxLength:"4096" doc:"path of a library entry"`
	SourceID    string `json:"source_id,omitempty" maxLength:"32" doc:"id of a source one has linked"`
	SourcePath  string `json:"source_path,omitempty" maxLength:"4096" doc:"file in it"`
	// What look-at-address told, or the person knows.
	Kind      screen.MediaKind `json:"kind,omitempty" enum:"file,hls,flv,dash" doc:"of what is at url; default: as its name ends"`
	Live      bool             `json:"live,omitempty" doc:"what is at url goes on without an end"`
	DurationS float64          `json:"duration_s,omitempty" minimum:"0" maximum:"864000" doc:"of what is at url, seconds; players find it out else"`
}

type lookInput struct {
	InRoom
	Body struct {
		URL string `json:"url" maxLength:"4096" doc:"http, https, rtmp or rtmps"`
	}
}

type importInput struct {
	InRoom
	Body struct {
		Where
		Text string `json:"text" maxLength:"900000" doc:"the M3U list itself, at most 1,000 addresses"`
	}
}

// InItem is the path of everything about one item.
type InItem struct {
	InRoom
	Item string `path:"item" maxLength:"32" doc:"id of the item"`
}

// AddedBody is what came of adding to the list.
type AddedBody struct {
	Version    int64             `json:"version" doc:"the playlist's version after the change"`
	Items      []screen.ItemView `json:"items"`
	Duplicates []string          `json:"duplicates" doc:"ids of new items whose source was in the list already; they were added all the same"`
}

type importedBody struct {
	AddedBody
	Skipped []screen.Skipped `json:"skipped" doc:"lines that were left out"`
}

type libraryInput struct {
	Path string `query:"path" maxLength:"4096" doc:"folder; empty: the top"`
}

type searchInput struct {
	Q string `query:"q" minLength:"1" maxLength:"200" doc:"words that the path must have"`
}

type searchBody struct {
	Entries []media.Entry `json:"entries" doc:"files, by folder"`
	More    bool          `json:"more" doc:"there may be others that were not looked at"`
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
	}, s.readPlaylist)
	operation(s, huma.Operation{
		OperationID: "add-items", Method: http.MethodPost, Path: "/api/rooms/{room}/playlist/items", Tags: tags,
		Summary: "Add items", DefaultStatus: http.StatusCreated, Security: people(), MaxBodyBytes: largestBody,
	}, s.addItems)
	operation(s, huma.Operation{
		OperationID: "import-playlist", Method: http.MethodPost, Path: "/api/rooms/{room}/playlist/import", Tags: tags,
		Summary: "Add what an M3U list names", DefaultStatus: http.StatusCreated, Security: people(), MaxBodyBytes: largestBody,
	}, s.importItems)
	operation(s, huma.Operation{
		OperationID: "look-at-address", Method: http.MethodPost, Path: "/api/rooms/{room}/playlist/look", Tags: tags,
		Summary: "What is at an address: kind, length, qualities, what may keep it from playing", Security: people(),
	}, s.lookAt)
	s.playlistEditRoutes(tags)
	operation(s, huma.Operation{
		OperationID: "search-library", Method: http.MethodGet, Path: "/api/library/search", Tags: []string{"library"},
		Summary: "Find files of the library", Security: people(),
	}, s.searchLibrary)
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

func (s *Server) searchLibrary(ctx context.Context, in *searchInput) (*body[searchBody], error) {
	u, _, err := s.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	found, more, err := s.Catalog.Search(ctx, userPerson(u), in.Q)
	return reply(searchBody{found, more}, err)
}

// libraryPicture serves the poster of a library file.
func (s *Server) libraryPicture(w http.ResponseWriter, r *http.Request) error {
	u, _, err := s.signedIn(r.Context())
	if err != nil {
		return err
	}
	picture, kind, err := s.Catalog.Picture(r.Context(), userPerson(u), r.URL.Query().Get("path"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "private, max-age=3600")
	_, err = w.Write(picture)
	if err != nil {
		s.Log.DebugContext(r.Context(), "picture", "error", err)
	}
	return nil
}

func (s *Server) readPlaylist(ctx context.Context, in *InRoom) (*body[screen.PlaylistView], error) {
	who, _, err := s.person(ctx, in.Room)
	if err != nil {
		return nil, err
	}
	l, err := s.Rooms.ReadPlaylist(ctx, in.Room, who)
	return reply(screen.PlaylistView{Version: l.Version, Items: s.Rooms.ViewItems(l.Items), Folders: l.Folders}, err)
}

func (s *Server) addItems(ctx context.Context, in *addItemsInput) (*body[AddedBody], error) {
	who, _, err := s.person(ctx, in.Room)
	if err != nil {
		return nil, err
	}
	add := room.Addition{FolderID: in.Body.FolderID, Next: in.Body.Next}
	for _, n := range in.Body.Items {
		add.Items = append(add.Items, room.NewItem(n))
	}
	added, err := s.Rooms.AddItems(ctx, in.Room, who, add)
	return reply(s.viewAdded(added), err)
}

func (s *Server) lookAt(ctx context.Context, in *lookInput) (*body[look.Found], error) {
	who, _, err := s.person(ctx, in.Room)
	if err != nil {
		return nil, err
	}
	found, err := s.Looks.Look(ctx, in.Room, who, in.Body.URL)
	return reply(found, err)
}

func (s *Server) importItems(ctx context.Context, in *importInput) (*body[importedBody], error) {
	who, _, err := s.person(ctx, in.Room)
	if err != nil {
		return nil, err
	}
	add := room.Addition{FolderID: in.Body.FolderID, Next: in.Body.Next}
	added, skipped, err := s.Rooms.Import(ctx, in.Room, who, in.Body.Text, add)
	return reply(importedBody{AddedBody: s.viewAdded(added), Skipped: skipped}, err)
}

func (s *Server) viewAdded(a room.Added) AddedBody {
	return AddedBody{Version: a.Version, Items: s.Rooms.ViewItems(a.Items), Duplicates: a.Duplicates}
}
