package rtmp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"synctv/internal/live"
	"synctv/internal/live/flv"
	"synctv/internal/live/rtmp/chunk"
	"synctv/internal/live/streamlog"
)

const (
	playChunk = 65536     // large, so that a picture is one chunk
	playWrite = 128 << 10 // bytes of a stream given to a player at once
	playStall = 10 * time.Second
)

// Fixed chunk streams, one for each kind of message.
func playStream(t flv.Type) uint32 {
	switch t {
	case flv.Audio:
		return 4
	case flv.Video:
		return 6
	}
	return 5
}

// play sends a stream until it or the player ends. It is for tools; browsers
// have better ways, and those cost less: each player's bytes are made anew.
func (c *session) play(stream uint32, name string) error {
	if c.query == nil || c.pub != nil {
		return fmt.Errorf("%w: play out of order", errProtocol)
	}
	v, err := c.openStream(name)
	if err != nil {
		_ = c.status(stream, "error", "NetStream.Play.StreamNotFound", "There is no such stream to play.")
		return errPlay
	}
	defer v.Leave()
	if !c.server.enterPlay(c.host, c.limits) {
		_ = c.status(stream, "error", "NetStream.Play.Failed", "There are too many players.")
		return errPlay
	}
	defer c.server.leavePlay(c.host)
	c.settled()
	if err := c.beginPlay(stream); err != nil {
		return err
	}
	ctx, stop := c.listen()
	defer stop()
	return c.perform(ctx, v, stream)
}

// openStream asks the gallery.
func (c *session) openStream(name string) (*live.Viewer, error) {
	if c.server.Gallery == nil {
		return nil, live.ErrOffline
	}
	req := Request{App: c.app, Query: c.query, Remote: c.remote}
	req.Name, _ = split(name)
	ctx, cancel := context.WithTimeout(c.ctx, c.limits.Publish)
	defer cancel()
	return c.server.Gallery.Open(ctx, req)
}

func (c *session) beginPlay(stream uint32) error {
	return errors.Join(
		c.out.SetSize(playChunk), c.user(eventStreamBegin, stream),
		c.status(stream, "status", "NetStream.Play.Reset", "Beginning anew."),
		c.status(stream, "status", "NetStream.Play.Start", "Playing."),
	)
}

// listen reads what a player says (acknowledgements) and forgets it; the
// context ends with the connection. stop closes it.
func (c *session) listen() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(c.ctx)
	_ = c.conn.SetReadDeadline(time.Time{})
	var reading sync.WaitGroup
	reading.Go(func() {
		_, _ = io.Copy(io.Discard, c.conn) // until the player leaves or stop
		cancel()
	})
	return ctx, func() {
		_ = c.conn.SetReadDeadline(time.Now())
		reading.Wait()
		cancel()
	}
}

// perform writes the stream, a range at a time.
func (c *session) perform(ctx context.Context, v *live.Viewer, stream uint32) error {
	v.Bound(playWrite)
	var buf []byte
	for {
		next, err := v.Next(ctx)
		if err != nil {
			if ctx.Err() == nil {
				_ = c.status(stream, "status", "NetStream.Play.UnpublishNotify", "The stream ended.")
			}
			return errPlay
		}
		if buf, err = c.messages(buf[:0], next, stream); err != nil {
			return err
		}
		_ = c.conn.SetWriteDeadline(time.Now().Add(playStall))
		n, err := c.conn.Write(buf)
		keepsUp := v.Sent(n, errors.Is(err, os.ErrDeadlineExceeded))
		if err != nil {
			return err
		}
		if !keepsUp {
			return errPlay
		}
	}
}

// messages turns a range of tags into chunks.
func (c *session) messages(dst []byte, next streamlog.Chunk, stream uint32) ([]byte, error) {
	for _, b := range [...][]byte{next.Head, next.Body} {
		err := flv.Tags(b, func(t flv.Tag) error {
			h := chunk.Header{Chunk: playStream(t.Type), Type: uint8(t.Type), Time: t.DTS, Stream: stream}
			dst = c.out.Append(dst, h, t.Payload)
			return nil
		})
		if err != nil {
			return dst, err
		}
	}
	return dst, nil
}
