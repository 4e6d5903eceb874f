package disk

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"synctv/internal/guard"
)

// errShort is a slice file shorter than it should be: it is fetched again.
var errShort = errors.New("a slice is shorter than it was")

// maxOpens is how often a slice that is dropped again and again is asked for.
const maxOpens = 5

// Copy writes bytes from (inclusive) to (exclusive) of a file. Each piece goes
// from a file to w by io.CopyN, which is sendfile(2) if w is a socket's writer.
// before is asked before each piece of up to 2 MiB and may end the copy.
func (c *Cache) Copy(ctx context.Context, w io.Writer, o Origin, file File, from, to int64, before func(n int64) error) error {
	if file.serial {
		release, err := c.hold(o, file, from, to)
		if err != nil {
			return err
		}
		defer release()
	}
	for from < to {
		n := from / SliceSize
		end := min(to, (n+1)*SliceSize)
		if err := before(end - from); err != nil {
			return err
		}
		if err := c.slice(ctx, w, o, file, n, from-n*SliceSize, end-n*SliceSize); err != nil {
			return err
		}
		from = end
	}
	return nil
}

// slice copies a part of one slice, from disk or while it comes.
func (c *Cache) slice(ctx context.Context, w io.Writer, o Origin, file File, n, from, to int64) error {
	for range maxOpens {
		if err := ctx.Err(); err != nil {
			return err
		}
		var at int64
		var err error
		if path, ok := c.find(file.key(n)); ok {
			c.hits.Add(1)
			at, err = c.send(w, path, from, to)
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errShort) {
				c.lost(file.key(n))
				from = at
				continue
			}
		} else {
			c.misses.Add(1)
			at, err = c.follow(ctx, w, o, file, n, from, to)
		}
		if err != nil || at == to {
			return err
		}
		from = at // the fill ended between two looks; the file is there now
	}
	return guard.ErrFailed.Because(errors.New("a slice is dropped as fast as it comes"))
}

// send copies from a file, and gives how far it came.
func (c *Cache) send(w io.Writer, path string, from, to int64) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return from, err
	}
	defer func() { _ = f.Close() }()
	if from > 0 {
		if _, err := f.Seek(from, io.SeekStart); err != nil {
			return from, err
		}
	}
	n, err := io.CopyN(w, f, to-from)
	c.fromDisk.Add(n)
	if errors.Is(err, io.EOF) {
		err = errShort
	}
	return from + n, err
}

// follow copies from a slice that is being fetched. It may come less far than
// to without an error when the slice is complete: the rest is found on disk.
func (c *Cache) follow(ctx context.Context, w io.Writer, o Origin, file File, n, from, to int64) (int64, error) {
	fl, err := c.join(o, file, n)
	if err != nil || fl == nil {
		return from, err
	}
	defer c.leave(fl)
	if _, _, err := fl.await(ctx, from); err != nil {
		return from, err
	}
	f, err := os.Open(fl.part)
	if errors.Is(err, fs.ErrNotExist) {
		_, _, err := fl.await(ctx, SliceSize) // complete and renamed; soon in the books
		return from, err
	}
	if err != nil {
		return from, err
	}
	defer func() { _ = f.Close() }()
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return from, err
	}
	for from < to {
		have, done, err := fl.await(ctx, from)
		if have <= from {
			if done && err == nil {
				return from, nil
			}
			return from, err
		}
		sent, err := io.CopyN(w, f, min(have, to)-from)
		from += sent
		if err != nil {
			return from, err
		}
	}
	return from, nil
}
