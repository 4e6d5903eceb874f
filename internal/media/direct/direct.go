// Package direct is media at an address the browser fetches itself. It reads
// the address only; nothing is fetched here.
package direct

import (
	"net/url"
	"path"
	"strings"

	"synctv/internal/problem"
	"synctv/internal/room"
	"synctv/internal/screen"
)

// maxURL is what browsers and proxies agree to carry.
const maxURL = 2048

// ErrUnsupported is for addresses no player of ours opens.
var ErrUnsupported = problem.New(problem.Invalid, "source_unsupported", "This is not an address that can be played: it must be http or https.")

// Describe reads an address. The title is the file's name.
func Describe(raw string) (room.Description, error) {
	raw = strings.TrimSpace(raw)
	u, err := url.Parse(raw)
	switch {
	case err != nil || len(raw) > maxURL || u.Host == "" || u.Opaque != "":
		return room.Description{}, ErrUnsupported
	case u.Scheme != "http" && u.Scheme != "https":
		return room.Description{}, ErrUnsupported
	case u.User != nil:
		// Everybody in the room would see the password.
		return room.Description{}, problem.New(problem.Invalid, "source_unsupported", "An address with a name and password in it would show them to everybody.")
	}
	title := path.Base(u.Path)
	if title == "/" || title == "." {
		title = u.Hostname()
	}
	return room.Description{
		Source: screen.Source{Type: screen.SourceDirect, URL: u.String(), Kind: kindOf(u.Path)},
		Title:  strings.TrimSuffix(title, path.Ext(title)),
	}, nil
}

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
