package pull

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"synctv/internal/guard"
	"synctv/internal/live/flv"
	"synctv/internal/live/rtmp/amf0"
	"synctv/internal/live/rtmp/chunk"
	"synctv/internal/live/rtmp/handshake"
)

const (
	beginTime  = 10 * time.Second // from the connection to the answer to play
	writeTime  = 5 * time.Second  // for each of our small messages
	ourChunks  = 4096             // bytes
	ackWindow  = 2500000          // bytes between acknowledgements unless we are told
	leastAck   = 64 << 10         // a smaller window would make us answer every byte
	maxCommand = 64 << 10
	maxAside   = 2 * maxTag // bytes of messages that are being assembled
	bufferMS   = 3000       // what we say we buffer; servers hardly care
	playAny    = -2000      // live if there is such a stream, else recorded
)

// Events of the protocol's user control messages.
const (
	eventStreamEOF    = 1
	eventBufferLength = 3
	eventPing         = 6
	eventPong         = 7
)

// rtmpSource plays a stream of an RTMP server. It is used by one goroutine.
type rtmpSource struct {
	conn    net.Conn
	in      *chunk.Reader
	counted *counted
	out     *chunk.Writer
	unwatch func() bool
	tags    []flv.Tag // come and not taken
	replies [][]any   // to our commands, come and not looked at
	aside   int       // bytes of messages that are being assembled
	window  uint32
	acked   uint32
	over    bool // the server said so
}

type counted struct {
	io.Reader
	n int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n += int64(n)
	return n, err
}

// deadlined gives every write a deadline of its own.
type deadlined struct{ net.Conn }

func (d deadlined) Write(b []byte) (int, error) {
	if err := d.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return 0, err
	}
	return d.Conn.Write(b)
}

// openRTMP connects, by TLS for rtmps, and plays what the address names: its
// last part is the stream, what is before it the application.
func openRTMP(ctx context.Context, client *guard.Client, u *url.URL) (source, error) {
	if u.User != nil || u.Host == "" {
		return nil, guard.ErrRefused.Because(errors.New("a name or password in the address, or no host"))
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"rtmp": "1935", "rtmps": "443"}[u.Scheme]
	}
	conn, err := client.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, err
	}
	if u.Scheme == "rtmps" {
		conn = tls.Client(conn, &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12})
	}
	s := &rtmpSource{conn: conn, counted: &counted{Reader: conn}, out: chunk.NewWriter(deadlined{conn}), window: ackWindow}
	s.in = chunk.NewReader(s.counted, s)
	s.unwatch = context.AfterFunc(ctx, func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(beginTime))
	if err := s.play(u); err != nil {
		_ = s.Close()
		return nil, err
	}
	_ = conn.SetReadDeadline(time.Time{}) // from here on whoever reads has a limit
	return s, nil
}

func (s *rtmpSource) Close() error {
	s.unwatch()
	return s.conn.Close()
}

// play says what a player says until the stream begins.
func (s *rtmpSource) play(u *url.URL) error {
	app, name := "", strings.TrimPrefix(u.Path, "/")
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		app, name = name[:i], name[i+1:]
	}
	if u.RawQuery != "" {
		name += "?" + u.RawQuery
	}
	if err := handshake.Dial(struct {
		io.Reader
		io.Writer
	}{s.counted, deadlined{s.conn}}); err != nil {
		return ErrStream.Because(err)
	}
	if err := s.out.SetSize(ourChunks); err != nil {
		return err
	}
	if _, err := s.call("_result", "connect", 1, amf0.Object{
		amf0.Prop("app", app), amf0.Prop("flashVer", "LNX 9,0,124,2"), amf0.Prop("tcUrl", u.Scheme+"://"+u.Host+"/"+app),
		amf0.Prop("fpad", false), amf0.Prop("capabilities", 15), amf0.Prop("audioCodecs", 4071), amf0.Prop("videoCodecs", 252), amf0.Prop("videoFunction", 1),
		amf0.Prop("fourCcList", []any{"av01", "vp09", "hvc1", "avc1", "Opus", "mp4a"}),
	}); err != nil {
		return err
	}
	made, err := s.call("_result", "createStream", 2, nil)
	if err != nil {
		return err
	}
	stream := uint32(1)
	if len(made) > 3 {
		if n, ok := made[3].(float64); ok && n > 0 && n < 1<<31 {
			stream = uint32(n)
		}
	}
	if err := s.send(stream, "play", 3, nil, name, playAny); err != nil {
		return err
	}
	if err := s.user(eventBufferLength, stream, bufferMS); err != nil {
		return err
	}
	_, err = s.reply("onStatus", 0)
	return err
}

func (s *rtmpSource) send(stream uint32, values ...any) error {
	return s.out.Write(chunk.Header{Chunk: 3, Type: chunk.TypeCommand, Stream: stream}, amf0.Append(nil, values...))
}

func (s *rtmpSource) user(event uint16, values ...uint32) error {
	b := binary.BigEndian.AppendUint16(nil, event)
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return s.out.Write(chunk.Header{Chunk: 2, Type: chunk.TypeUserControl}, b)
}

// call sends a command on the connection's own stream and waits for its answer.
func (s *rtmpSource) call(want, name string, number int, args any) ([]any, error) {
	if err := s.send(0, name, number, args); err != nil {
		return nil, err
	}
	return s.reply(want, number)
}

// reply waits for the answer of a name, and for _result also of a number. An
// answer that says no is ErrStream. Media that comes before it is kept.
func (s *rtmpSource) reply(want string, number int) ([]any, error) {
	for {
		for len(s.replies) > 0 {
			r := s.replies[0]
			s.replies = s.replies[1:]
			if err := refusal(r); err != nil {
				return nil, err
			}
			if r[0] == want && (want != "_result" || len(r) > 1 && r[1] == float64(number)) {
				return r, nil
			}
		}
		if want == "onStatus" && len(s.tags) > 0 {
			return nil, nil // some servers send the stream without a word
		}
		if err := s.read(); err != nil {
			return nil, err
		}
	}
}

