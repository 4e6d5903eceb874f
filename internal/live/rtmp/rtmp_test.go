package rtmp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"synctv/internal/live"
	"synctv/internal/live/flv"
	"synctv/internal/live/rtmp"
	"synctv/internal/live/rtmp/amf0"
	"synctv/internal/live/rtmp/chunk"
	"synctv/internal/live/rtmp/handshake"
	"synctv/internal/live/rtmp/rtmptest"
)

const (
	avcHeader = "\x17\x00\x00\x00\x00avcc"
	aacHeader = "\xaf\x00\x12\x10"
	avcKey    = "\x17\x01\x00\x00\x00key"
	avcInter  = "\x27\x01\x00\x00\x00inter"
)

func metadata() []byte {
	return amf0.Append(nil, "onMetaData", amf0.Array{amf0.Prop("width", 640)})
}

func push(t *testing.T, url string) *rtmptest.Publisher {
	t.Helper()
	p, err := rtmptest.Publish(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Abort)
	return p
}

// frames sends headers and then n frames, every fifth a key frame.
func frames(t *testing.T, p *rtmptest.Publisher, from, n uint32) {
	t.Helper()
	err := errors.Join(p.Write(flv.Script, 0, metadata()), p.Write(flv.Video, 0, []byte(avcHeader)),
		p.Write(flv.Audio, 0, []byte(aacHeader)))
	for i := range n {
		body := avcInter
		if i%5 == 0 {
			body = avcKey
		}
		err = errors.Join(err, p.Write(flv.Video, from+i*40, []byte(body)))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, url, code string) {
	t.Helper()
	p, err := rtmptest.Publish(t.Context(), url)
	if err == nil {
		p.Abort()
	}
	var r *rtmptest.Refused
	if !errors.As(err, &r) || r.Code != code {
		t.Errorf("%v, want %s", err, code)
	}
}

func gone(t *testing.T, what string, p *rtmptest.Publisher) {
	t.Helper()
	select {
	case <-p.Closed():
	case <-time.After(10 * time.Second):
		t.Errorf("%s: still connected", what)
	}
}

func TestKeyAsNameOrQuery(t *testing.T) {
	h := open(t, live.Limits{}, rtmp.Limits{})
	for i, path := range []string{"/live/a/" + goodKey, "/live/b?key=" + goodKey, "/live/x/y/c?other=1&key=" + goodKey} {
		p := push(t, "rtmp://"+h.addr+path)
		if got := len(h.hub.Streams()); got != i+1 {
			t.Errorf("%s: %d streams", path, got)
		}
		defer p.Abort()
	}
	var names []string
	for _, s := range h.hub.Streams() {
		names = append(names, s.Stream)
	}
	if d := cmp.Diff([]string{"show-a", "show-b", "show-c"}, names); d != "" {
		t.Error(d)
	}
}

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

func TestSecondPublisherIsRefused(t *testing.T) {
	h := open(t, live.Limits{}, rtmp.Limits{})
	first := push(t, h.url("r", goodKey))
	frames(t, first, 0, 3)
	refused(t, h.url("r", otherKey), "NetStream.Publish.BadName")
	if err := first.Write(flv.Video, 200, []byte(avcKey)); err != nil {
		t.Error("the first was disturbed:", err)
	}
	if s := h.hub.Stats(); s.RefusedBusy != 1 || s.Publishers != 1 {
		t.Errorf("%+v", s)
	}
}

func TestMemoryBoundRefuses(t *testing.T) {
	h := open(t, live.Limits{Memory: 1 << 20}, rtmp.Limits{})
	refused(t, h.url("r", goodKey), "NetStream.Publish.Failed")
}

// The same key takes over: the first connection is closed, viewers go on in
// the same response, with time that goes on too.
func TestTakeoverAndReconnectContinueTheStream(t *testing.T) {
	h := open(t, live.Limits{}, rtmp.Limits{})
	first := push(t, h.url("r", goodKey))
	frames(t, first, 1000, 6)
	eventually(t, "frames", func() bool { return h.hub.Info("show-r").KeyInterval > 0 })
	in := flv.NewReader(get(t, h.flv("show-r")).Body, 0)
	until := func(dts uint32) (last flv.Header) {
		for last.DTS < dts {
			tag, err := in.Next()
			if err != nil {
				t.Fatal(err)
			}
			last = tag.Header
		}
		return last
	}
	until(1200)
	second := push(t, h.url("r", goodKey))
	gone(t, "the first", first)
	frames(t, second, 0, 6)
	until(1440)
	second.Abort()
	eventually(t, "the loss to be seen", func() bool { return h.hub.Stats().Publishers == 0 })
	if !h.hub.Info("show-r").Live {
		t.Error("not live in its grace")
	}
	third := push(t, h.url("r", goodKey))
	frames(t, third, 77000, 6)
	until(1680)
	if err := third.End(); err != nil {
		t.Error(err)
	}
	for {
		if _, err := in.Next(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if s := h.hub.Stats(); s.TakenOver != 1 || s.Resumed != 1 || s.Streams != 0 {
		t.Errorf("%+v", s)
	}
}

func TestLostPublisherEndsTheStreamAfterTheGrace(t *testing.T) {
	h := open(t, live.Limits{Grace: 50 * time.Millisecond}, rtmp.Limits{})
	p := push(t, h.url("r", goodKey))
	frames(t, p, 0, 6)
	r := get(t, h.flv("show-r"))
	p.Abort()
	readAll(t, r.Body)
	if r := get(t, h.flv("show-r")); r.StatusCode != http.StatusNotFound {
		t.Error(r.Status)
	}
}

func TestCutDisconnectsThePublisher(t *testing.T) {
	h := open(t, live.Limits{}, rtmp.Limits{})
	for name, cut := range map[string]func() bool{
		"by key":    func() bool { return h.hub.CutKey("k1") == 1 },
		"by stream": func() bool { return h.hub.Cut("show-r") },
	} {
		p := push(t, h.url("r", goodKey))
		frames(t, p, 0, 6)
		r := get(t, h.flv("show-r"))
		if !cut() || cut() {
			t.Errorf("%s: cut", name)
		}
		gone(t, name, p)
		readAll(t, r.Body)
	}
}

// Two messages whose chunks alternate: one is assembled in place, the other
// follows it; nothing of either is lost or mixed.
func TestInterleavedMessages(t *testing.T) {
	h := open(t, live.Limits{}, rtmp.Limits{})
	p := push(t, h.url("r", goodKey))
	frames(t, p, 0, 1)
	v, err := h.hub.Watch("show-r")
	if err != nil {
		t.Fatal(err)
	}
	defer v.Leave()
	first, err := v.Next(t.Context())
	video := chunk.Header{Chunk: 6, Type: chunk.TypeVideo, Stream: 1, Time: 40}
	audio := chunk.Header{Chunk: 4, Type: chunk.TypeAudio, Stream: 1, Time: 50}
	data := chunk.Header{Chunk: 5, Type: chunk.TypeData, Stream: 1, Time: 60}
	if err := p.Out.SetSize(4); err != nil {
		t.Fatal(err)
	}
	text := amf0.Append(nil, "x")
	raw := append(p.Out.AppendHeader(nil, video, 10), "\x27\x01\x00\x00"...)
	raw = append(p.Out.AppendHeader(raw, audio, 5), "\xaf\x01aa"...)
	raw = append(p.Out.AppendHeader(raw, data, len(text)), text...)
	raw = append(p.Out.AppendNext(raw, video), "\x00vvv"...)
	raw = append(p.Out.AppendNext(raw, audio), "a"...)
	raw = append(p.Out.AppendNext(raw, video), "vv"...)
	if _, err := p.Conn.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := p.Write(flv.Video, 80, []byte(avcKey)); err != nil {
		t.Fatal(err)
	}
	var got []string
	for c := first; len(got) < 5; c, err = v.Next(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for b := c.Body; len(b) > 0; {
			head, err := flv.ParseHeader(b)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%d %d %s", head.Type, head.DTS, b[flv.HeaderSize:][:head.Size]))
			b = b[flv.Overhead+head.Size:]
		}
	}
	want := []string{
		"9 0 " + avcKey, "9 40 \x27\x01\x00\x00\x00vvvvv", "8 50 \xaf\x01aaa",
		"18 60 \x02\x00\x01x", "9 80 " + avcKey,
	}
	// Audio and data waited for the same video message: which comes first is
	// the order in which they were complete.
	want[2], want[3] = want[3], want[2]
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestAggregateMessage(t *testing.T) {
	h := open(t, live.Limits{}, rtmp.Limits{})
	p := push(t, h.url("r", goodKey))
	frames(t, p, 0, 1)
	v, err := h.hub.Watch("show-r")
	if err != nil {
		t.Fatal(err)
	}
	defer v.Leave()
	body := flv.AppendTag(nil, flv.Video, 500, []byte(avcInter))
	body = flv.AppendTag(body, flv.Video, 540, []byte(avcInter))
	agg := chunk.Header{Chunk: 6, Type: chunk.TypeAggregate, Stream: 1, Time: 40}
	if err := p.Out.Write(agg, body); err != nil {
		t.Fatal(err)
	}
	eventually(t, "both tags", func() bool {
		info := h.hub.Stats()
		return info.BytesIn >= int64(len(avcHeader)+len(aacHeader)+len(avcKey)+2*len(avcInter))
	})
	if err := p.Out.Write(agg, []byte("\x09\x00")); err != nil {
		t.Fatal(err)
	}
	gone(t, "a broken aggregate", p)
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

// closes wants the server to end the connection, not the test's patience.
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

// raw speaks RTMP by hand from after the handshake on.
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

// Peers that connect and say little or nothing are cut by deadline, whichever
// stage they stop in, dribbling or silent.
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

// Serve ends with its context and takes every connection along.
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
