package rtmp

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"

	"synctv/internal/live"
	"synctv/internal/live/flv"
	"synctv/internal/live/rtmp/amf0"
	"synctv/internal/live/rtmp/chunk"
)

// intake brings media messages into the publication. The first to begin is
// assembled in place in the stream's log; one that begins meanwhile on another
// chunk stream is assembled aside and follows when the first is done.
type intake struct {
	pub     *live.Publication
	inPlace bool   // a message is being assembled in the log
	owner   uint32 // its chunk stream
	aside   int    // bytes of messages assembled elsewhere
	waiting []waiting
}

type waiting struct {
	typ  flv.Type
	time uint32
	body []byte
	cost int // what it counts in intake.aside
}

// Open says where a message belongs, and refuses what is too large before
// anything is allocated for it.
func (c *session) Open(h chunk.Header) ([]byte, error) {
	switch h.Type {
	case chunk.TypeAudio, chunk.TypeVideo, chunk.TypeAggregate:
		if c.pub == nil {
			return nil, fmt.Errorf("%w: media before publish", errProtocol)
		}
		if h.Len > c.limits.Message {
			return nil, fmt.Errorf("%w: %d bytes", errTooLarge, h.Len)
		}
		return c.intake.open(h, c.limits.Message)
	}
	if h.Len > maxCommand {
		return nil, fmt.Errorf("%w: type %d, %d bytes", errTooLarge, h.Type, h.Len)
	}
	return c.intake.take(h.Len, c.limits.Message)
}

func (in *intake) open(h chunk.Header, limit int) ([]byte, error) {
	if in.inPlace || h.Len == 0 || h.Type == chunk.TypeAggregate {
		return in.take(h.Len, limit)
	}
	b, err := in.pub.Reserve(flv.Type(h.Type), h.Time, h.Len)
	if err == nil {
		in.inPlace, in.owner = true, h.Chunk
	}
	return b, err
}

// take allocates for a message assembled aside; together they have the bound
// of one message.
func (in *intake) take(n, limit int) ([]byte, error) {
	if in.aside+n > limit {
		return nil, fmt.Errorf("%w: too much at once", errTooLarge)
	}
	in.aside += n
	return make([]byte, n), nil
}

// levelTrace is telemetry's level for what happens per packet.
const levelTrace slog.Level = -8

// trace writes a line for each message, if anybody listens; else it costs one
// comparison.
func (c *session) trace(h chunk.Header) {
	ctx := context.Background() // a message is no request
	if !c.server.Log.Enabled(ctx, levelTrace) {
		return
	}
	c.server.Log.LogAttrs(ctx, levelTrace, "rtmp message", slog.String("stream", c.pass.Stream), slog.Int("type", int(h.Type)),
		slog.Int("chunk_stream", int(h.Chunk)), slog.Uint64("time_ms", uint64(h.Time)), slog.Int("bytes", h.Len))
}

// Done takes a complete message.
func (c *session) Done(h chunk.Header, body []byte) error {
	c.trace(h)
	in := &c.intake
	if in.inPlace && in.owner == h.Chunk {
		in.inPlace = false
		if err := in.pub.Commit(); err != nil {
			return err
		}
		return in.drain()
	}
	kept, err := c.message(h, body)
	if !kept {
		in.aside -= h.Len
	}
	return err
}

// Drop gives a message up that the encoder aborted.
func (c *session) Drop(h chunk.Header, body []byte) {
	in := &c.intake
	if in.inPlace && in.owner == h.Chunk {
		in.inPlace = false
		in.pub.Rollback()
		return
	}
	in.aside -= len(body)
}

// message handles what was assembled aside and says whether it still waits.
func (c *session) message(h chunk.Header, body []byte) (kept bool, err error) {
	switch h.Type {
	case chunk.TypeAudio, chunk.TypeVideo:
		return c.intake.put(waiting{flv.Type(h.Type), h.Time, body, h.Len})
	case chunk.TypeData:
		return c.data(h, body)
	case chunk.TypeDataAMF3:
		return c.data(h, asAMF0(body))
	case chunk.TypeAggregate:
		return false, c.intake.aggregate(h, body)
	case chunk.TypeCommand:
		return false, c.handleCommand(h, body)
	case chunk.TypeCommandAMF3:
		// AMF0 behind one byte that says so; single values may be AMF3.
		return false, c.handleCommand(h, bytes.TrimPrefix(body, []byte{0}))
	}
	return false, c.handleControl(h, body)
}

// asAMF0 makes script data of what may have AMF3 values in it, which players of
// FLV do not read. What cannot be read is left out.
func asAMF0(body []byte) []byte {
	values, err := amf0.Decode(bytes.TrimPrefix(body, []byte{0}))
	if err != nil {
		return nil
	}
	return amf0.Append(nil, values...)
}

// data relays metadata and other script data, unwrapped from the name encoders
// send it under. Before publish it means nothing.
func (c *session) data(h chunk.Header, body []byte) (kept bool, err error) {
	body = bytes.TrimPrefix(body, []byte("\x02\x00\x0d@setDataFrame"))
	if c.pub == nil || len(body) == 0 {
		return false, nil
	}
	return c.intake.put(waiting{flv.Script, h.Time, body, h.Len})
}

// put appends a message, or lets it wait while another is assembled in place.
func (in *intake) put(m waiting) (kept bool, err error) {
	if len(m.body) == 0 {
		return false, nil
	}
	if !in.inPlace {
		return false, in.pub.Append(m.typ, m.time, m.body)
	}
	if len(in.waiting) >= maxWaiting {
		return false, fmt.Errorf("%w: too many messages at once", errProtocol)
	}
	in.waiting = append(in.waiting, m)
	return true, nil
}

// drain appends what waited for the message assembled in place.
func (in *intake) drain() error {
	for i, m := range in.waiting {
		in.waiting[i] = waiting{}
		in.aside -= m.cost
		if err := in.pub.Append(m.typ, m.time, m.body); err != nil {
			return err
		}
	}
	in.waiting = in.waiting[:0]
	return nil
}

// aggregate takes several tags in one message apart. Their times are relative
// to the first; the message's own time says when that is.
func (in *intake) aggregate(h chunk.Header, body []byte) error {
	first, shift := true, uint32(0)
	for len(body) > 0 {
		tag, err := flv.ParseHeader(body)
		if err != nil || len(body) < flv.Overhead+tag.Size {
			return fmt.Errorf("%w: aggregate message", errProtocol)
		}
		if first {
			first, shift = false, h.Time-tag.DTS
		}
		m := waiting{tag.Type, tag.DTS + shift, bytes.Clone(body[flv.HeaderSize:][:tag.Size]), tag.Size}
		kept, err := in.put(m)
		if err != nil {
			return err
		}
		if kept {
			in.aside += m.cost
		}
		body = body[flv.Overhead+tag.Size:]
	}
	return nil
}

// handleControl answers the protocol's own messages.
func (c *session) handleControl(h chunk.Header, body []byte) error {
	switch h.Type {
	case chunk.TypeWindowAckSize:
		if len(body) != 4 {
			return fmt.Errorf("%w: window of %d bytes", errProtocol, len(body))
		}
		// A tiny window would make us answer every byte with sixteen.
		c.window = max(binary.BigEndian.Uint32(body), 64<<10)
	case chunk.TypeUserControl:
		if len(body) >= 6 && binary.BigEndian.Uint16(body) == eventPingRequest {
			return c.user(eventPingResponse, binary.BigEndian.Uint32(body[2:]))
		}
	}
	return nil
}
