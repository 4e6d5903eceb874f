package library

import (
	"context"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"synctv/internal/text"
)

// A search walks the folders as they are now, so there is no index that could
// be out of date; it ends at whichever of these comes first.
const (
	maxFound  = 200
	maxLooked = 100_000
	maxSearch = 5 * time.Second
	maxDepth  = 16
)

// Search finds playable files whose path has every word of a query, by folder.
// more tells that it ended before the folders did.
func (l *Library) Search(ctx context.Context, query string) (found []Entry, more bool) {
	words := strings.Fields(text.Fold(query))
	ctx, cancel := context.WithTimeout(ctx, maxSearch)
	defer cancel()
	found = []Entry{}
	looked := 0
	for _, name := range l.names {
		// Errors are folders that went away or may not be read; the rest counts.
		_ = fs.WalkDir(l.roots[name].FS(), ".", func(p string, d fs.DirEntry, err error) error {
			looked++
			switch {
			case ctx.Err() != nil || looked > maxLooked || len(found) == maxFound:
				more = true
				return fs.SkipAll
			case err != nil:
				return nil //nolint:nilerr // this folder is left out
			case p != "." && strings.HasPrefix(d.Name(), "."), d.IsDir() && strings.Count(p, "/") >= maxDepth:
				if d.IsDir() {
					return fs.SkipDir
				}
				return nil
			case !d.IsDir() && matches(text.Fold(name+"/"+p), words):
				found = append(found, listEntries(path.Join(name, path.Dir(p)), []fs.DirEntry{d})...)
			}
			return nil
		})
	}
	return found, more
}

func matches(folded string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(folded, w) {
			return false
		}
	}
	return len(words) > 0
}

// maxPicture is the largest poster that is shown.
const maxPicture = 4 << 20

// Picture is the poster beside a film, with its content type; ErrNotFound when
// there is none.
func (l *Library) Picture(film string) (picture []byte, kind string, err error) {
	root, rest, err := l.locate(film)
	if err != nil {
		return nil, "", err
	}
	dir, stem := path.Dir(rest), strings.TrimSuffix(path.Base(rest), path.Ext(rest))
	for _, name := range []string{stem, stem + "-poster", "poster", "folder", "cover"} {
		for ext, kind := range map[string]string{".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"} {
			p := path.Join(dir, name+ext)
			info, err := root.Lstat(p)
			if err != nil || !info.Mode().IsRegular() || info.Size() > maxPicture {
				continue
			}
			f, err := root.Open(p)
			if err != nil {
				continue
			}
			picture, err := io.ReadAll(io.LimitReader(f, maxPicture))
			_ = f.Close() // only read
			if err == nil {
				return picture, kind, nil
			}
		}
	}
	return nil, "", ErrNotFound
}
