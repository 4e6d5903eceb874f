package media

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"path"
	"strings"

	"synctv/internal/caption"
	"synctv/internal/media/subtitle"
	"synctv/internal/screen"
)

// Captions implements caption.Films: the files beside a film
// of the library, and the text tracks inside it.
func (c *Catalog) Captions(ctx context.Context, it screen.Item) ([]caption.Track, error) {
	if it.Source.Type != screen.SourceLibrary {
		return nil, nil
	}
	names, err := c.Library.Subtitles(it.Source.Path)
	if err != nil {
		return nil, nil //nolint:nilerr // the film is gone, which its player will say; others' tracks are still there
	}
	tracks := make([]caption.Track, 0, len(names))
	for _, name := range names {
		tracks = append(tracks, beside(it, name))
	}
	return append(tracks, c.embedded(ctx, it)...), nil
}

// beside describes a file; its format shows in its name until it is read.
func beside(it screen.Item, name string) caption.Track {
	label, language := subtitle.Name(path.Base(it.Source.Path), name)
	format := subtitle.VTT
	if e := path.Ext(name); e == ".ass" || e == ".ssa" {
		format = subtitle.ASS
	}
	return caption.Track{ID: besideID(name), Label: label, Language: language, Format: format, Origin: caption.Beside}
}

// besideID stays the same as long as the file's name does, so that a viewer's
// choice is found again.
func besideID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "f-" + base64.RawURLEncoding.EncodeToString(sum[:9])
}

// Caption implements caption.Films.
func (c *Catalog) Caption(ctx context.Context, it screen.Item, id string) (subtitle.Track, error) {
	if it.Source.Type != screen.SourceLibrary {
		return subtitle.Track{}, caption.ErrNotFound
	}
	if strings.HasPrefix(id, embeddedID) {
		return c.extracted(ctx, it, id)
	}
	names, err := c.Library.Subtitles(it.Source.Path)
	if err != nil {
		return subtitle.Track{}, err
	}
	for _, name := range names {
		if besideID(name) != id {
			continue
		}
		raw, err := c.Library.Subtitle(it.Source.Path, name)
		if err != nil {
			return subtitle.Track{}, err
		}
		return subtitle.Read(raw)
	}
	return subtitle.Track{}, caption.ErrNotFound
}
