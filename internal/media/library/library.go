// Package library is media in folders on the server's disk. Nothing outside
// those folders can be reached, by dots or by symbolic links (os.Root holds
// that at every step). It knows files, no rooms beyond their types, no HTTP.
package library

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"synctv/internal/problem"
	"synctv/internal/room"
	"synctv/internal/screen"
)

// Library is the configured folders. Safe for use from many goroutines.
type Library struct {
	names []string // as configured
	roots map[string]*os.Root
}

// Folder is one configured folder and the name people see.
type Folder struct {
	Name string
	Path string
}

// Entry is one line of a listing.
type Entry struct {
	Name       string `json:"name"`
	Path       string `json:"path" doc:"what to ask for to open or add it"`
	Folder     bool   `json:"folder"`
	Size       int64  `json:"size" doc:"bytes"`
	ModifiedMS int64  `json:"modified_ms"`
}

// The answers to paths that lead nowhere.
var (
	ErrNotFound = problem.New(problem.NotFound, "library_not_found", "There is no such file in the library.")
	ErrPath     = problem.New(problem.Invalid, "path_invalid", "That is not a path in the library.")
)

// maxEntries bounds one listing; a folder beyond it is cut, by name.
const maxEntries = 5000

// Open opens the folders. The caller closes the library.
func Open(folders []Folder) (*Library, error) {
	l := &Library{roots: map[string]*os.Root{}}
	for _, f := range folders {
		if f.Name == "" || strings.ContainsAny(f.Name, `/\`) || l.roots[f.Name] != nil {
			return nil, errors.Join(fmt.Errorf("library folder name %q is empty, taken or has a slash", f.Name), l.Close())
		}
		root, err := os.OpenRoot(f.Path)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open library folder %q: %w", f.Name, err), l.Close())
		}
		l.roots[f.Name] = root
		l.names = append(l.names, f.Name)
	}
	return l, nil
}

// Close lets go of the folders.
func (l *Library) Close() error {
	var errs []error
	for _, r := range l.roots {
		errs = append(errs, r.Close())
	}
	return errors.Join(errs...)
}

// Empty tells whether no folder is configured.
func (l *Library) Empty() bool { return len(l.names) == 0 }

// locate splits a path into its folder and the rest, refusing anything that is
// not a clean path below one.
func (l *Library) locate(p string) (*os.Root, string, error) {
	p = strings.Trim(p, "/")
	if !fs.ValidPath(p) || strings.ContainsAny(p, "\\\x00") {
		return nil, "", ErrPath
	}
	name, rest, _ := strings.Cut(p, "/")
	root, ok := l.roots[name]
	if !ok {
		return nil, "", ErrNotFound
	}
	if rest == "" {
		rest = "."
	}
	return root, rest, nil
}

// List gives the playable files and the folders of a folder, folders first,
// by name. An empty path lists the configured folders.
func (l *Library) List(p string) ([]Entry, error) {
	if strings.Trim(p, "/") == "" {
		entries := make([]Entry, 0, len(l.names))
		for _, n := range l.names {
			entries = append(entries, Entry{Name: n, Path: n, Folder: true})
		}
		return entries, nil
	}
	root, rest, err := l.locate(p)
	if err != nil {
		return nil, err
	}
	dir, err := root.Open(rest)
	if err != nil {
		return nil, ErrNotFound.Because(err)
	}
	defer func() { _ = dir.Close() }()
	found, err := dir.ReadDir(-1)
	if err != nil {
		return nil, ErrNotFound.Because(err)
	}
	return listEntries(strings.Trim(p, "/"), found), nil
}

func listEntries(base string, found []fs.DirEntry) []Entry {
	entries := []Entry{}
	for _, f := range found {
		if strings.HasPrefix(f.Name(), ".") || !f.IsDir() && !playable(f.Name()) {
			continue
		}
		info, err := f.Info()
		if err != nil || !f.IsDir() && !info.Mode().IsRegular() {
			continue // gone meanwhile, or a device, or a link that Open would judge
		}
		e := Entry{Name: f.Name(), Path: path.Join(base, f.Name()), Folder: f.IsDir(), ModifiedMS: info.ModTime().UnixMilli()}
		if !e.Folder {
			e.Size = info.Size()
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b Entry) int {
		if a.Folder != b.Folder {
			return map[bool]int{true: -1, false: 1}[a.Folder]
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return entries[:min(len(entries), maxEntries)]
}

// Describe says what a file is; its title is the name without the ending.
func (l *Library) Describe(p string) (room.Description, error) {
	f, err := l.Open(p)
	if err != nil {
		return room.Description{}, err
	}
	defer func() { _ = f.Close() }()
	base := path.Base(p)
	return room.Description{
		Source: screen.Source{Type: screen.SourceLibrary, Path: strings.Trim(p, "/")},
		Title:  strings.TrimSuffix(base, path.Ext(base)),
	}, nil
}

// Open opens a playable regular file; the caller closes it.
func (l *Library) Open(p string) (*os.File, error) {
	root, rest, err := l.locate(p)
	if err != nil {
		return nil, err
	}
	if !playable(rest) {
		return nil, ErrNotFound
	}
	// What is there is looked at before it is opened: opening a named pipe
	// would wait for its writer.
	info, err := root.Stat(rest)
	if err != nil || !info.Mode().IsRegular() {
		return nil, ErrNotFound.Because(err)
	}
	f, err := root.Open(rest)
	if err != nil {
		return nil, ErrNotFound.Because(err)
	}
	return f, nil
}

// playable goes by the ending: what a browser may be able to play.
func playable(name string) bool { return ContentType(name) != "" }

// ContentType of a playable file by its ending; empty for everything else. The
// system's table is not asked: it differs from machine to machine.
func ContentType(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".mp4", ".m4v":
		return "video/mp4"
	case ".webm":
		return "video/webm"
	case ".mkv":
		return "video/x-matroska"
	case ".mov":
		return "video/quicktime"
	case ".ogv":
		return "video/ogg"
	case ".mp3":
		return "audio/mpeg"
	case ".m4a":
		return "audio/mp4"
	case ".flac":
		return "audio/flac"
	case ".ogg", ".opus":
		return "audio/ogg"
	case ".wav":
		return "audio/wav"
	}
	return ""
}
