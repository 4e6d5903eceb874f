package disk

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// On disk a file is a folder: ab/abcdef…/ with file.json and its reels MARK.N.X,
// X being a name that no other one has.
// The address itself is not written down, it may hold secrets.
const metaName = "file.json"

type meta struct {
	Mark     string `json:"mark"`
	Size     int64  `json:"size"`
	Type     string `json:"type"`
	ETag     string `json:"etag"`
	Modified string `json:"modified"`
	Serial   bool   `json:"serial,omitempty"`
}

func (c *Cache) save(f File) error {
	dir := filepath.Join(c.dir, f.id[:2], f.id)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	raw, err := json.Marshal(meta{f.mark, f.Size, f.Type, f.ETag, f.Modified, f.serial})
	if err != nil {
		return err
	}
	// A half-written one after a crash cannot be read and counts for nothing.
	return os.WriteFile(filepath.Join(dir, metaName), raw, 0o600)
}

// load reads what an earlier run left, oldest first, and removes what is half
// written, of another version, or of a file that cannot be checked.
func (c *Cache) load() error {
	type found struct {
		*reel
		file File
		held uint8
		at   time.Time
	}
	var all []found
	err := filepath.WalkDir(c.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			return nil
		}
		k := c.recall(filepath.Base(filepath.Dir(path)))
		if e.Name() == metaName {
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		r := reelAt(path, k)
		if r == nil {
			return os.Remove(path)
		}
		held, err := marks(path)
		if err != nil {
			return err
		}
		all = append(all, found{r, k.file, held, info.ModTime()})
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b found) int { return a.at.Compare(b.at) })
	for _, s := range all {
		c.reload(s.reel, s.file, s.held)
	}
	for id, k := range c.files {
		if k != nil && k.reels > 0 {
			continue
		}
		delete(c.files, id)
		if err := os.RemoveAll(filepath.Join(c.dir, id[:2], id)); err != nil {
			return err
		}
	}
	return nil
}

// reload takes a reel that an earlier run left into the books; one that holds
// nothing goes at once, and so does an older one of the same place.
func (c *Cache) reload(r *reel, file File, held uint8) {
	c.mu.Lock()
	var gone []string
	if e := c.reels[r.at]; e != nil {
		gone = c.drop(reelOf(e))
	}
	c.insert(r)
	for n := r.at.n; n < r.at.n+reelSlices && n*SliceSize < file.Size; n++ {
		if held&bit(n) != 0 {
			r.held |= bit(n)
			c.charge(r, n, file.length(n))
		}
	}
	gone = append(gone, c.settled(r)...)
	c.mu.Unlock()
	c.remove(gone)
}

// recall reads a file's description, once; nil when there is none to trust.
func (c *Cache) recall(id string) *known {
	if k, ok := c.files[id]; ok {
		return k
	}
	if len(id) != 32 {
		return nil // nothing of ours
	}
	raw, err := os.ReadFile(filepath.Join(c.dir, id[:2], id, metaName))
	var m meta
	if errors.Is(err, fs.ErrNotExist) || json.Unmarshal(raw, &m) != nil || m.ETag == "" && m.Modified == "" || m.Mark == "" || m.Size <= 0 {
		c.files[id] = nil
		return nil
	}
	// Not checked since the start: its first reader asks the remote server.
	k := &known{file: File{id: id, mark: m.Mark, Size: m.Size, Type: m.Type, ETag: m.ETag, Modified: m.Modified, serial: m.Serial}}
	c.files[id] = k
	return k
}

// isWhole marks a slice of which every byte is on the disk.
const isWhole = 1

// marks reads which slices of a reel are whole, a bit for each.
func marks(path string) (held uint8, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	var b [reelSlices]byte
	// Behind the last mark the file ends; one that is shorter has none.
	if _, err := f.ReadAt(b[:], reelSize); err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	for n, mark := range b {
		if mark == isWhole {
			held |= bit(int64(n))
		}
	}
	return held, nil
}

// reelAt is the reel that a path is for; nil if it is none of the file's.
func reelAt(path string, k *known) *reel {
	if k == nil {
		return nil
	}
	rest, ok := strings.CutPrefix(filepath.Base(path), k.file.mark+".")
	number, unique, ok2 := strings.Cut(rest, ".")
	n, err := strconv.ParseInt(number, 10, 64)
	if !ok || !ok2 || unique == "" || err != nil || n < 0 || n >= (k.file.Size+reelSize-1)/reelSize {
		return nil
	}
	return &reel{at: k.file.place(n * reelSlices), id: k.file.id, path: path}
}
