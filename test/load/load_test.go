//go:build linux

package main

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"synctv/internal/live/flv"
)

// wire is n pictures of the show as FLV tags.
func wire(n int) (b []byte, pictures int) {
	s := newShow(usual())
	for pictures < n {
		t, due, payload := s.next()
		if t == flv.Video {
			stamp(payload)
			pictures++
		}
		b = flv.AppendTag(b, t, uint32(due/time.Millisecond), payload)
	}
	return b, pictures
}

func chunked(b []byte, size int) string {
	var out strings.Builder
	out.WriteString("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
	b = append(flv.AppendFileHeader(nil, true, true), b...)
	for len(b) > 0 {
		n := min(size, len(b))
		fmt.Fprintf(&out, "%x\r\n%s\r\n", n, b[:n])
		b = b[n:]
	}
	return out.String()
}

// However the bytes are cut, by chunks and by reads, every picture is found.
func TestWatcherFindsEveryPicture(t *testing.T) {
	b, pictures := wire(130)
	for _, size := range []int{1000, 4096, 70000} {
		for _, step := range []int{1, 7, 1500, 1 << 20} {
			w := &watcher{}
			for rest := chunked(b, size); rest != ""; {
				n := min(step, len(rest))
				if err := w.take([]byte(rest[:n]), monotonic(), true); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if w.frames != pictures || w.gaps+w.broken != 0 || len(w.latency) != pictures || w.first == 0 {
				t.Errorf("chunks of %d, reads of %d: %d pictures, %d gaps", size, step, w.frames, w.gaps)
			}
		}
	}
}

func TestWatcherTellsSkipsFromBrokenGaps(t *testing.T) {
	for name, c := range map[string]struct {
		key          bool
		gaps, broken int
	}{"at a key frame": {true, 1, 0}, "elsewhere": {false, 1, 1}} {
		t.Run(name, func(t *testing.T) {
			w := &watcher{plain: true}
			for i, sequence := range []uint32{0, 1, 9} {
				p := picture(i == 2 && c.key, frameBytes)
				binary.BigEndian.PutUint32(p[sequenceAt:], sequence)
				if err := w.take(flv.AppendTag(nil, flv.Video, 0, p), monotonic(), false); err != nil {
					t.Fatal(err)
				}
			}
			if w.gaps != c.gaps || w.broken != c.broken {
				t.Errorf("%d gaps, %d broken", w.gaps, w.broken)
			}
		})
	}
}

func TestWatcherRefusesOtherAnswers(t *testing.T) {
	w := &watcher{}
	if err := w.take([]byte("HTTP/1.1 404 Not Found\r\n\r\n"), 0, false); err == nil {
		t.Error("taken")
	}
}

// The show is 2.7 Mbit/s with a key frame every two seconds.
func TestShowIsWhatItSays(t *testing.T) {
	b, _ := wire(30 * 10)
	if rate := float64(len(b)) * 8 / 10 / 1e6; rate < 2.6 || rate > 2.8 {
		t.Errorf("%.2f Mbit/s", rate)
	}
}

func TestPercentile(t *testing.T) {
	v := []float32{5, 1, 4, 2, 3}
	if percentile(v, 50) != 3 || percentile(v, 99) != 5 || percentile(nil, 50) != 0 {
		t.Error(v)
	}
}
