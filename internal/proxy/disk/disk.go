// Package disk keeps pieces of remote files on this machine's disk: slices of
// 2 MiB, each fetched once however many ask. Neighbours lie side by side in one
// file, a reel, so that one sendfile(2) takes several to a socket; reels are
// dropped, oldest use first, when the disk's share is full. It checks with the
// remote server that what it holds is still that server's file. It knows nothing
// of rooms, playlists or who may see what.
package disk

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
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
	reels   int
}

// fresh tells that there is no need to ask the remote server.
func (k *known) fresh() bool {
	age := time.Since(k.checked)
	if k.whole {
		return age < wholeFor
	}
	return age < freshFor || k.file.ETag == "" && k.file.Modified == "" && age < looseFor
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
	files  map[string]*known       // guarded by mu; by id
	reels  map[place]*list.Element // guarded by mu; of *reel; by their first slice
	lru    *list.List              // guarded by mu; front: used last
	size   int64                   // guarded by mu; bytes that all reels take
	fills  map[place]*fill         // guarded by mu
	looks  map[string]*look        // guarded by mu
	flows  map[string]*flow        // guarded by mu; by name of the file
	closed bool                    // guarded by mu

	hits, misses, fetched, evicted, fromDisk, fromNet atomic.Int64
	buffers                                           guard.Buffers
}

// Stats counts slices served from disk (Hits) and fetched or waited for
// (Misses), fetches, evictions of slices, and bytes.
type Stats struct {
	Hits, Misses, Fills, Evictions int64
	BytesFromDisk, BytesFetched    int64
	Bytes, Slices                  int64 // on disk now; slices that are whole
	Buffers                        guard.BuffersStats
}

// Open takes the folder over, with what an earlier run left in it; most is its
// share of the disk in bytes.
func Open(dir string, most int64, client *guard.Client) (*Cache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open the cache of remote media: %w", err)
	}
	c := &Cache{
		dir: dir, most: most, client: client, files: map[string]*known{}, reels: map[place]*list.Element{},
		lru: list.New(), fills: map[place]*fill{}, looks: map[string]*look{}, flows: map[string]*flow{},
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
	size, count := c.size, 0
	for e := c.lru.Front(); e != nil; e = e.Next() {
		count += bits.OnesCount8(reelOf(e).held)
	}
	c.mu.Unlock()
	return Stats{
		Hits: c.hits.Load(), Misses: c.misses.Load(), Fills: c.fetched.Load(), Evictions: c.evicted.Load(),
		BytesFromDisk: c.fromDisk.Load(), BytesFetched: c.fromNet.Load(), Bytes: size, Slices: int64(count), Buffers: c.buffers.Stats(),
	}
}

// name of this version of the file.
func (f File) name() string { return f.id + "/" + f.mark }

// length of slice n.
func (f File) length(n int64) int64 { return min(SliceSize, f.Size-n*SliceSize) }

// learn puts a file into the books. What is held of another version is dropped.
func (c *Cache) learn(k *known) {
	c.mu.Lock()
	var gone []string
	if old := c.files[k.file.id]; old != nil {
		if old.file.mark == k.file.mark {
			k.reels = old.reels
		} else {
			gone = c.dropAll(k.file.id)
		}
	}
	c.files[k.file.id] = k
	if len(c.files) > maxKnown {
		for id, old := range c.files {
			if old != nil && old.reels == 0 && id != k.file.id && time.Since(old.checked) > freshFor {
				delete(c.files, id)
				gone = append(gone, filepath.Join(c.dir, id[:2], id, metaName))
			}
		}
	}
	c.mu.Unlock()
	c.remove(gone)
}

// forget is for a file that turned out to be another one.
func (c *Cache) forget(id string) {
	c.mu.Lock()
	gone := c.dropAll(id)
	delete(c.files, id)
	c.mu.Unlock()
	c.remove(gone)
}
