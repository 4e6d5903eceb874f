// Package disk keeps pieces of remote files on this machine's disk: slices of
// 2 MiB, each fetched once however many ask, oldest use dropped first when the
// disk's share is full. It checks with the remote server that what it holds is
// still that server's file. Slices go to sockets from their files, so by
// sendfile(2). It knows nothing of rooms, playlists or who may see what.
package disk

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"synctv/internal/guard"
)

// SliceSize is what one request to a remote server asks for at most.
const SliceSize = 2 << 20

const (
	freshFor  = time.Minute      // a file that was checked is not checked again
	looseFor  = 10 * time.Minute // likewise, if there is nothing to check by
	wholeFor  = time.Minute      // a server without ranges is not asked for them again
	maxKnown  = 10_000           // files known; beyond it those without slices are forgotten
	fillTries = 3                // requests for one slice that breaks off
	fillPause = 200 * time.Millisecond
)

// ErrWhole is for remote files that cannot be kept: the server does not say how
// long they are, or it knows no ranges and half of the disk's share is less.
// They are passed through.
var ErrWhole = errors.New("the file cannot be had in slices")

// errChanged is for a file that is another one since it was opened.
var errChanged = errors.New("the file changed meanwhile")

// Origin is a remote file, the page it is asked for from, and what its server
// wants to be shown: another authorization is another file.
type Origin struct{ URL, Referer, Authorization string }

func (o Origin) id() string {
	name := o.URL
	if o.Authorization != "" {
		name += "\x00" + o.Authorization
	}
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:16])
}

// File is what is known of a remote file. It does not change; another version
// of the file is another File.
type File struct {
	id       string
	mark     string // names this version's slices
	Size     int64
	Type     string // its content type, as the remote server says
	ETag     string
	Modified string // its Last-Modified
	serial   bool   // its server knows no ranges: it comes from its beginning
}

// known is a file and what is held of it.
type known struct {
	file    File
	checked time.Time
	whole   bool // no ranges; file holds nothing
	slices  int
}

// fresh tells that there is no need to ask the remote server.
func (k *known) fresh() bool {
	age := time.Since(k.checked)
	if k.whole {
		return age < wholeFor
	}
	return age < freshFor || k.file.ETag == "" && k.file.Modified == "" && age < looseFor
}

// held is a slice on disk.
type held struct {
	key  string
	file string // the id of its file
	size int64
}

// Cache is safe for concurrent use. Close waits for its fetches.
type Cache struct {
	dir    string
	most   int64
	client *guard.Client
	ctx    context.Context // ends with Close; fetches outlive the requests that began them
	end    context.CancelFunc
	wg     sync.WaitGroup // fetches

	mu     sync.Mutex
	files  map[string]*known        // guarded by mu; by id
	slices map[string]*list.Element // guarded by mu; of held
	lru    *list.List               // guarded by mu; front: used last
	size   int64                    // guarded by mu; bytes of all slices
	fills  map[string]*fill         // guarded by mu
	looks  map[string]*look         // guarded by mu
	flows  map[string]*flow         // guarded by mu; by name of the file
	parts  int64                    // guarded by mu; numbers the files of fills
	closed bool                     // guarded by mu

	hits, misses, filled, evicted, fromDisk, fromNet atomic.Int64
	buffers                                          guard.Buffers
}

// Stats counts slices served from disk (Hits) and fetched or waited for
// (Misses), fetches, evictions, and bytes.
type Stats struct {
	Hits, Misses, Fills, Evictions int64
	BytesFromDisk, BytesFetched    int64
	Bytes, Slices                  int64 // held now
	Buffers                        guard.BuffersStats
}

// Open takes the folder over, with what an earlier run left in it; most is its
// share of the disk in bytes.
func Open(dir string, most int64, client *guard.Client) (*Cache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open the cache of remote media: %w", err)
	}
	c := &Cache{
		dir: dir, most: most, client: client, files: map[string]*known{}, slices: map[string]*list.Element{},
		lru: list.New(), fills: map[string]*fill{}, looks: map[string]*look{}, flows: map[string]*flow{},
	}
	c.ctx, c.end = context.WithCancel(context.Background())
	if err := c.load(); err != nil {
		c.end()
		return nil, fmt.Errorf("open the cache of remote media: %w", err)
	}
	return c, nil
}

