package disk

import (
	"container/list"
	"crypto/rand"
	"fmt"
	"math/bits"
	"os"
)

// A reel is reelSlices slices long: as long as one sendfile can be, which costs
// a slice's share of little, and as much as a viewer who pauses keeps on disk of
// a reel that was dropped meanwhile.
const (
	reelSlices = 8
	reelSize   = reelSlices * SliceSize
)

// place is a slice of one version of a file.
type place struct {
	name string // of the version
	n    int64
}

func (f File) place(n int64) place { return place{f.name(), n} }

// reel is a file on disk with holes for what is not held: slice n of its film at
// n modulo reelSlices, and behind the last place a byte for each slice that is
// whole, written when its bytes are safe on the disk. Its path is never used
// again: whoever finds a file there, or has it open, reads what this reel holds.
type reel struct {
	at    place // its first slice
	id    string
	path  string
	held  uint8             // guarded by Cache.mu; a bit for each slice that is whole
	sizes [reelSlices]int64 // guarded by Cache.mu; bytes of each slice that is whole or was begun
	fills int               // guarded by Cache.mu; that write to it
	gone  bool              // guarded by Cache.mu; out of the books
}

// bit of slice n, and where it lies.
func bit(n int64) uint8    { return 1 << (n % reelSlices) }
func offset(n int64) int64 { return n % reelSlices * SliceSize }

func reelOf(e *list.Element) *reel {
	r, _ := e.Value.(*reel)
	return r
}

func (c *Cache) newReel(file File, n int64) *reel {
	at := file.place(n - n%reelSlices)
	return &reel{at: at, id: file.id, path: fmt.Sprintf("%s/%s/%s.%d.%s", c.dir, file.id[:2], at.name, at.n/reelSlices, rand.Text())}
}

// insert puts a reel into the books; mu is held.
func (c *Cache) insert(r *reel) {
	c.reels[r.at] = c.lru.PushFront(r)
	if k := c.files[r.id]; k != nil {
		k.reels++
	}
}

// take is the reel that slice n is to be written to; mu is held. Its bytes count
// from now on until the reel is dropped, whether they come or not.
func (c *Cache) take(file File, n int64) *reel {
	e := c.reels[file.place(n-n%reelSlices)]
	if e == nil {
		c.insert(c.newReel(file, n))
		e = c.lru.Front()
	}
	c.lru.MoveToFront(e)
	r := reelOf(e)
	c.charge(r, n, file.length(n))
	r.fills++
	return r
}

// charge counts the bytes of a slice, once; mu is held.
func (c *Cache) charge(r *reel, n, size int64) {
	if had := &r.sizes[n%reelSlices]; *had == 0 {
		*had = size
		c.size += size
	}
}

// holds tells whether a slice is held; mu is held.
func (c *Cache) holds(file File, n int64) bool {
	e := c.reels[file.place(n-n%reelSlices)]
	return e != nil && reelOf(e).held&bit(n) != 0
}

// find gives the reel that holds slice n, and the first slice after it that the
// reel does not hold; nil if slice n is not held. It counts as a use.
func (c *Cache) find(file File, n int64) (r *reel, end int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.holds(file, n) {
		return nil, n
	}
	e := c.reels[file.place(n-n%reelSlices)]
	c.lru.MoveToFront(e)
	r = reelOf(e)
	return r, n + int64(bits.TrailingZeros8(^(r.held >> (n % reelSlices))))
}

// filled takes a slice into the books, if err is nil.
func (c *Cache) filled(r *reel, n int64, err error) {
	c.mu.Lock()
	r.fills--
	if err == nil {
		r.held |= bit(n)
	}
	gone := c.settled(r)
	c.mu.Unlock()
	c.remove(gone)
}

// settled drops a reel that came to nothing, and what no longer fits: those used
// longest ago that nobody writes to. What it gives is to be removed; mu is held.
func (c *Cache) settled(r *reel) (gone []string) {
	switch {
	case r.gone:
		gone = []string{r.path} // it may have been made after it was removed
	case r.held == 0 && r.fills == 0:
		gone = c.drop(r)
	}
	for e := c.lru.Back(); e != nil && e != c.lru.Front() && c.size > c.most; {
		old := reelOf(e)
		e = e.Prev()
		if old.fills == 0 {
			c.evicted.Add(int64(bits.OnesCount8(old.held)))
			gone = append(gone, c.drop(old)...)
		}
	}
	return gone
}

// drop takes a reel out of the books; mu is held. What it gives is to be removed.
// Whoever comes now for what is being written to it begins anew.
func (c *Cache) drop(r *reel) (gone []string) {
	if r.gone {
		return nil
	}
	r.gone = true
	c.lru.Remove(c.reels[r.at])
	delete(c.reels, r.at)
	for i, size := range r.sizes {
		c.size -= size
		if at := (place{r.at.name, r.at.n + int64(i)}); c.fills[at] != nil {
			delete(c.fills, at)
		}
	}
	if k := c.files[r.id]; k != nil {
		k.reels--
	}
	return []string{r.path}
}

// dropAll drops every reel of a file; mu is held.
func (c *Cache) dropAll(id string) (gone []string) {
	for e := c.lru.Front(); e != nil; {
		r := reelOf(e)
		e = e.Next()
		if r.id == id {
			gone = append(gone, c.drop(r)...)
		}
	}
	return gone
}

// lost is for a reel that is not what it was.
func (c *Cache) lost(r *reel) {
	c.mu.Lock()
	gone := c.drop(r)
	c.mu.Unlock()
	c.remove(gone)
}

// remove deletes files. Whoever has one open reads on.
func (c *Cache) remove(paths []string) {
	for _, p := range paths {
		_ = os.Remove(p) // gone already is as good
	}
}