// refusal is the error in an answer, if there is one. The server's words stay
// in the log: they may repeat the address.
func refusal(values []any) error {
	if values[0] == "_error" {
		return ErrStream.Because(errors.New("rtmp: refused"))
	}
	for _, v := range values {
		if o, ok := v.(amf0.Object); ok && o.Text("level") == "error" {
			return ErrStream.Because(fmt.Errorf("rtmp: %.64q", o.Text("code")))
		}
	}
	return nil
}

// read reads one chunk and acknowledges what is due.
func (s *rtmpSource) read() error {
	if err := s.in.Read(); err != nil {
		if errors.Is(err, chunk.ErrMalformed) || errors.Is(err, amf0.ErrMalformed) {
			return ErrStream.Because(err)
		}
		return err
	}
	got := uint32(s.counted.n) //nolint:gosec // the protocol's counter wraps at 32 bits
	if got-s.acked < s.window {
		return nil
	}
	s.acked = got
	return s.out.Write(chunk.Header{Chunk: 2, Type: chunk.TypeAck}, binary.BigEndian.AppendUint32(nil, got))
}

// Next implements source. io.EOF is an end that the server announced.
func (s *rtmpSource) Next() (flv.Tag, error) {
	for len(s.tags) == 0 {
		if s.over {
			return flv.Tag{}, io.EOF
		}
		if err := s.read(); err != nil {
			return flv.Tag{}, err
		}
	}
	tag := s.tags[0]
	s.tags = s.tags[1:]
	return tag, nil
}

// Open implements chunk.Sink: it bounds what another server makes us hold.
func (s *rtmpSource) Open(h chunk.Header) ([]byte, error) {
	most := maxCommand
	if h.Type == chunk.TypeAudio || h.Type == chunk.TypeVideo || h.Type == chunk.TypeAggregate {
		most = maxTag
	}
	if h.Len > most || s.aside+h.Len > maxAside {
		return nil, ErrStream.Because(fmt.Errorf("rtmp: a message of %d bytes", h.Len))
	}
	s.aside += h.Len
	return make([]byte, h.Len), nil
}

// Drop implements chunk.Sink.
func (s *rtmpSource) Drop(h chunk.Header, _ []byte) { s.aside -= h.Len }

// Done implements chunk.Sink.
func (s *rtmpSource) Done(h chunk.Header, body []byte) error {
	s.aside -= h.Len
	switch h.Type {
	case chunk.TypeAudio, chunk.TypeVideo:
		s.put(flv.Type(h.Type), h.Time, body)
	case chunk.TypeDataAMF3:
		s.data(h, bytes.TrimPrefix(body, []byte{0}))
	case chunk.TypeData:
		s.data(h, body)
	case chunk.TypeAggregate:
		return s.aggregate(h, body)
	case chunk.TypeCommand:
		return s.command(body)
	case chunk.TypeCommandAMF3:
		return s.command(bytes.TrimPrefix(body, []byte{0}))
	case chunk.TypeWindowAckSize:
		if len(body) == 4 {
			s.window = max(binary.BigEndian.Uint32(body), leastAck)
		}
	case chunk.TypeUserControl:
		return s.control(body)
	}
	return nil
}

func (s *rtmpSource) put(t flv.Type, dts uint32, body []byte) {
	if len(body) > 0 {
		s.tags = append(s.tags, flv.Tag{Header: flv.Header{Type: t, Size: len(body), DTS: dts}, Payload: body})
	}
}

// data keeps the stream's metadata; other data is for players of another age.
func (s *rtmpSource) data(h chunk.Header, body []byte) {
	body = bytes.TrimPrefix(body, []byte("\x02\x00\x0d@setDataFrame"))
	if bytes.HasPrefix(body, []byte("\x02\x00\x0aonMetaData")) {
		s.put(flv.Script, h.Time, body)
	}
}

// aggregate is several tags in one message, their times relative to the first.
func (s *rtmpSource) aggregate(h chunk.Header, body []byte) error {
	for first, shift := true, uint32(0); len(body) > 0; first = false {
		tag, err := flv.ParseHeader(body)
		if err != nil || len(body) < flv.Overhead+tag.Size {
			return ErrStream.Because(errors.New("rtmp: aggregate message"))
		}
		if first {
			shift = h.Time - tag.DTS
		}
		s.put(tag.Type, tag.DTS+shift, body[flv.HeaderSize:][:tag.Size])
		body = body[flv.Overhead+tag.Size:]
	}
	return nil
}

// maxReplies is more than a server has reason to say before the stream begins.
const maxReplies = 64

func (s *rtmpSource) command(body []byte) error {
	values, err := amf0.Decode(body)
	if len(values) == 0 {
		return err
	}
	if len(s.replies) >= maxReplies {
		s.replies = s.replies[1:]
	}
	s.replies = append(s.replies, values)
	for _, v := range values {
		o, _ := v.(amf0.Object)
		switch o.Text("code") {
		case "NetStream.Play.UnpublishNotify", "NetStream.Play.Stop", "NetStream.Play.Complete":
			s.over = true
		}
	}
	return nil
}

func (s *rtmpSource) control(body []byte) error {
	if len(body) < 6 {
		return nil
	}
	switch binary.BigEndian.Uint16(body) {
	case eventPing:
		return s.user(eventPong, binary.BigEndian.Uint32(body[2:]))
	case eventStreamEOF:
		s.over = true
	}
	return nil
}
