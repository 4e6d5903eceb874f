//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"synctv/internal/live/flv"
)

// watcher takes apart what one viewer receives: an HTTP head, chunks if it says
// so, and FLV tags, of which it checks that none is missing.
type watcher struct {
	begun   int64 // when it connected, ns
	first   int64 // when its first key frame was whole, ns; 0: not yet
	bytes   int64
	frames  int
	gaps    int // pictures missing, resumed at a key frame
	broken  int // pictures missing, resumed at another
	latency []float32

	plain   bool // no HTTP before the tags
	head    []byte
	headed  bool
	chunked bool
	left    int64  // of the chunk
	line    []byte // a chunk's size line, as far as it came
	over    bool   // the last chunk came

	facts [flv.HeaderSize + factsEnd]byte
	have  int
	skip  int // of the tag, behind its facts
	next  uint32
	known bool
}

var errResponse = errors.New("unexpected response")

// take handles bytes that arrived at the given time; latencies are noted only
// while measuring.
func (w *watcher) take(b []byte, now int64, measuring bool) error {
	if !w.headed && !w.plain {
		var err error
		if b, err = w.response(b); err != nil {
			return err
		}
	}
	if !w.chunked {
		w.feed(b, now, measuring)
		return nil
	}
	return w.unchunk(b, now, measuring)
}

// response swallows the HTTP head and returns what follows it.
func (w *watcher) response(b []byte) ([]byte, error) {
	w.head = append(w.head, b...)
	at := bytes.Index(w.head, []byte("\r\n\r\n"))
	if at < 0 {
		return nil, nil
	}
	if !bytes.HasPrefix(w.head, []byte("HTTP/1.1 200 ")) {
		return nil, fmt.Errorf("%w: %.60q", errResponse, w.head)
	}
	w.headed, w.skip = true, flv.FileHeaderSize
	w.chunked = bytes.Contains(w.head[:at], []byte("Transfer-Encoding: chunked"))
	rest := w.head[at+4:]
	w.head = nil
	return rest, nil
}

func (w *watcher) unchunk(b []byte, now int64, measuring bool) error {
	for len(b) > 0 && !w.over {
		if w.left > 0 {
			n := min(w.left, int64(len(b)))
			w.feed(b[:n], now, measuring)
			w.left -= n
			b = b[n:]
			continue
		}
		at := bytes.IndexByte(b, '\n')
		if at < 0 {
			w.line = append(w.line, b...)
			return nil
		}
		w.line = append(w.line, b[:at]...)
		b = b[at+1:]
		line := bytes.TrimSpace(w.line)
		w.line = w.line[:0]
		if len(line) == 0 {
			continue // the end of the chunk before
		}
		var err error
		if w.left, err = strconv.ParseInt(string(line), 16, 64); err != nil {
			return fmt.Errorf("%w: chunk size %q", errResponse, line)
		}
		w.over = w.left == 0
	}
	return nil
}

// feed takes tags apart.
func (w *watcher) feed(b []byte, now int64, measuring bool) {
	w.bytes += int64(len(b))
	for len(b) > 0 {
		if w.skip > 0 {
			n := min(w.skip, len(b))
			w.skip -= n
			b = b[n:]
			if w.skip == 0 && w.have > 0 {
				w.tag(now, measuring)
			}
			continue
		}
		want := flv.HeaderSize
		if w.have >= want {
			want += min(w.size(), factsEnd)
		}
		n := copy(w.facts[w.have:want], b)
		w.have += n
		b = b[n:]
		if w.have == want && want > flv.HeaderSize || w.have == flv.HeaderSize && w.size() == 0 {
			w.skip = w.size() - (w.have - flv.HeaderSize) + flv.BackPointerSize
		}
	}
}

func (w *watcher) size() int { return int(binary.BigEndian.Uint32(w.facts[:])) & flv.MaxPayload }

// tag notes a tag that is there to its last byte.
func (w *watcher) tag(now int64, measuring bool) {
	w.have = 0
	payload := w.facts[flv.HeaderSize:]
	if flv.Type(w.facts[0]) != flv.Video || w.size() < factsEnd || payload[1] != 1 {
		return
	}
	key := payload[0] == 0x17
	if key && w.first == 0 {
		w.first = now
	}
	sequence := binary.BigEndian.Uint32(payload[sequenceAt:])
	if w.known && sequence != w.next {
		w.gaps++
		if !key {
			w.broken++
		}
	}
	w.known, w.next = true, sequence+1
	w.frames++
	if measuring {
		sent := int64(binary.BigEndian.Uint64(payload[stampAt:]))
		w.latency = append(w.latency, float32(now-sent)/1e6)
	}
}
