package rtmp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"synctv/internal/live"
	"synctv/internal/live/rtmp"
	"synctv/internal/live/rtmp/amf0"
	"synctv/internal/live/rtmp/chunk"
	"synctv/internal/live/rtmp/handshake"
)

func TestWrongKeyIsRefusedAndNeverLogged(t *testing.T) {
	h := open(t, live.Limits{}, rtmp.Limits{})
	const wrong = "guess-4711"
	refused(t, h.url("r", wrong), "NetStream.Publish.Unauthorized")
	refused(t, "rtmp://"+h.addr+"/live/r?key="+wrong, "NetStream.Publish.Unauthorized")
	p := push(t, h.url("r", goodKey))
	frames(t, p, 0, 3)
	if err := p.End(); err != nil {
		t.Error(err)
	}
	eventually(t, "all connections to end", func() bool { return h.server.Stats().Conns == 0 })
	log := h.log.String()
	if strings.Contains(log, wrong) || strings.Contains(log, goodKey) {
		t.Errorf("a key is in the log:\n%s", log)
	}
	if !strings.Contains(log, "stream=show-r key_id=k1") {
		t.Errorf("the log does not name the stream:\n%s", log)
	}
	if s := h.server.Stats(); s.Unauthorized != 2 || s.Accepted != 3 {
		t.Errorf("%+v", s)
	}
}

func dial(t *testing.T, h *house) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func closes(t *testing.T, what string, conn net.Conn) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.Copy(io.Discard, conn); errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		t.Errorf("%s: still connected after 10 s", what)
	}
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

func raw(t *testing.T, h *house) (net.Conn, *chunk.Writer) {
	t.Helper()
	conn := dial(t, h)
	if err := handshake.Dial(conn); err != nil {
		t.Fatal(err)
	}
	return conn, chunk.NewWriter(conn)
}

func TestBadInputIsCutAndDisturbsNobody(t *testing.T) {
	h := open(t, live.Limits{}, rtmp.Limits{})
	good := push(t, h.url("good", goodKey))
	frames(t, good, 0, 3)

	garbage := dial(t, h)
	_, _ = io.WriteString(garbage, "GET / HTTP/1.1\r\nHost: example\r\n\r\n")
	closes(t, "HTTP on the port", garbage)

	for name, send := range map[string]func(net.Conn, *chunk.Writer){
		"noise after the handshake": func(c net.Conn, _ *chunk.Writer) {
			_, _ = c.Write([]byte(strings.Repeat("\xff\xfe\x80noise", 1000)))
		},
		"a huge command": func(c net.Conn, w *chunk.Writer) {
			_, _ = c.Write(w.AppendHeader(nil, chunk.Header{Chunk: 3, Type: chunk.TypeCommand}, 1<<24-1))
		},
		"media before publish": func(_ net.Conn, w *chunk.Writer) {
			_ = w.Write(chunk.Header{Chunk: 6, Type: chunk.TypeVideo, Stream: 1}, []byte(avcKey))
		},
		"publish before connect": func(_ net.Conn, w *chunk.Writer) {
			_ = w.Write(chunk.Header{Chunk: 3, Type: chunk.TypeCommand}, amf0.Append(nil, "publish", 1, nil, goodKey))
		},
		"no command": func(_ net.Conn, w *chunk.Writer) {
			_ = w.Write(chunk.Header{Chunk: 3, Type: chunk.TypeCommand}, []byte("\xff\xff"))
		},
		"connect twice": func(_ net.Conn, w *chunk.Writer) {
			for range 2 {
				_ = w.Write(chunk.Header{Chunk: 3, Type: chunk.TypeCommand},
					amf0.Append(nil, "connect", 1, amf0.Array{amf0.Prop("app", "live")}))
			}
		},
		"a window of one byte's width": func(_ net.Conn, w *chunk.Writer) {
			_ = w.Write(chunk.Header{Chunk: 2, Type: chunk.TypeWindowAckSize}, []byte{1})
		},
		"play": func(_ net.Conn, w *chunk.Writer) {
			_ = w.Write(chunk.Header{Chunk: 3, Type: chunk.TypeCommand}, amf0.Append(nil, "play", 1, nil, "x"))
		},
	} {
		conn, w := raw(t, h)
		send(conn, w)
		closes(t, name, conn)
	}

	huge := push(t, h.url("huge", goodKey))
	_, _ = huge.Conn.Write(huge.Out.AppendHeader(nil, chunk.Header{Chunk: 6, Type: chunk.TypeVideo, Stream: 1}, 1<<24-1))
	gone(t, "a huge frame", huge)

	frames(t, good, 200, 3)
	if s := h.hub.Stats(); s.Publishers != 1 {
		t.Errorf("%+v", s)
	}
	eventually(t, "counts", func() bool { return h.server.Stats().Malformed >= 7 })
}

