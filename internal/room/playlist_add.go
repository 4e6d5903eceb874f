package room

import (
	"context"
	"strconv"
	"time"

	"synctv/internal/ident"
	"synctv/internal/problem"
	"synctv/internal/right"
	"synctv/internal/text"
)

// NewItem is what a person asks to add: an address or a library path.
type NewItem struct {
	Title       string
	URL         string
	LibraryPath string
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
	Items      []Item
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
	items := make([]Item, 0, len(add.Items))
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
func (s *Service) addItems(ctx context.Context, a Access, items []Item, add Addition) (out Added, err error) {
	err = s.Locks.WithLock(ctx, "movie_add:"+a.Room.ID, addLock, func(ctx context.Context) error {
		current := ""
		if add.Next {
			p, err := s.Playbacks.Playback(ctx, a.Room.ID)
			if err != nil {
				return err
			}
			current = p.ItemID
		}
		var e Edit
		out.Version, e, err = s.editPlaylist(ctx, a.Room.ID, func(l Playlist) (Edit, error) {
			out.Duplicates = l.duplicates(items)
			return l.insert(items, l.spotFor(add, current))
		})
		out.Items = e.Added
		return err
	})
	return out, err
}

// spotFor is the end of a folder, or the place after what plays.
func (l Playlist) spotFor(add Addition, currentID string) Spot {
	if !add.Next {
		return Spot{FolderID: add.FolderID}
	}
	current, playing := l.item(currentID)
	if !playing {
		first := ""
		return Spot{FolderID: add.FolderID, After: &first}
	}
	return Spot{FolderID: current.FolderID, After: &current.ID}
}

func (s *Service) describe(ctx context.Context, a Access, who Person, n NewItem) (Item, error) {
	d, err := s.Media.Describe(ctx, who, n)
	if err != nil {
		return Item{}, err
	}
	title := n.Title
	if text.Line(title) == "" {
		title = d.Title
	}
	if title, err = checkText("title", text.Truncate(title, MaxTitle), 1, MaxTitle); err != nil {
		return Item{}, err
	}
	return Item{
		ID: ident.New(), RoomID: a.Room.ID, Title: title, Source: d.Source, DurationS: d.DurationS,
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

// Skipped is a line of an imported list that was not taken.
type Skipped struct {
	Line int    `json:"line" doc:"counted from 1"`
	Code string `json:"code" doc:"why: source_unsupported, not_absolute, too_many"`
}

// Import adds what an M3U list names; lines that cannot be played are left out
// and told.
func (s *Service) Import(ctx context.Context, roomID string, who Person, list string, add Addition) (Added, []Skipped, error) {
	a, err := s.require(ctx, roomID, who, addNeeds(add))
	if err != nil {
		return Added{}, nil, err
	}
	entries, skipped, err := parseM3U(list)
	if err != nil {
		return Added{}, nil, err
	}
	var items []Item
	for _, e := range entries {
		item, err := s.describe(ctx, a, who, NewItem{Title: e.title, URL: e.url})
		switch p := problem.From(err); {
		case err == nil:
			items = append(items, item)
		case p.Kind == problem.Invalid:
			skipped = append(skipped, Skipped{Line: e.line, Code: p.Code})
		default:
			return Added{}, nil, err
		}
	}
	if len(items) == 0 {
		return Added{}, nil, ErrImportEmpty
	}
	out, err := s.addItems(ctx, a, items, add)
	return out, skipped, err
}
