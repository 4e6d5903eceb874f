// Package direct is media at an address: what the browser fetches itself, and
// live streams that it cannot play from there and this server fetches. It reads
// the address only; nothing is fetched here.
package direct

import (
	"net/url"
	"path"
	"strings"

	"synctv/internal/ident"
	"synctv/internal/problem"
	"synctv/internal/room"
	"synctv/internal/screen"
)

// maxURL is what browsers and proxies agree to carry.
const maxURL = 2048

// ErrUnsupported is for addresses no player of ours opens.
var ErrUnsupported = problem.New(problem.Invalid, "source_unsupported", "This is not an address that can be played: it must be http, https, rtmp or rtmps.")

// Describe reads an address. The title is the file's name. Live streams that
// are not playlists become streams of this server, if it fetches any.
func Describe(n room.NewItem, fetches bool) (room.Description, error) {
	raw := strings.TrimSpace(n.URL)
	u, err := url.Parse(raw)
	switch {
	case err != nil || len(raw) > maxURL || u.Host == "" || u.Opaque != "":
		return room.Description{}, ErrUnsupported
	case u.Scheme != "http" && u.Scheme != "https" && (!isRTMP(u) || !fetches):
		return room.Description{}, ErrUnsupported
	case u.User != nil:
		// Everybody in the room would see the password.
		return room.Description{}, problem.New(problem.Invalid, "source_unsupported", "An address with a name and password in it would show them to everybody.")
	}
	title := path.Base(u.Path)
	if title == "/" || title == "." {
		title = u.Hostname()
	}
	kind := n.Kind
	if kind == "" {
		kind = kindOf(u.Path)
	}
	d := room.Description{
		Source: screen.Source{Type: screen.SourceDirect, URL: u.String(), Kind: kind},
		Title:  strings.TrimSuffix(title, path.Ext(title)), Live: n.Live, DurationS: n.DurationS,
	}
	if isRTMP(u) || n.Live && fetches && kind == screen.KindFLV {
		d.Source, d.Live = screen.Source{Type: screen.SourceLive, URL: u.String(), Stream: ident.New()}, true
	}
	if d.Live {
		d.DurationS = 0
	}
	return d, nil
}

func isRTMP(u *url.URL) bool { return u.Scheme == "rtmp" || u.Scheme == "rtmps" }

func kindOf(p string) screen.MediaKind {
	switch strings.ToLower(path.Ext(p)) {
	case ".m3u8":
		return screen.KindHLS
	case ".mpd":
		return screen.KindDASH
	case ".flv":
		return screen.KindFLV
	}
	return screen.KindFile
}