func TestSilenceIsCutByDeadline(t *testing.T) {
	short := 150 * time.Millisecond
	h := open(t, live.Limits{Grace: time.Minute}, rtmp.Limits{Handshake: short, Publish: short, Idle: short})
	silent := dial(t, h)
	half := dial(t, h)
	_, _ = half.Write(append([]byte{3}, make([]byte, 700)...))
	shaken, _ := raw(t, h)
	idle := push(t, h.url("r", goodKey))
	frames(t, idle, 0, 2)
	midFrame := push(t, h.url("s", goodKey))
	_, _ = midFrame.Conn.Write(midFrame.Out.AppendHeader(nil, chunk.Header{Chunk: 6, Type: 9, Stream: 1}, 1000))

	dribble, _ := raw(t, h)
	var loris sync.WaitGroup
	loris.Go(func() {
		for {
			// A byte at a time of a command that never ends.
			if _, err := dribble.Write([]byte{3}); err != nil {
				return
			}
			time.Sleep(short / 10)
		}
	})
	closes(t, "silent", silent)
	closes(t, "half a handshake", half)
	closes(t, "silent after the handshake", shaken)
	closes(t, "slow loris", dribble)
	loris.Wait()
	gone(t, "a silent publisher", idle)
	gone(t, "a publisher in the middle of a frame", midFrame)
	eventually(t, "counts", func() bool { return h.server.Stats().TimedOut >= 5 })
}

func TestTooManyConnections(t *testing.T) {
	h := open(t, live.Limits{}, rtmp.Limits{Conns: 4, PerHost: 2})
	a := push(t, h.url("a", goodKey))
	b := push(t, h.url("b", goodKey)) // publishers do not count against the host
	one := dial(t, h)
	dial(t, h)
	eventually(t, "four connections", func() bool { return h.server.Stats().Conns == 4 })
	closes(t, "the fifth", dial(t, h))
	a.Abort()
	eventually(t, "three connections", func() bool { return h.server.Stats().Conns == 3 })
	closes(t, "the third stranger of a host", dial(t, h))
	one.Close()
	eventually(t, "two connections", func() bool { return h.server.Stats().Conns == 2 })
	push(t, h.url("c", goodKey))
	b.Abort()
	if s := h.server.Stats(); s.Refused != 2 {
		t.Errorf("%+v", s)
	}
}

func TestPingAndAcknowledgement(t *testing.T) {
	h := open(t, live.Limits{}, rtmp.Limits{})
	conn, w := raw(t, h)
	_ = w.Write(chunk.Header{Chunk: 2, Type: chunk.TypeWindowAckSize}, []byte{0, 0, 0, 1})
	_ = w.Write(chunk.Header{Chunk: 2, Type: chunk.TypeUserControl}, []byte("\x00\x06ping"))
	_ = w.SetSize(60000)
	for range 2 { // more than the smallest window
		_ = w.Write(chunk.Header{Chunk: 3, Type: chunk.TypeCommand}, append(amf0.Append(nil, "noop", 0), make([]byte, 50000)...)[:50000])
	}
	seen := &answers{}
	in := chunk.NewReader(conn, seen)
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	for !seen.pong || seen.acked == 0 {
		if err := in.Read(); err != nil {
			t.Fatalf("%v: %+v", err, seen)
		}
	}
	if seen.acked < 64<<10 {
		t.Errorf("acknowledged after %d bytes", seen.acked)
	}
}

type answers struct {
	pong  bool
	acked uint32
}

func (a *answers) Open(h chunk.Header) ([]byte, error) { return make([]byte, h.Len), nil }
func (a *answers) Drop(chunk.Header, []byte)           {}
func (a *answers) Done(h chunk.Header, b []byte) error {
	switch h.Type {
	case chunk.TypeUserControl:
		a.pong = string(b) == "\x00\x07ping"
	case chunk.TypeAck:
		a.acked = uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	}
	return nil
}

func TestServeEndsWithItsContext(t *testing.T) {
	hub := live.NewHub(live.Limits{}, nil)
	defer hub.Close()
	h := open(t, live.Limits{}, rtmp.Limits{})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	server := &rtmp.Server{Door: door{}, Hub: hub, Log: h.server.Log}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, ln) }()
	p := push(t, "rtmp://"+ln.Addr().String()+"/live/r/"+goodKey)
	stranger, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	gone(t, "publisher", p)
	closes(t, "stranger", stranger)
	if s := server.Stats(); s.Conns != 0 {
		t.Errorf("%+v", s)
	}
	ln.Close()
	if err := server.Serve(t.Context(), ln); err == nil {
		t.Error("served on a closed listener")
	}
}
