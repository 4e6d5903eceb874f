package disk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"synctv/internal/guard"
)

// look is a request that finds out about a file; all who ask share it.
type look struct {
	users   int  // guarded by Cache.mu
	adopted bool // guarded by Cache.mu; its answer lives on as a fill
	cancel  context.CancelFunc
	done    chan struct{}
	file    File // valid after done
	err     error
}

// File finds out about a remote file, by asking for its first slice if that is
// not known or was not checked for a minute. ErrWhole when it cannot be had in
// pieces, else errors of guard.
func (c *Cache) File(ctx context.Context, o Origin) (File, error) {
	id := o.id()
	c.mu.Lock()
	old := c.files[id]
	if old != nil && old.fresh() {
		c.mu.Unlock()
		if old.whole {
			return File{}, ErrWhole
		}
		return old.file, nil
	}
	l := c.looks[id]
	if l == nil {
		if c.closed {
			c.mu.Unlock()
			return File{}, context.Canceled
		}
		l = &look{done: make(chan struct{})}
		// The first slice comes with the answer and outlives this look.
		work, cancel := context.WithCancel(c.ctx)
		l.cancel = cancel
		c.looks[id] = l
		c.wg.Go(func() { c.look(work, l, o, old) })
	}
	l.users++
	c.mu.Unlock()
	defer c.leaveLook(id, l)
	select {
	case <-l.done:
		return l.file, l.err
	case <-ctx.Done():
		return File{}, ctx.Err()
	}
}

// handover is how long a slice that came with an answer goes on by itself: who
// asked comes for it next, or has left meanwhile.
const handover = time.Second

// leaveLook ends a request that nobody waits for.
func (c *Cache) leaveLook(id string, l *look) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.users--; l.users > 0 || l.adopted {
		return
	}
	select {
	case <-l.done:
	default:
		l.cancel()
		if c.looks[id] == l {
			delete(c.looks, id)
		}
	}
}

func (c *Cache) look(ctx context.Context, l *look, o Origin, old *known) {
	res, err := c.ask(ctx, o, old)
	var f *fill
	if err == nil {
		l.file, f, err = c.read(ctx, l, o, old, res)
	}
	l.err = err
	c.mu.Lock()
	if c.looks[o.id()] == l {
		delete(c.looks, o.id())
	}
	c.mu.Unlock()
	close(l.done)
	if f != nil {
		time.AfterFunc(handover, func() { c.leave(f) })
		c.run(ctx, f, o, l.file, res)
		return
	}
	if res != nil {
		_ = res.Body.Close()
	}
	l.cancel()
}

// ask requests the first slice, unless the file is still the one we know.
func (c *Cache) ask(ctx context.Context, o Origin, old *known) (*http.Response, error) {
	req, err := request(ctx, o)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Range", fmt.Sprintf("bytes=0-%d", SliceSize-1))
	if old != nil && old.file.ETag != "" {
		req.Header.Set("If-None-Match", old.file.ETag)
	} else if old != nil && old.file.Modified != "" {
		req.Header.Set("If-Modified-Since", old.file.Modified)
	}
	return c.client.Do(req)
}

// read makes a File of an answer, and a fill for its first slice if the answer
// carries it and nobody has it.
func (c *Cache) read(ctx context.Context, l *look, o Origin, old *known, res *http.Response) (File, *fill, error) {
	id := o.id()
	switch {
	case res.StatusCode == http.StatusNotModified && old != nil:
		k := &known{file: old.file, checked: time.Now()}
		c.learn(k)
		return k.file, nil, nil
	case res.StatusCode == http.StatusOK || res.StatusCode == http.StatusPartialContent:
	default:
		return File{}, nil, guard.ErrStatus.Because(guard.StatusError{Code: res.StatusCode})
	}
	size, ranges := total(res)
	if size == 0 || !ranges && size > c.most/2 {
		c.learn(&known{file: File{id: id}, whole: true, checked: time.Now()})
		return File{}, nil, ErrWhole
	}
	f := fileOf(id, size, res.Header)
	f.serial = !ranges
	if err := c.save(f); err != nil {
		return File{}, nil, fmt.Errorf("remember a remote file: %w", err)
	}
	c.learn(&known{file: f, checked: time.Now()})
	if f.serial {
		return f, nil, nil
	}
	return f, c.adopt(ctx, l, f), nil
}

// total is the length of the file, 0 if it is not known, and whether the server
// sends ranges; a file no longer than a slice needs none.
func total(res *http.Response) (size int64, ranges bool) {
	if coding := res.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return 0, false
	}
	if res.StatusCode == http.StatusOK {
		n := max(res.ContentLength, 0)
		return n, n <= SliceSize
	}
	r, ok := contentRange(res.Header.Get("Content-Range"))
	if !ok || r.from != 0 || r.to != min(SliceSize, r.total) {
		return 0, false
	}
	return r.total, true
}

// span is bytes from (inclusive) to (exclusive) of total.
type span struct{ from, to, total int64 }

// contentRange reads "bytes 0-99/200".
func contentRange(s string) (span, bool) {
	rest, ok := strings.CutPrefix(s, "bytes ")
	ends, all, ok2 := strings.Cut(rest, "/")
	first, last, ok3 := strings.Cut(ends, "-")
	from, err1 := strconv.ParseInt(first, 10, 64)
	to, err2 := strconv.ParseInt(last, 10, 64)
	n, err3 := strconv.ParseInt(all, 10, 64)
	if err := errors.Join(err1, err2, err3); err != nil || !ok || !ok2 || !ok3 || from < 0 || to < from || to >= n {
		return span{}, false
	}
	return span{from, to + 1, n}, true
}

func fileOf(id string, size int64, h http.Header) File {
	f := File{id: id, Size: size, Type: h.Get("Content-Type"), Modified: h.Get("Last-Modified")}
	// A weak validator promises the same film, not the same bytes.
	if tag := h.Get("ETag"); !strings.HasPrefix(tag, "W/") {
		f.ETag = tag
	}
	version := f.ETag + "\n" + f.Modified
	if f.ETag == "" && f.Modified == "" {
		version = rand.Text() // nothing to check by: each look is another version
	}
	sum := sha256.Sum256([]byte(version + "\n" + strconv.FormatInt(size, 10)))
	f.mark = hex.EncodeToString(sum[:6])
	return f
}

func request(ctx context.Context, o Origin) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, o.URL, nil)
	if err != nil {
		return nil, guard.ErrRefused.Because(errors.New("the address cannot be read"))
	}
	if o.Referer != "" {
		req.Header.Set("Referer", o.Referer)
	}
	if o.Authorization != "" {
		req.Header.Set("Authorization", o.Authorization)
	}
	return req, nil
}
