package rtmp

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"synctv/internal/live"
	"synctv/internal/live/rtmp/amf0"
	"synctv/internal/live/rtmp/chunk"
)

const (
	eventStreamBegin  = 0
	eventPingRequest  = 6
	eventPingResponse = 7

	limitDynamic = 2 // kind of bandwidth limit, as every server sends it
)

// codecs we say we take, by FourCC: all of them, since payloads are opaque.
func codecs() []any {
	return []any{"av01", "vp09", "hvc1", "avc1", "vvc1", "Opus", "fLaC", "ac-3", "ec-3", ".mp3", "mp4a"}
}

// handleCommand answers one command. Unknown ones are ignored, as encoders
// send several that nobody needs an answer to.
func (c *session) handleCommand(h chunk.Header, body []byte) error {
	values, err := amf0.Decode(body)
	if err != nil && len(values) < 2 {
		return err
	}
	name, _ := at(values, 0).(string)
	txn, _ := at(values, 1).(float64)
	switch name {
	case "connect":
		return c.connect(txn, object(at(values, 2)))
	case "releaseStream":
		return c.command(0, "_result", txn, nil, nil)
	case "FCPublish":
		return c.command(0, "onFCPublish", 0, nil, status("status", "NetStream.Publish.Start", ""))
	case "createStream":
		c.stream = 1
		return c.command(0, "_result", txn, nil, int(c.stream))
	case "publish":
		text, _ := at(values, 3).(string)
		return c.publish(h.Stream, text)
	case "FCUnpublish", "deleteStream", "closeStream":
		return c.goodbye(h.Stream)
	case "play":
		text, _ := at(values, 3).(string)
		return c.play(h.Stream, text)
	case "play2":
		_ = c.status(h.Stream, "error", "NetStream.Play.Failed", "Switching streams is not offered here.")
		return errPlay
	}
	return nil
}

func at(values []any, i int) any {
	if i < len(values) {
		return values[i]
	}
	return nil
}

func object(v any) amf0.Object {
	switch v := v.(type) {
	case amf0.Object:
		return v
	case amf0.Array:
		return amf0.Object(v)
	}
	return nil
}

func (c *session) connect(txn float64, args amf0.Object) error {
	if c.query != nil {
		return fmt.Errorf("%w: connected twice", errProtocol)
	}
	c.app, c.query = split(args.Text("app"))
	c.app = strings.Trim(c.app, "/")
	if err := c.control(chunk.TypeWindowAckSize, ackWindow); err != nil {
		return err
	}
	limit := append(binary.BigEndian.AppendUint32(nil, ackWindow), limitDynamic)
	if err := c.out.Write(chunk.Header{Chunk: 2, Type: chunk.TypePeerBandwidth}, limit); err != nil {
		return err
	}
	if err := c.out.SetSize(chunkSize); err != nil {
		return err
	}
	return c.command(0, "_result", txn,
		amf0.Object{amf0.Prop("fmsVer", "FMS/3,5,7,7009"), amf0.Prop("capabilities", 31), amf0.Prop("mode", 1), amf0.Prop("fourCcList", codecs())},
		amf0.Object{
			amf0.Prop("level", "status"), amf0.Prop("code", "NetConnection.Connect.Success"),
			amf0.Prop("description", "Connection succeeded."), amf0.Prop("objectEncoding", 0), // whatever was asked for, we speak AMF0
		})
}

// split separates a path or name from its query.
func split(s string) (string, url.Values) {
	path, raw, _ := strings.Cut(s, "?")
	query, _ := url.ParseQuery(raw) // what can be parsed of it counts
	return path, query
}

// publish asks the door and the hub, and answers.
func (c *session) publish(stream uint32, name string) error {
	if c.query == nil || c.pub != nil {
		return fmt.Errorf("%w: publish out of order", errProtocol)
	}
	req := Request{App: c.app, Query: c.query, Remote: c.remote}
	var query url.Values
	req.Name, query = split(name)
	for k, v := range query {
		req.Query[k] = append(v, req.Query[k]...)
	}
	if err := c.begin(req); err != nil {
		code, text := refusal(err)
		_ = c.status(stream, "error", code, text)
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	c.stream = stream
	if err := c.user(eventStreamBegin, stream); err != nil {
		return err
	}
	return c.status(stream, "status", "NetStream.Publish.Start", "Publishing.")
}

// begin gets the right to publish. Losing it closes the connection.
func (c *session) begin(req Request) error {
	ctx, cancel := context.WithTimeout(c.ctx, c.limits.Publish)
	defer cancel()
	pass, err := c.server.Door.Admit(ctx, req)
	if err != nil {
		return err
	}
	pub, err := c.server.Hub.Publish(c.ctx, pass)
	if err != nil {
		return err
	}
	c.pass, c.pub, c.intake.pub = pass, pub, pub
	c.unwatch = context.AfterFunc(pub.Context(), func() { c.conn.Close() })
	if r, ok := c.in.Reader.(interface{ rest(time.Duration, func()) }); ok {
		r.rest(pub.Merge(), pub.Flush)
	}
	c.settled()
	return nil
}

// refusal says why in the protocol's words, without telling a guesser whether
// it was the stream or the key.
func refusal(err error) (code, text string) {
	switch {
	case errors.Is(err, live.ErrUnauthorized):
		return "NetStream.Publish.Unauthorized", "This key may not publish here."
	case errors.Is(err, live.ErrBusy):
		return "NetStream.Publish.BadName", "Somebody else is publishing this stream."
	case errors.Is(err, live.ErrHeld):
		return "NetStream.Publish.Rejected", "The stream was ended in its room; it can go on in a minute."
	case errors.Is(err, live.ErrMemory):
		return "NetStream.Publish.Failed", "The server has no memory left for another stream."
	}
	return "NetStream.Publish.Failed", "The server cannot take the stream now."
}

func status(level, code, text string) amf0.Object {
	return amf0.Object{amf0.Prop("level", level), amf0.Prop("code", code), amf0.Prop("description", text)}
}

func (c *session) status(stream uint32, level, code, text string) error {
	return c.command(stream, "onStatus", 0, nil, status(level, code, text))
}

func (c *session) goodbye(stream uint32) error {
	if c.pub == nil {
		return nil
	}
	// The encoder may be gone already: what it does not hear does not matter.
	_ = c.status(stream, "status", "NetStream.Unpublish.Success", "The stream ended.")
	return errGoodbye
}
