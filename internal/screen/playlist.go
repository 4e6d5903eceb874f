package screen

import (
	"slices"

	"synctv/internal/ident"
	"synctv/internal/problem"
)

// SourceType says where an item's media comes from.
type SourceType string

// The sources of the foundation; each has its folder in media.
const (
	SourceDirect  SourceType = "direct"
	SourceLibrary SourceType = "library"
	SourceLive    SourceType = "live"
	SourceLinked  SourceType = "linked"
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
	Type SourceType `json:"type" enum:"direct,library,live,linked"`
	URL  string     `json:"url,omitempty" doc:"direct: the address; live: where this server fetches the stream, if nobody publishes it here"`
	Kind MediaKind  `json:"kind,omitempty" doc:"direct: how it plays"`
	Path string     `json:"path,omitempty" doc:"library: folder name and path below it; linked: path in the account"`
	// Account is whose: of the person who added the item.
	Account string `json:"account,omitempty" doc:"linked: id of the account it plays by"`
	Stream  string `json:"stream,omitempty" doc:"live: the stream's public name"`
	Route   Route  `json:"route,omitempty" enum:"auto,direct,server" doc:"direct: how it comes to the players; absent: auto"`
}

// Route is how something at an address comes to the players.
type Route string

// The routes. RouteAuto (also ""): straight from its server, or through this
// one where a browser may not or cannot fetch it.
const (
	RouteAuto   Route = "auto"
	RouteDirect Route = "direct"
	RouteServer Route = "server"
)

// Routed is an item with another route; nil: the same.
func (it Item) Routed(r *Route) (Item, error) {
	if r == nil {
		return it, nil
	}
	if it.Source.Type != SourceDirect {
		return it, problem.InvalidField("body.route", "not_direct", "Only an item with an address has a route.")
	}
	it.Source.Route = *r
	return it, nil
}

// Item is one entry of a room's playlist.
type Item struct {
	ID        string
	RoomID    string
	FolderID  string // empty = at the top
	Title     string
	Source    Source
	Live      bool
	DurationS float64 // 0 = unknown
	Position  int64   // order within the folder, ascending, distinct
	Broken    string  // why it could not be played, as a code; empty = nothing is known against it
	Played    int64   // the shuffle round in which it was started last
	AddedBy   ident.By
	CreatedMS int64
	Gone      Deletion
}

// Folder holds items and folders. The room's nameless root is not among them.
type Folder struct {
	ID       string   `json:"id"`
	ParentID string   `json:"parent_id" doc:"empty: at the top"`
	Name     string   `json:"name"`
	AddedBy  ident.By `json:"added_by"`
	Gone     Deletion `json:"-"`
}

// Deletion says when and by whom something was deleted; the zero value: it was
// not. What is deleted in one act has one batch and comes back together.
type Deletion struct {
	Batch string
	AtMS  int64
	By    string // id of the person
}

// Play is what a player opens.
type Play struct {
	Kind MediaKind `json:"kind" enum:"file,hls,flv,dash"`
	URL  string    `json:"url" doc:"absolute, or a path on this server"`
	// Fallback is tried when a browser cannot fetch URL itself.
	Fallback string `json:"fallback_url,omitempty" doc:"a path on this server, for when the browser cannot fetch url"`
	HLS      string `json:"hls_url,omitempty" doc:"the same as HLS, for browsers that cannot play the other"`
}

// Playlist is the whole list with the version it has, items by position.
// Gone… is what can still be brought back; only ChangePlaylist reads it.
type Playlist struct {
	Version     int64
	Items       []Item
	Folders     []Folder
	GoneItems   []Item
	GoneFolders []Folder
}

// Limits of a list.
const (
	MaxAdd         = 100    // items one command may add
	MaxImport      = 1000   // items one import may add
	MaxItems       = 10_000 // items a room holds
	maxFolders     = 500
	maxFolderDepth = 8
	MaxFolderName  = 100
	// PositionStep leaves room between neighbours: thirty halvings, so that
	// one item can be moved without touching the others.
	PositionStep = 1 << 30
	// maxPosition keeps every position exact in a browser's numbers.
	maxPosition = 1 << 52
)

// Item finds one of the list.
func (l Playlist) Item(id string) (Item, bool) {
	i := slices.IndexFunc(l.Items, func(it Item) bool { return it.ID == id })
	if i < 0 {
		return Item{}, false
	}
	return l.Items[i], true
}

// Folder finds one of the list.
func (l Playlist) Folder(id string) (Folder, bool) {
	i := slices.IndexFunc(l.Folders, func(f Folder) bool { return f.ID == id })
	if i < 0 {
		return Folder{}, false
	}
	return l.Folders[i], true
}

// in lists the items of one folder in order.
func (l Playlist) in(folderID string) []Item {
	var items []Item
	for _, it := range l.Items {
		if it.FolderID == folderID {
			items = append(items, it)
		}
	}
	return items
}

// Below lists folders with everything in them, however deep.
func (l Playlist) Below(folderIDs []string) (items []Item, folders []Folder) {
	in := map[string]bool{}
	for _, id := range folderIDs {
		in[id] = true
	}
	for grown := true; grown; { // parents may follow their children in the list
		grown = false
		for _, f := range l.Folders {
			if in[f.ParentID] && !in[f.ID] {
				in[f.ID], grown = true, true
			}
		}
	}
	for _, f := range l.Folders {
		if in[f.ID] {
			folders = append(folders, f)
		}
	}
	for _, it := range l.Items {
		if in[it.FolderID] {
			items = append(items, it)
		}
	}
	return items, folders
}

// Neighbour finds the item one step after (or before) another in its folder.
// With nothing current the next one is the first at the top.
func (l Playlist) Neighbour(itemID string, step int) (Item, bool) {
	current, known := l.Item(itemID)
	if !known && step < 0 {
		return Item{}, false
	}
	items := l.in(current.FolderID)
	i := slices.IndexFunc(items, func(it Item) bool { return it.ID == itemID }) + step
	if !known {
		i = 0
	}
	if i < 0 || i >= len(items) {
		return Item{}, false
	}
	return items[i], true
}

// ErrItemNotFound says that a list has no such item.
var ErrItemNotFound = problem.New(problem.NotFound, "item_not_found", "There is no such item in the playlist.")

// MaxTitle is the length of a title in characters.
const MaxTitle = 200