// Close ends all fetches and waits for them.
func (c *Cache) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.end()
	c.wg.Wait()
}

// Stats is a snapshot.
func (c *Cache) Stats() Stats {
	c.mu.Lock()
	size, count := c.size, len(c.slices)
	c.mu.Unlock()
	return Stats{
		Hits: c.hits.Load(), Misses: c.misses.Load(), Fills: c.filled.Load(), Evictions: c.evicted.Load(),
		BytesFromDisk: c.fromDisk.Load(), BytesFetched: c.fromNet.Load(), Bytes: size, Slices: int64(count), Buffers: c.buffers.Stats(),
	}
}

// name of this version of the file.
func (f File) name() string { return f.id + "/" + f.mark }

func (f File) key(n int64) string { return f.name() + "." + strconv.FormatInt(n, 10) }

// length of slice n.
func (f File) length(n int64) int64 { return min(SliceSize, f.Size-n*SliceSize) }

func (c *Cache) path(key string) string { return c.dir + "/" + key[:2] + "/" + key }

// find gives the path of a slice that is held, and marks it used.
func (c *Cache) find(key string) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.slices[key]
	if !ok {
		return "", false
	}
	c.lru.MoveToFront(e)
	return c.path(key), true
}

// add takes a slice into the books and drops what no longer fits.
func (c *Cache) add(key, file string, size int64) {
	c.mu.Lock()
	if _, ok := c.slices[key]; !ok {
		c.slices[key] = c.lru.PushFront(held{key, file, size})
		c.size += size
		if k := c.files[file]; k != nil {
			k.slices++
		}
	}
	var gone []string
	for c.size > c.most && c.lru.Len() > 1 {
		gone = append(gone, c.drop(c.lru.Back()))
		c.evicted.Add(1)
	}
	c.mu.Unlock()
	c.remove(gone)
}

// drop takes a slice out of the books; mu is held. Its path is to be removed.
func (c *Cache) drop(e *list.Element) string {
	h, _ := c.lru.Remove(e).(held)
	delete(c.slices, h.key)
	c.size -= h.size
	if k := c.files[h.file]; k != nil {
		k.slices--
	}
	return c.path(h.key)
}

// lost is for a slice whose file is gone from under us.
func (c *Cache) lost(key string) {
	c.mu.Lock()
	var gone []string
	if e, ok := c.slices[key]; ok {
		gone = append(gone, c.drop(e))
	}
	c.mu.Unlock()
	c.remove(gone)
}

// remove deletes files, and the folder of a file of which nothing is left.
// Whoever has one open reads on.
func (c *Cache) remove(paths []string) {
	for _, p := range paths {
		_ = os.Remove(p) // gone already is as good
	}
}

// learn puts a file into the books. Slices of another version are dropped.
func (c *Cache) learn(k *known) {
	c.mu.Lock()
	var gone []string
	if old := c.files[k.file.id]; old != nil {
		if old.file.mark == k.file.mark {
			k.slices = old.slices
		} else {
			gone = c.dropAll(k.file.id)
		}
	}
	c.files[k.file.id] = k
	if len(c.files) > maxKnown {
		for id, old := range c.files {
			if old != nil && old.slices == 0 && id != k.file.id && time.Since(old.checked) > freshFor {
				delete(c.files, id)
				gone = append(gone, filepath.Join(c.dir, id[:2], id, metaName))
			}
		}
	}
	c.mu.Unlock()
	c.remove(gone)
}

// dropAll drops every slice of a file; mu is held.
func (c *Cache) dropAll(id string) (gone []string) {
	for e := c.lru.Front(); e != nil; {
		next := e.Next()
		if h, ok := e.Value.(held); ok && h.file == id {
			gone = append(gone, c.drop(e))
		}
		e = next
	}
	return gone
}

// forget is for a file that turned out to be another one.
func (c *Cache) forget(id string) {
	c.mu.Lock()
	gone := c.dropAll(id)
	delete(c.files, id)
	c.mu.Unlock()
	c.remove(gone)
}
