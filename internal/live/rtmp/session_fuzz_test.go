package rtmp

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	"synctv/internal/live"
	"synctv/internal/live/flv"
	"synctv/internal/live/rtmp/amf0"
	"synctv/internal/live/rtmp/chunk"
)

// tape is a connection whose peer has said all it says, and hears nothing.
type tape struct{ *bytes.Reader }

func (tape) Write(b []byte) (int, error)      { return len(b), nil }
func (tape) Close() error                     { return nil }
func (tape) LocalAddr() net.Addr              { return nil }
func (tape) RemoteAddr() net.Addr             { return nil }
func (tape) SetDeadline(time.Time) error      { return nil }
func (tape) SetReadDeadline(time.Time) error  { return nil }
func (tape) SetWriteDeadline(time.Time) error { return nil }

type openDoor struct{}

func (openDoor) Admit(context.Context, Request) (live.Pass, error) {
	return live.Pass{Stream: "a", Key: "k"}, nil
}

// said is what an encoder says after the handshake up to its first picture, in
// the way it writes it.
func said(more func(w *chunk.Writer, raw *bytes.Buffer)) []byte {
	var raw bytes.Buffer
	w := chunk.NewWriter(&raw)
	for _, values := range [][]any{
		{"connect", 1, amf0.Object{amf0.Prop("app", "live"), amf0.Prop("objectEncoding", 3)}},
		{"releaseStream", 2, nil, "key"}, {"createStream", 3, nil}, {"publish", 4, nil, "key"},
	} {
		_ = w.Write(chunk.Header{Chunk: 3, Type: chunk.TypeCommand, Stream: 1}, amf0.Append(nil, values...))
	}
	_ = w.Write(chunk.Header{Chunk: 6, Type: chunk.TypeVideo, Stream: 1}, []byte("\x17\x01\x00\x00\x00key"))
	more(w, &raw)
	return raw.Bytes()
}

// Whatever an encoder says after the handshake, in commands, media, aggregates
// and chunks of several messages at once: what reaches viewers is whole tags,
// and nothing is counted that is not there.
func FuzzSession(f *testing.F) {
	video := chunk.Header{Chunk: 6, Type: chunk.TypeVideo, Stream: 1, Time: 40}
	audio := chunk.Header{Chunk: 4, Type: chunk.TypeAudio, Stream: 1, Time: 50}
	f.Add(said(func(w *chunk.Writer, raw *bytes.Buffer) { // alternating chunks, one given up
		_ = w.SetSize(4)
		raw.Write(append(w.AppendHeader(nil, video, 10), "\x27\x01\x00\x00"...))
		raw.Write(append(w.AppendHeader(nil, audio, 5), "\xaf\x01aa"...))
		raw.Write(append(w.AppendNext(nil, video), "\x00vvv"...))
		raw.Write(append(w.AppendNext(nil, audio), "a"...))
		_ = w.Write(chunk.Header{Chunk: 2, Type: chunk.TypeAbort}, []byte{0, 0, 0, 6})
	}))
	f.Add(said(func(w *chunk.Writer, _ *bytes.Buffer) { // two tags in one message
		b := flv.AppendTag(nil, flv.Video, 7, []byte("\x27\x01\x00\x00\x00a"))
		_ = w.Write(chunk.Header{Chunk: 5, Type: chunk.TypeAggregate, Stream: 1, Time: 90}, flv.AppendTag(b, flv.Audio, 9, []byte("\xaf\x01b")))
	}))
	f.Add(said(func(w *chunk.Writer, _ *bytes.Buffer) { // metadata and commands with AMF3 in them
		_ = w.Write(chunk.Header{Chunk: 5, Type: chunk.TypeDataAMF3, Stream: 1}, []byte("\x00\x02\x00\x0aonMetaData\x11\x0a\x0b\x01\x0bwidth\x04\x7f\x01"))
		_ = w.Write(chunk.Header{Chunk: 3, Type: chunk.TypeCommandAMF3, Stream: 1}, append([]byte{0}, amf0.Append(nil, "deleteStream", 5, nil, 1)...))
	}))
	f.Add(said(func(w *chunk.Writer, _ *bytes.Buffer) {
		_ = w.Write(chunk.Header{Chunk: 2, Type: chunk.TypeUserControl}, []byte("\x00\x06ping"))
		_ = w.Write(chunk.Header{Chunk: 3, Type: chunk.TypeCommand, Stream: 1}, amf0.Append(nil, "play", 0, nil, "a"))
	}))
	f.Fuzz(fuzzSession)
}

func fuzzSession(t *testing.T, b []byte) {
	limits := Limits{Message: 1 << 20}.withDefaults()
	hub := live.NewHub(live.Limits{Memory: 16 << 20}, nil)
	defer hub.Close()
	s := &Server{Door: openDoor{}, Hub: hub, Log: slog.New(slog.DiscardHandler)}
	s.enter(netip.Addr{}, limits)
	c := newSession(s, tape{bytes.NewReader(b)}, netip.Addr{}, limits)
	c.ctx = t.Context()
	if c.talk() == nil {
		t.Fatal("went on after the end")
	}
	if n := c.intake.aside; n < 0 || n > limits.Message {
		t.Errorf("%d bytes are counted as assembled aside", n)
	}
	if c.pub == nil {
		return
	}
	defer c.pub.Close(true)
	defer c.unwatch()
	c.pub.Flush()
	wholeTags(t, hub)
}

// wholeTags reads what a viewer is given of what there is.
func wholeTags(t *testing.T, hub *live.Hub) {
	t.Helper()
	v, err := hub.Watch("a")
	if err != nil {
		return // ended by what was said
	}
	defer v.Leave()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for {
		next, err := v.Next(gone)
		if err != nil {
			return
		}
		for _, b := range [][]byte{next.Head, next.Body} {
			if err := flv.Tags(b, func(flv.Tag) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
	}
}
