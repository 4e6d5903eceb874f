package disk

import (
	"context"
	"io"
	"net/http"

	"synctv/internal/guard"
)

// flow fetches a file whose server knows no ranges: once from its beginning to
// its end, slice after slice, for all who read it meanwhile.
type flow struct {
	users  int // guarded by Cache.mu; the last one to leave ends it
	cancel context.CancelFunc
	fills  []*fill // of the slices that were missing, in order
}

// hold keeps the flow of a file going, begun now if a slice between from and to
// is missing, until release is called.
func (c *Cache) hold(o Origin, file File, from, to int64) (release func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fl := c.flows[file.name()]
	if fl == nil {
		if !c.lacks(file, from, to) {
			return func() {}, nil
		}
		if c.closed {
			return nil, context.Canceled
		}
		fl = &flow{}
		for n := int64(0); n*SliceSize < file.Size; n++ {
			if !c.holds(file, n) && c.fills[file.place(n)] == nil {
				f := c.newFill(file, n)
				f.flows = true
				fl.fills = append(fl.fills, f)
			}
		}
		var ctx context.Context
		ctx, fl.cancel = context.WithCancel(c.ctx)
		c.flows[file.name()] = fl
		c.wg.Go(func() { c.flow(ctx, fl, o, file) })
	}
	fl.users++
	return func() { c.letGo(file, fl) }, nil
}

// lacks tells whether a slice between two places has not come; mu is held.
func (c *Cache) lacks(file File, from, to int64) bool {
	for n := from / SliceSize; n*SliceSize < to; n++ {
		if f := c.fills[file.place(n)]; !c.holds(file, n) && (f == nil || !f.complete()) {
			return true
		}
	}
	return false
}

// letGo: when nobody reads the file any more, its fetch ends at once.
func (c *Cache) letGo(file File, fl *flow) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if fl.users--; fl.users == 0 {
		fl.cancel()
		c.strike(file, fl)
	}
}

// strike takes a flow out of the books, and its slices that have not come; mu
// is held. Whoever comes now begins anew.
func (c *Cache) strike(file File, fl *flow) {
	if c.flows[file.name()] == fl {
		delete(c.flows, file.name())
	}
	for _, f := range fl.fills {
		if !f.complete() {
			c.strikeFill(f)
		}
	}
}

// flow fetches the file and files its slices.
func (c *Cache) flow(ctx context.Context, fl *flow, o Origin, file File) {
	defer fl.cancel()
	res, err := c.askWhole(ctx, o, file)
	if err == nil {
		defer func() { _ = res.Body.Close() }()
	}
	at := int64(0)
	for _, f := range fl.fills {
		if err == nil {
			err = f.write(func(out io.Writer) error { return c.pour(f, out, res.Body, f.at.n*SliceSize-at) })
			at = f.at.n*SliceSize + f.size
		}
		c.settle(f, file, err)
	}
	c.mu.Lock()
	c.strike(file, fl)
	c.mu.Unlock()
}

// askWhole requests the whole of the very file we know.
func (c *Cache) askWhole(ctx context.Context, o Origin, file File) (*http.Response, error) {
	req, err := request(ctx, o)
	if err != nil {
		return nil, err
	}
	res, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	now := fileOf(file.id, res.ContentLength, res.Header)
	switch {
	case res.StatusCode != http.StatusOK:
		err = guard.ErrStatus.Because(guard.StatusError{Code: res.StatusCode})
	case now.Size != file.Size || now.ETag != file.ETag || now.Modified != file.Modified:
		err = errChanged
	}
	if err != nil {
		_ = res.Body.Close()
		return nil, err
	}
	return res, nil
}

// pour writes one slice from a body; what is before it is on disk already.
func (c *Cache) pour(f *fill, out io.Writer, body io.Reader, before int64) error {
	if _, err := io.CopyN(io.Discard, body, before); err != nil {
		return guard.ErrFailed.Because(err)
	}
	got, err := c.drain(f, out, body, 0, f.size)
	if err == nil && got < f.size {
		err = guard.ErrFailed.Because(io.ErrUnexpectedEOF)
	}
	return err
}
