package live

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"synctv/internal/live/flv"
)

const handshake = "GET /a HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// readFrames returns the payload of all binary frames and the close code.
func readFrames(r *bufio.Reader) (all []byte, frames int, code uint16, err error) {
	for {
		var head [2]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return all, frames, 0, err
		}
		n := uint64(head[1])
		if n > 127 || head[0]&0x70 != 0 {
			return all, frames, 0, fmt.Errorf("masked or reserved: %x", head)
		}
		if extra := map[uint64]int{126: 2, 127: 8}[n]; extra > 0 {
			var b [8]byte
			if _, err := io.ReadFull(r, b[8-extra:]); err != nil {
				return all, frames, 0, err
			}
			n = binary.BigEndian.Uint64(b[:])
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(r, body); err != nil {
			return all, frames, 0, err
		}
		switch head[0] {
		case 0x82:
			all, frames = append(all, body...), frames+1
		case 0x88:
			return all, frames, binary.BigEndian.Uint16(body), nil
		default:
			return all, frames, 0, fmt.Errorf("frame %x", head[0])
		}
	}
}

// The same bytes as by HTTP come in binary frames, one for each write, and the
// end of the stream is a close frame.
func TestWebSocketCarriesTheSameBytes(t *testing.T) {
	h := NewHub(Limits{}, nil)
	s := site(t, h, nil)
	s.Start()
	p := publish(t, h, Pass{Stream: "a", Key: "k"})
	show(t, p, 0, 14, 30<<10)
	in := bufio.NewReader(connect(t, s, handshake))
	answer, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	// The key and its answer are the example of RFC 6455, section 1.3.
	if answer.StatusCode != 101 || answer.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" ||
		answer.Header.Get("Content-Type") != "" {
		t.Errorf("%s %v", answer.Status, answer.Header)
	}
	eventually(t, "the viewer up to date", func() bool { return h.Stats().BytesOut > 4*30<<10 })
	for i := range uint32(20) {
		if err := p.Append(flv.Video, 600+i*40, frame(i == 10, 100+int(i)*10000)); err != nil {
			t.Fatal(err)
		}
	}
	p.Close(true)
	all, frames, code, err := readFrames(in)
	if err != nil || code != closeNormal || frames < 2 {
		t.Errorf("%d frames, closed with %d: %v", frames, code, err)
	}
	got := classes(t, bytes.NewReader(all))
	if len(got) < 2+4+20 || got[0] != flv.Config || got[2] != flv.Key {
		t.Errorf("%d tags: %v", len(got), got)
	}
}

func TestBadHandshakesAreRefused(t *testing.T) {
	h := NewHub(Limits{}, nil)
	defer h.Close()
	for name, change := range map[string]func(*http.Request){
		"no key":      func(r *http.Request) { r.Header.Del("Sec-WebSocket-Key") },
		"short key":   func(r *http.Request) { r.Header.Set("Sec-WebSocket-Key", "aGk=") },
		"old version": func(r *http.Request) { r.Header.Set("Sec-WebSocket-Version", "8") },
		"post":        func(r *http.Request) { r.Method = http.MethodPost },
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(handshake)))
			if err != nil {
				t.Fatal(err)
			}
			change(r)
			if err := h.ServeFLV(httptest.NewRecorder(), r, "a"); !errors.Is(err, ErrHandshake) {
				t.Error(err)
			}
		})
	}
}

func TestSocketFrames(t *testing.T) {
	for n, want := range map[int]string{
		0: "\x82\x00", 125: "\x82\x7d", 126: "\x82\x7e\x00\x7e", 65535: "\x82\x7e\xff\xff",
		65536: "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00",
	} {
		if got := appendSocketFrame(nil, opBinary, n); string(got) != want {
			t.Errorf("%d: %x", n, got)
		}
	}
}
