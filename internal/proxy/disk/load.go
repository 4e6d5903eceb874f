package disk

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// On disk a file is a folder: ab/abcdef…/ with file.json and its slices MARK.N.
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
		held
		at time.Time
	}
	var all []found
	err := filepath.WalkDir(c.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			return nil
		}
		if e.Name() == metaName {
			c.recall(filepath.Base(filepath.Dir(path)))
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		id := filepath.Base(filepath.Dir(path))
		k := c.recall(id)
		n, ok := sliceNumber(e.Name(), k)
		if !ok || info.Size() != k.file.length(n) {
			return os.Remove(path)
		}
		all = append(all, found{held{k.file.key(n), id, info.Size()}, info.ModTime()})
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b found) int { return a.at.Compare(b.at) })
	for _, s := range all {
		c.add(s.key, s.file, s.size)
	}
	for id, k := range c.files {
		if k != nil && k.slices > 0 {
			continue
		}
		delete(c.files, id)
		if err := os.RemoveAll(filepath.Join(c.dir, id[:2], id)); err != nil {
			return err
		}
	}
	return nil
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

func sliceNumber(name string, k *known) (int64, bool) {
	if k == nil {
		return 0, false
	}
	rest, ok := strings.CutPrefix(name, k.file.mark+".")
	n, err := strconv.ParseInt(rest, 10, 64)
	return n, ok && err == nil && n >= 0 && n*SliceSize < k.file.Size
}
