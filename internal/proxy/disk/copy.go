package disk

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"synctv/internal/guard"
)

// errShort is a reel that is shorter than it should be: it is fetched again.
var errShort = errors.New("a piece on disk is shorter than it was")

// maxOpens is how often a slice that is dropped again and again is asked for.
const maxOpens = 5

// Copy writes bytes from (inclusive) to (exclusive) of a file. Each piece goes
// from a file to w by io.CopyN, which is sendfile(2) if w is a socket's writer.
// before is asked before each piece, of 2 MiB while it is fetched and of up to 16
// from disk, and may end the copy.
func (c *Cache) Copy(ctx context.Context, w io.Writer, o Origin, file File, from, to int64, before func(n int64) error) error {
	if file.serial {
		release, err := c.hold(o, file, from, to)
		if err != nil {
			return err
		}
		defer release()
	}
	asked, opens := from, 0
	for from < to {
		if err := ctx.Err(); err != nil {
			return err
		}
		r, next := c.find(file, from/SliceSize)
		end := min(to, max(next, from/SliceSize+1)*SliceSize)
		if end > asked {
			if err := before(end - asked); err != nil {
				return err
			}
			asked = end
		}
		at, err := c.piece(ctx, w, o, file, r, from, end)
		if err != nil {
			return err
		}
		if opens++; at > from {
			opens = 0
		}
		if from = at; opens == maxOpens {
			return guard.ErrFailed.Because(errors.New("a slice is dropped as fast as it comes"))
		}
	}
	return nil
}

// piece copies from the reel that holds it, or, if that is nil, from a slice while
// it comes. It may come less far than to without an error: then it is to be found
// anew.
func (c *Cache) piece(ctx context.Context, w io.Writer, o Origin, file File, r *reel, from, to int64) (int64, error) {
	if r == nil {
		c.misses.Add(1)
		return c.follow(ctx, w, o, file, from, to)
	}
	c.hits.Add((to-1)/SliceSize - from/SliceSize + 1)
	at, err := c.send(w, r, from, to)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errShort) {
		c.lost(r)
		return at, nil
	}
	return at, err
}

// send copies from a reel, and gives how far it came.
func (c *Cache) send(w io.Writer, r *reel, from, to int64) (int64, error) {
	f, err := r.open(from)
	if err != nil {
		return from, err
	}
	defer func() { _ = f.Close() }()
	n, err := io.CopyN(w, f, to-from)
	c.fromDisk.Add(n)
	if errors.Is(err, io.EOF) {
		err = errShort
	}
	return from + n, err
}

// open is the reel's file at a place in the film.
func (r *reel) open(at int64) (*os.File, error) {
	f, err := os.Open(r.path)
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(at%reelSize, io.SeekStart); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// follow copies from a slice that is being fetched. It may come less far than
// to without an error when the slice is complete: the rest is found on disk.
func (c *Cache) follow(ctx context.Context, w io.Writer, o Origin, file File, from, to int64) (int64, error) {
	n := from / SliceSize
	fl, err := c.join(o, file, n)
	if err != nil || fl == nil {
		return from, err
	}
	defer c.leave(fl)
	base := n * SliceSize
	have, _, err := fl.await(ctx, from-base)
	if err != nil || have <= from-base {
		return from, err
	}
	f, err := fl.reel.open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return from, nil // dropped: whoever asks again begins anew
	}
	if err != nil {
		return from, err
	}
	defer func() { _ = f.Close() }()
	for from < to {
		have, done, err := fl.await(ctx, from-base)
		if have <= from-base {
			if done && err == nil {
				return from, nil
			}
			return from, err
		}
		sent, err := io.CopyN(w, f, min(base+have, to)-from)
		from += sent
		if err != nil {
			return from, err
		}
	}
	return from, nil
}
