package rtmp_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"synctv/internal/live"
	"synctv/internal/live/flv"
	"synctv/internal/live/rtmp"
	"synctv/internal/live/rtmp/amf0"
	"synctv/internal/live/rtmp/chunk"
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

// closes wants the server to end the connection, not the test's patience.
// raw speaks RTMP by hand from after the handshake on.
// Peers that connect and say little or nothing are cut by deadline, whichever
// stage they stop in, dribbling or silent.
// Serve ends with its context and takes every connection along.
