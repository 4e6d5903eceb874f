// Package rtmptest is a small RTMP publisher for tests and load benches: it
// knows how to push FLV tags to a server, well and (for tests of bad input) in
// pieces or half. It is not meant for production use.
package rtmptest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"synctv/internal/live/flv"
	"synctv/internal/live/rtmp/amf0"
	"synctv/internal/live/rtmp/chunk"
	"synctv/internal/live/rtmp/handshake"
)

// Refused is the server's answer to a publish it does not want.
type Refused struct{ Code, Description string }

func (r *Refused) Error() string { return "rtmptest: refused: " + r.Code + ": " + r.Description }

// Publisher is a connection that publishes one stream. It is used by one
// goroutine.
type Publisher struct {
	Conn net.Conn
	// Out writes raw chunks, for tests that interleave or break them.
	Out *chunk.Writer

	in      *chunk.Reader
	replies []reply
	closed  chan struct{}
}

type reply struct {
	name   string
	values []any
}

// chunkSize is what we announce: a frame is one chunk, as ffmpeg does it.
const chunkSize = 60000

// Publish connects to an rtmp:// URL and publishes under its last path element
// (query included), the way encoders do. A refusal is a *Refused.
func Publish(ctx context.Context, target string) (*Publisher, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, err
	}
	p := &Publisher{Conn: conn, Out: chunk.NewWriter(conn), closed: make(chan struct{})}
	p.in = chunk.NewReader(conn, p)
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(10 * time.Second)
	}
	_ = conn.SetDeadline(deadline)
	if err := p.negotiate(u); err != nil {
		conn.Close()
		return nil, err
	}
	_ = conn.SetDeadline(time.Time{})
	go p.discard()
	return p, nil
}

func (p *Publisher) negotiate(u *url.URL) error {
	app, name := "", strings.TrimPrefix(u.Path, "/")
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		app, name = name[:i], name[i+1:]
	}
	if u.RawQuery != "" {
		name += "?" + u.RawQuery
	}
	if err := handshake.Dial(p.Conn); err != nil {
		return err
	}
	if err := p.Out.SetSize(chunkSize); err != nil {
		return err
	}
	connect := amf0.Object{
		amf0.Prop("app", app), amf0.Prop("type", "nonprivate"),
		amf0.Prop("tcUrl", "rtmp://"+u.Host+"/"+app),
	}
	if err := p.call(0, "_result", "connect", 1, connect); err != nil {
		return err
	}
	if err := p.send(0, "releaseStream", 2, nil, name); err != nil {
		return err
	}
	if err := p.send(0, "FCPublish", 3, nil, name); err != nil {
		return err
	}
	if err := p.call(0, "_result", "createStream", 4, nil); err != nil {
		return err
	}
	return p.call(1, "onStatus", "publish", 5, nil, name, "live")
}

func (p *Publisher) send(stream uint32, values ...any) error {
	h := chunk.Header{Chunk: 3, Type: chunk.TypeCommand, Stream: stream}
	return p.Out.Write(h, amf0.Append(nil, values...))
}

// call sends a command and waits for the answer of the given name that belongs
// to it: for _result by its number, for onStatus by its being the first.
func (p *Publisher) call(stream uint32, want string, values ...any) error {
	if err := p.send(stream, values...); err != nil {
		return err
	}
	for {
		for _, r := range p.replies {
			if r.name != want || (want == "_result" && !sameNumber(r.values, values)) {
				continue
			}
			p.replies = nil
			return refusal(r.values)
		}
		p.replies = nil
		if err := p.in.Read(); err != nil {
			return fmt.Errorf("rtmptest: waiting for an answer to %v: %w", values[0], err)
		}
	}
}

func sameNumber(got, sent []any) bool {
	n, ok := sent[1].(int)
	return ok && len(got) > 1 && got[1] == float64(n)
}

func refusal(values []any) error {
	for _, v := range values {
		if o, ok := v.(amf0.Object); ok && o.Text("level") == "error" {
			return &Refused{o.Text("code"), o.Text("description")}
		}
	}
	return nil
}

// Open implements chunk.Sink.
func (p *Publisher) Open(h chunk.Header) ([]byte, error) { return make([]byte, h.Len), nil }

// Drop implements chunk.Sink.
func (p *Publisher) Drop(chunk.Header, []byte) {}

// Done implements chunk.Sink.
func (p *Publisher) Done(h chunk.Header, body []byte) error {
	if h.Type != chunk.TypeCommand {
		return nil
	}
	values, err := amf0.Decode(body)
	if err != nil || len(values) == 0 {
		return err
	}
	name, _ := values[0].(string)
	p.replies = append(p.replies, reply{name, values})
	return nil
}

// discard reads what the server sends while we publish, until it closes.
func (p *Publisher) discard() {
	defer close(p.closed)
	_, _ = io.Copy(io.Discard, p.Conn)
}

// Write pushes one tag.
func (p *Publisher) Write(t flv.Type, dts uint32, payload []byte) error {
	id := uint32(4)
	switch t {
	case flv.Video:
		id = 6
	case flv.Script:
		payload = append(amf0.Append(nil, "@setDataFrame"), payload...)
	}
	h := chunk.Header{Chunk: id, Type: uint8(t), Time: dts, Stream: 1}
	return p.Out.Write(h, payload)
}

// Push sends a whole FLV stream, paced by its own time stamps times speed (0:
// as fast as it goes), until it ends, ctx ends or the server closes.
func (p *Publisher) Push(ctx context.Context, stream io.Reader, speed float64) error {
	in := flv.NewReader(bufio.NewReader(stream), 0)
	start := time.Now()
	for first := true; ; first = false {
		tag, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if speed > 0 && !first {
			due := start.Add(time.Duration(float64(tag.DTS)/speed) * time.Millisecond)
			if err := p.wait(ctx, time.Until(due)); err != nil {
				return err
			}
		}
		if err := p.Write(tag.Type, tag.DTS, tag.Payload); err != nil {
			return err
		}
	}
}

func (p *Publisher) wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-p.closed:
		return net.ErrClosed
	}
}

// Closed is closed when the server ended the connection.
func (p *Publisher) Closed() <-chan struct{} { return p.closed }

// End says goodbye, as an encoder does when its user stops it.
func (p *Publisher) End() error {
	err := errors.Join(p.send(0, "FCUnpublish", 6, nil, "x"), p.send(0, "deleteStream", 7, nil, 1))
	select {
	case <-p.closed:
	case <-time.After(5 * time.Second):
	}
	return errors.Join(err, p.Conn.Close())
}

// Abort loses the connection without a word.
func (p *Publisher) Abort() {
	p.Conn.Close()
	<-p.closed
}
