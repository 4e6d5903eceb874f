package room

import (
	"context"
	"slices"

	"synctv/internal/ident"
	"synctv/internal/problem"
	"synctv/internal/text"
)

// SourceType says where an item's media comes from.
type SourceType string

// The sources of the foundation; each has its folder in media.
const (
	SourceDirect  SourceType = "direct"
	SourceLibrary SourceType = "library"
	SourceLive    SourceType = "live"
)

// MediaKind says which engine plays it.
type MediaKind string

// The kinds of media.
const (
	KindFile MediaKind = "file"
	KindHLS  MediaKind = "hls"
	KindFLV  MediaKind = "flv"
	KindDASH MediaKind = "dash"
)

// Source is where an item comes from, without secrets. Only the fields of its
// type are set.
type Source struct {
	Type   SourceType `json:"type" enum:"direct,library,live"`
	URL    string     `json:"url,omitempty" doc:"direct: the address"`
	Kind   MediaKind  `json:"kind,omitempty" doc:"direct: how it plays"`
	Path   string     `json:"path,omitempty" doc:"library: folder name and path below it"`
	Stream string     `json:"stream,omitempty" doc:"live: the stream's public name"`
}

// Item is one entry of a room's playlist.
type Item struct {
	ID        string
	RoomID    string
	Title     string
	Source    Source
	Live      bool
	DurationS float64 // 0 = unknown
	Position  int64   // order within the room, ascending, distinct
	AddedBy   By
	CreatedMS int64
}

// Play is what a player opens.
type Play struct {
	Kind MediaKind `json:"kind" enum:"file,hls,flv,dash"`
	URL  string    `json:"url" doc:"absolute, or a path on this server"`
}

// Playlist is the whole list with the version it has.
type Playlist struct {
	Version int64
	Items   []Item
}

// NewItem is what a person asks to add: an address or a library path.
type NewItem struct {
	Title       string
	URL         string
	LibraryPath string
}

// MaxAdd is how many items one command may add; MaxItems how many a room holds.
const (
	MaxAdd   = 100
	MaxItems = 10_000
)

// AddItems describes each new item by its source and appends them all, or none.
func (s *Service) AddItems(ctx context.Context, roomID string, who Person, add []NewItem) (Playlist, error) {
	a, err := s.require(ctx, roomID, who, AddMedia)
	if err != nil {
		return Playlist{}, err
	}
	items := make([]Item, 0, len(add))
	for i, n := range add {
		item, err := s.describe(ctx, a, who, n)
		if err != nil {
			return Playlist{}, problemAt(err, i)
		}
		items = append(items, item)
	}
	version, err := s.Playlists.AddItems(ctx, roomID, items)
	if err != nil {
		return Playlist{}, err
	}
	s.announcePlaylist(ctx, roomID, version, items, nil)
	return Playlist{Version: version, Items: items}, nil
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
	return p.With(problem.Field{Location: itemLocation(index), Code: p.Code, Message: p.Message})
}

// RemoveItem deletes one item: one's own with delete_media_self, anyone's with
// delete_media_any. Deleting the current item moves on to the next one, or to
// nothing.
func (s *Service) RemoveItem(ctx context.Context, roomID string, who Person, itemID string) (int64, error) {
	a, err := s.access(ctx, roomID, who)
	if err != nil {
		return 0, err
	}
	item, err := s.Playlists.Item(ctx, roomID, itemID)
	if err != nil {
		return 0, err
	}
	own := item.AddedBy.ID == a.Member.PersonID && a.Can.Has(DeleteMediaSelf)
	if !own && !a.Can.Has(DeleteMediaAny) {
		return 0, ErrPermission
	}
	if err := s.leaveItem(ctx, a, itemID); err != nil {
		return 0, err
	}
	version, err := s.Playlists.RemoveItem(ctx, roomID, itemID)
	if err != nil {
		return 0, err
	}
	if item.Source.Type == SourceLive {
		s.Streams.Cut(item.Source.Stream)
	}
	s.announcePlaylist(ctx, roomID, version, nil, []string{itemID})
	return version, nil
}

// leaveItem moves the playback off an item that is about to go.
func (s *Service) leaveItem(ctx context.Context, a Access, itemID string) error {
	current, err := s.Playbacks.Playback(ctx, a.Room.ID)
	if err != nil || current.ItemID != itemID {
		return err
	}
	list, err := s.Playlists.Playlist(ctx, a.Room.ID)
	if err != nil {
		return err
	}
	next, _ := list.neighbour(itemID, +1)
	_, err = s.swapPlayback(ctx, a, Command{Action: ActItem, ItemID: next})
	return err
}

// neighbour finds the item one step after (or before) another in list order.
func (l Playlist) neighbour(itemID string, step int) (string, bool) {
	i := slices.IndexFunc(l.Items, func(it Item) bool { return it.ID == itemID })
	if i < 0 && step > 0 {
		i = -1 // nothing current: next is the first
	} else if i < 0 {
		return "", false
	}
	if i += step; i < 0 || i >= len(l.Items) {
		return "", false
	}
	return l.Items[i].ID, true
}

// ReadPlaylist is the whole list for a member.
func (s *Service) ReadPlaylist(ctx context.Context, roomID string, who Person) (Playlist, error) {
	if _, err := s.require(ctx, roomID, who, ViewPlaylist); err != nil {
		return Playlist{}, err
	}
	return s.Playlists.Playlist(ctx, roomID)
}

// OpenItem is one item for somebody who is about to play it.
func (s *Service) OpenItem(ctx context.Context, roomID string, who Person, itemID string) (Item, error) {
	if _, err := s.access(ctx, roomID, who); err != nil {
		return Item{}, err
	}
	return s.Playlists.Item(ctx, roomID, itemID)
}
