package library

import (
	"io"
	"path"
	"slices"
	"strings"

	"synctv/internal/media/subtitle"
)

// maxBeside bounds how many subtitles of one film are listed.
const maxBeside = 64

// Subtitles lists the names of the subtitle files beside a film, by name.
func (l *Library) Subtitles(film string) ([]string, error) {
	root, rest, err := l.locate(film)
	if err != nil {
		return nil, err
	}
	dir, err := root.Open(path.Dir(rest))
	if err != nil {
		return nil, ErrNotFound.Because(err)
	}
	defer func() { _ = dir.Close() }() // only read
	found, err := dir.ReadDir(-1)
	if err != nil {
		return nil, ErrNotFound.Because(err)
	}
	var names []string
	for _, f := range found {
		if f.Type().IsRegular() && subtitle.Beside(path.Base(rest), f.Name()) {
			names = append(names, f.Name())
		}
	}
	slices.Sort(names)
	return names[:min(len(names), maxBeside)], nil
}

// Subtitle reads one of those.
func (l *Library) Subtitle(film, name string) ([]byte, error) {
	root, rest, err := l.locate(film)
	if err != nil {
		return nil, err
	}
	if strings.ContainsAny(name, "/\\\x00") || !subtitle.Beside(path.Base(rest), name) {
		return nil, ErrNotFound
	}
	p := path.Join(path.Dir(rest), name)
	// As with films: what is there is looked at before it is opened.
	info, err := root.Lstat(p)
	if err != nil || !info.Mode().IsRegular() {
		return nil, ErrNotFound.Because(err)
	}
	f, err := root.Open(p)
	if err != nil {
		return nil, ErrNotFound.Because(err)
	}
	defer func() { _ = f.Close() }() // only read
	raw, err := io.ReadAll(io.LimitReader(f, subtitle.MaxBytes+1))
	if err != nil {
		return nil, ErrNotFound.Because(err)
	}
	return raw, nil
}
