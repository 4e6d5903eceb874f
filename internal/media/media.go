// Package media is what can be played: for each kind of source it says what an
// address or a path is and how a player opens it. It knows the sources in its
// folders and the room's types; it stores nothing and opens no sockets.
package media

import (
	"context"
	"os"

	"synctv/internal/media/direct"
	"synctv/internal/media/ffmpeg"
	"synctv/internal/media/library"
	"synctv/internal/media/source"
	"synctv/internal/problem"
	"synctv/internal/room"
	"synctv/internal/screen"
)

// Catalog knows all sources. It implements room.Media.
type Catalog struct {
	Library *library.Library
	// AnyoneBrowses lets every signed-in person look through the library and
	// add from it; else only platform admins may.
	AnyoneBrowses bool
	// Proxy: what is at an address can also come through this server.
	Proxy bool
	// Linked is what people linked to their accounts.
	Linked *source.Service
	// Tools look into files; not installed, or nil: nothing is known of them
	// but their names.
	Tools *ffmpeg.Tools
	// Base is the path that this server's own paths begin with; empty: none.
	Base string

	films films // what they found
}

// ErrLibraryForbidden is for people who may not look through the library.
var ErrLibraryForbidden = problem.New(problem.Forbidden, "library_forbidden", "You may not browse this server's library.")

// MayBrowse tells whether a person may look through the library.
func (c *Catalog) MayBrowse(who room.Person) bool {
	if c.Library.Empty() {
		return false
	}
	return who.GlobalAdmin || c.AnyoneBrowses && who.Kind == room.KindUser && !who.Restricted
}

// Browse lists a folder of the library.
func (c *Catalog) Browse(who room.Person, path string) ([]library.Entry, error) {
	if !c.MayBrowse(who) {
		return nil, ErrLibraryForbidden
	}
	return c.Library.List(path)
}

// Describe implements room.Media.
func (c *Catalog) Describe(ctx context.Context, who room.Person, n room.NewItem) (room.Description, error) {
	switch {
	case n.SourceID != "":
		if !c.Proxy || who.Kind != room.KindUser {
			return room.Description{}, source.ErrUnlinked
		}
		return c.Linked.Describe(ctx, who.ID, n.SourceID, n.SourcePath)
	case n.LibraryPath == "":
		return direct.Describe(n, c.Proxy)
	}
	if !c.MayBrowse(who) {
		return room.Description{}, ErrLibraryForbidden
	}
	d, err := c.Library.Describe(n.LibraryPath)
	if err != nil {
		return d, err
	}
	return c.measured(ctx, d), nil
}

// Play implements room.Media. What this server serves itself is a path below
// the room's address, which is where the room's cookies reach.
func (c *Catalog) Play(it screen.Item) screen.Play {
	base := c.Base + "/api/rooms/" + it.RoomID
	switch it.Source.Type {
	case screen.SourceDirect:
		return c.playDirect(it, base+"/items/"+it.ID+"/proxy/"+ProxyName(it))
	case screen.SourceLibrary:
		return screen.Play{Kind: screen.KindFile, URL: base + "/items/" + it.ID + "/media"}
	case screen.SourceLinked:
		return screen.Play{Kind: screen.KindFile, URL: base + "/items/" + it.ID + "/proxy/" + ProxyName(it)}
	case screen.SourceLive:
		stream := base + "/live/" + it.Source.Stream
		return screen.Play{Kind: screen.KindFLV, URL: stream + ".flv", HLS: stream + "/index.m3u8"}
	}
	return screen.Play{}
}

// ProxyName is the last part of the path that an item's address is served at.
func ProxyName(it screen.Item) string {
	switch it.Source.Kind {
	case screen.KindHLS:
		return "index.m3u8"
	case screen.KindDASH:
		return "index.mpd"
	case screen.KindFLV:
		return "media.flv"
	case screen.KindFile:
	}
	return "media"
}

// playDirect picks the route of an item with an address.
func (c *Catalog) playDirect(it screen.Item, proxied string) screen.Play {
	p := screen.Play{Kind: it.Source.Kind, URL: it.Source.URL}
	switch {
	case !c.Proxy || it.Source.Route == screen.RouteDirect:
	case it.Source.Route == screen.RouteServer:
		p.URL = proxied
	default:
		p.Fallback = proxied
	}
	return p
}

// Proxied tells whether an item may come through this server.
func (c *Catalog) Proxied(it screen.Item) bool {
	return c.Proxy && (it.Source.Type == screen.SourceLinked || it.Source.Type == screen.SourceDirect && it.Source.Route != screen.RouteDirect)
}

// Entry is one line of a library listing.
type Entry = library.Entry

// Open opens a library item's file; the caller closes it. It is for people who
// are in the item's room, whether they may browse or not.
func (c *Catalog) Open(it screen.Item) (*os.File, error) {
	if it.Source.Type != screen.SourceLibrary {
		return nil, library.ErrNotFound
	}
	return c.Library.Open(it.Source.Path)
}

// ContentType of a library item.
func ContentType(it screen.Item) string { return library.ContentType(it.Source.Path) }
