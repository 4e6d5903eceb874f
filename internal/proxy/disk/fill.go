package disk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"synctv/internal/guard"
)

// fill fetches one slice into its place in a reel; readers read it while it grows.
type fill struct {
	at     place
	reel   *reel
	size   int64 // of the slice, bytes
	users  int   // guarded by Cache.mu; the last one to leave cancels
	flows  bool  // its flow brings it, whoever leaves
	cancel context.CancelFunc

	mu    sync.Mutex
	grown chan struct{} // guarded by mu; closed and replaced at each piece
	have  int64         // guarded by mu; bytes that have come
	done  bool          // guarded by mu
	err   error         // guarded by mu; why it ended early
}

// join gives the fill of a slice, begun now if there is none, and counts the
// caller among its users; nil when the slice is there already.
func (c *Cache) join(o Origin, file File, n int64) (*fill, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.holds(file, n) {
		return nil, nil //nolint:nilnil // both are an answer: there is nothing to wait for
	}
	f := c.fills[file.place(n)]
	if f == nil {
		if c.closed {
			return nil, context.Canceled
		}
		if file.serial {
			return nil, nil //nolint:nilnil // its flow has ended
		}
		f = c.newFill(file, n)
		var ctx context.Context
		ctx, f.cancel = context.WithCancel(c.ctx)
		c.wg.Go(func() { c.run(ctx, f, o, file, nil) })
	}
	f.users++
	return f, nil
}

// adopt is join for an answer that came already; nil if somebody fetches that
// slice, or everybody has left. Its one user is the look, until handover has
// passed.
func (c *Cache) adopt(ctx context.Context, l *look, file File) *fill {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fills[file.place(0)] != nil || c.holds(file, 0) || ctx.Err() != nil {
		return nil
	}
	f := c.newFill(file, 0)
	f.cancel, f.users, l.adopted = l.cancel, 1, true
	return f
}

// newFill puts a fill into the books; mu is held. One before it that was cancelled
// may still write: the same bytes of the same version to the same place.
func (c *Cache) newFill(file File, n int64) *fill {
	f := &fill{at: file.place(n), reel: c.take(file, n), size: file.length(n), grown: make(chan struct{})}
	c.fills[f.at] = f
	return f
}

// leave: when nobody waits for the slice any more, its fetch ends at once, unless
// all of it is there and only to be filed.
func (c *Cache) leave(f *fill) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.users--; f.users == 0 && !f.flows && !f.complete() {
		f.cancel()
		c.strikeFill(f) // whoever comes now begins anew
	}
}

// run fetches the slice; first is an answer that carries it already.
func (c *Cache) run(ctx context.Context, f *fill, o Origin, file File, first *http.Response) {
	defer f.cancel()
	c.settle(f, file, f.write(func(out io.Writer) error { return c.fetch(ctx, f, out, o, file, first) }))
}

// settle takes a slice that has come into the books, or says why it has not.
func (c *Cache) settle(f *fill, file File, err error) {
	if err == nil {
		c.fetched.Add(1)
	}
	c.filled(f.reel, f.at.n, err)
	if errors.Is(err, errChanged) {
		c.forget(file.id)
	}
	c.mu.Lock()
	c.strikeFill(f)
	c.mu.Unlock()
	f.advance(0, true, err)
}

// strikeFill takes a fill out of the books; mu is held.
func (c *Cache) strikeFill(f *fill) {
	if c.fills[f.at] == f {
		delete(c.fills, f.at)
	}
}

