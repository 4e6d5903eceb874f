package room

import (
	"context"
	"strconv"
	"time"

	"synctv/internal/ident"
	"synctv/internal/problem"
	"synctv/internal/right"
	"synctv/internal/screen"
	"synctv/internal/text"
)

// NewItem is what a person asks to add: an address or a library path.
type NewItem struct {
	Title       string
	URL         string
	LibraryPath string
	SourceID    string           // a source that the person linked
	SourcePath  string           // and the file in it
	Kind        screen.MediaKind // of what is at URL; empty: as its name ends
	Live        bool             // it goes on without an end
	DurationS   float64          // 0 = unknown
}

// Addition is several new items and where they go.
type Addition struct {
	Items    []NewItem
	FolderID string // empty = the top
	Next     bool   // right after what plays, in its folder, instead of at the end
}

// Added is what came of an addition.
type Added struct {
	Version    int64
	Items      []screen.Item
	Duplicates []string // ids of the new items whose source was in the list already
}

// addLock is how long adding to one list may hold the others back.
const addLock = 5 * time.Second

// AddItems describes each new item by its source and adds them all, or none.
// To put them anywhere but at the end is to reorder.
func (s *Service) AddItems(ctx context.Context, roomID string, who Person, add Addition) (Added, error) {
	a, err := s.require(ctx, roomID, who, addNeeds(add))
	if err != nil {
		return Added{}, err
	}
	items := make([]screen.Item, 0, len(add.Items))
	for i, n := range add.Items {
		item, err := s.describe(ctx, a, who, n)
		if err != nil {
			return Added{}, problemAt(err, i)
		}
		items = append(items, item)
	}
	return s.addItems(ctx, a, items, add)
}

func addNeeds(add Addition) right.Permissions {
	if add.Next {
		return right.AddMedia | right.ReorderPlaylist
	}
	return right.AddMedia
}

// addItems stores described items. The lock keeps many people who add at once
// from waiting in the store; their order there makes the positions distinct.
func (s *Service) addItems(ctx context.Context, a Access, items []screen.Item, add Addition) (out Added, err error) {
	err = s.Locks.WithLock(ctx, "movie_add:"+a.Room.ID, addLock, func(ctx context.Context) error {
		current := ""
		if add.Next {
			p, err := s.Playbacks.Playback(ctx, a.Room.ID)
			if err != nil {
				return err
			}
			current = p.ItemID
		}
		var e screen.Edit
		out.Version, e, err = s.editPlaylist(ctx, a.Room.ID, func(l screen.Playlist) (screen.Edit, error) {
			out.Duplicates = l.Duplicates(items)
			return l.Insert(items, spotFor(l, add, current))
		})
		out.Items = e.Added
		return err
	})
	return out, err
}

func (s *Service) describe(ctx context.Context, a Access, who Person, n NewItem) (screen.Item, error) {
	d, err := s.Media.Describe(ctx, who, n)
	if err != nil {
		return screen.Item{}, err
	}
	title := n.Title
	if text.Line(title) == "" {
		title = d.Title
	}
	if title, err = text.Check("title", text.Truncate(title, screen.MaxTitle), 1, screen.MaxTitle); err != nil {
		return screen.Item{}, err
	}
	return screen.Item{
		ID: ident.New(), RoomID: a.Room.ID, Title: title, Source: d.Source, Live: d.Live, DurationS: d.DurationS,
		AddedBy: a.By(), CreatedMS: s.nowMS(),
	}, nil
}

// problemAt says which of several items was refused.
func problemAt(err error, index int) error {
	p := problem.From(err)
	if p.Kind != problem.Invalid {
		return err
	}
	return p.With(problem.Field{Location: "body.items[" + strconv.Itoa(index) + "]", Code: p.Code, Message: p.Message})
}

// Import adds what an M3U list names; lines that cannot be played are left out
// and told.
func (s *Service) Import(ctx context.Context, roomID string, who Person, list string, add Addition) (Added, []screen.Skipped, error) {
	a, err := s.require(ctx, roomID, who, addNeeds(add))
	if err != nil {
		return Added{}, nil, err
	}
	entries, skipped, err := screen.ParseM3U(list)
	if err != nil {
		return Added{}, nil, err
	}
	var items []screen.Item
	for _, e := range entries {
		item, err := s.describe(ctx, a, who, NewItem{Title: e.Title, URL: e.Url})
		switch p := problem.From(err); {
		case err == nil:
			items = append(items, item)
		case p.Kind == problem.Invalid:
			skipped = append(skipped, screen.Skipped{Line: e.Line, Code: p.Code})
		default:
			return Added{}, nil, err
		}
	}
	if len(items) == 0 {
		return Added{}, nil, screen.ErrImportEmpty
	}
	out, err := s.addItems(ctx, a, items, add)
	return out, skipped, err
}

// spotFor is the end of a folder, or the place after what plays.
func spotFor(l screen.Playlist, add Addition, currentID string) screen.Spot {
	if !add.Next {
		return screen.Spot{FolderID: add.FolderID}
	}
	current, playing := l.Item(currentID)
	if !playing {
		first := ""
		return screen.Spot{FolderID: add.FolderID, After: &first}
	}
	return screen.Spot{FolderID: current.FolderID, After: &current.ID}
}