// write has work write the slice to its place, and then marks it as whole. The
// mark comes after the bytes are safe: what a restart finds marked can be sent.
func (f *fill) write(work func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(f.reel.path), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(f.reel.path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = work(io.NewOffsetWriter(out, offset(f.at.n)))
	if err == nil {
		err = kept(out.Sync())
	}
	if err == nil {
		_, err = out.WriteAt([]byte{isWhole}, reelSize+f.at.n%reelSlices)
		err = kept(err)
	}
	return errors.Join(err, kept(out.Close()))
}

// kept says what failed on this machine's disk.
func kept(err error) error {
	if err != nil {
		err = fmt.Errorf("keep a piece of a remote file: %w", err)
	}
	return err
}

// fetch writes the slice, going on where it broke off.
func (c *Cache) fetch(ctx context.Context, f *fill, out io.Writer, o Origin, file File, res *http.Response) (err error) {
	retry := guard.Retry{First: fillPause, Longest: 10 * fillPause}
	for try, got := 1, int64(0); ; try++ {
		if res == nil {
			res, err = c.more(ctx, o, file, f.at.n*SliceSize+got, f.at.n*SliceSize+f.size)
		}
		if err == nil {
			var n int64
			n, err = c.drain(f, out, res.Body, got, f.size-got)
			_ = res.Body.Close()
			got += n
		}
		res = nil
		if got == f.size {
			return nil
		}
		if err == nil {
			err = guard.ErrFailed.Because(io.ErrUnexpectedEOF)
		}
		if try >= fillTries || !guard.Temporary(err) || guard.Wait(ctx, retry.Pause(try)) != nil {
			return err
		}
		err = nil
	}
}

// more requests bytes from (inclusive) to (exclusive) of the very file we know.
func (c *Cache) more(ctx context.Context, o Origin, file File, from, to int64) (*http.Response, error) {
	req, err := request(ctx, o)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", from, to-1))
	if file.ETag != "" {
		req.Header.Set("If-Range", file.ETag)
	} else if file.Modified != "" {
		req.Header.Set("If-Range", file.Modified)
	}
	res, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	err = same(res, file, from, to)
	if err != nil {
		_ = res.Body.Close()
		return nil, err
	}
	return res, nil
}

// same tells whether an answer carries just these bytes of this file.
func same(res *http.Response, file File, from, to int64) error {
	switch res.StatusCode {
	case http.StatusPartialContent:
		r, ok := contentRange(res.Header.Get("Content-Range"))
		if now := fileOf(file.id, r.total, res.Header); !ok || r != (span{from, to, file.Size}) || now.ETag != file.ETag || now.Modified != file.Modified {
			return errChanged
		}
		return nil
	case http.StatusOK:
		if from == 0 && res.ContentLength == file.Size && to == file.Size {
			return nil
		}
		return errChanged
	case http.StatusRequestedRangeNotSatisfiable, http.StatusNotFound, http.StatusGone:
		return errChanged
	}
	return guard.ErrStatus.Because(guard.StatusError{Code: res.StatusCode})
}

// drain copies a body to out, which has pos bytes, and tells the readers at each
// piece. Pieces end at multiples of a buffer's size: sending a file written in
// 64 KiB that did not was seen to cost 14 to 29 % more.
func (c *Cache) drain(f *fill, out io.Writer, body io.Reader, pos, most int64) (got int64, err error) {
	b := c.buffers.Get()
	defer b.Release()
	for got < most {
		room := int64(len(b.Bytes))
		n, err := body.Read(b.Bytes[:min(room-(pos+got)%room, most-got)])
		if n > 0 {
			if _, err := out.Write(b.Bytes[:n]); err != nil {
				return got, kept(err)
			}
			got += int64(n)
			c.fromNet.Add(int64(n))
			f.advance(int64(n), false, nil)
		}
		if errors.Is(err, io.EOF) {
			return got, nil
		}
		if err != nil {
			return got, err
		}
	}
	return got, nil
}

// complete tells that every byte has come.
func (f *fill) complete() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.have == f.size
}

func (f *fill) advance(n int64, done bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.have += n
	f.done, f.err = done, err
	close(f.grown)
	f.grown = make(chan struct{})
}

// await blocks until more than pos bytes are there, or the fill has ended.
func (f *fill) await(ctx context.Context, pos int64) (have int64, done bool, err error) {
	for {
		f.mu.Lock()
		have, done, err = f.have, f.done, f.err
		grown := f.grown
		f.mu.Unlock()
		if have > pos || done {
			return have, done, err
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return 0, false, ctx.Err()
		}
	}
}
