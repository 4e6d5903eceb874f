package streamlog

import (
	"time"

	"synctv/internal/live/flv"
)

const (
	// seam is the stream time between the last tag of one writer and the first
	// frame of the next: about a frame, so that players see no gap.
	seam = 40
	// audioPoint is how far apart a stream without video offers places to
	// begin at, and how long it must have been without to count as such.
	audioPoint = time.Second
)

// Writer appends to a log. Its methods belong to one goroutine; a newer writer
// takes the log over at any moment, after which the older one's bytes go
// nowhere and its calls fail with ErrSuperseded.
type Writer struct {
	log *Log

	// Owned by the writing goroutine, and by mu where other writers look.
	open  bool
	seg   *segment
	at    int // where the open message's tag begins in seg.buf
	head  flv.Header
	shift uint32 // added to every time stamp so that the stream goes on
	based bool   // shift is settled
	video bool   // this writer has sent video
	first uint32 // its first frame's time
}

// NewWriter takes the log over. A writer after the first continues the time
// stamps where its predecessor stopped.
func (l *Log) NewWriter() *Writer {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := &Writer{log: l}
	l.writer = w
	// The predecessor may still be assembling a message behind the committed
	// end of its segment: leave that memory to it.
	l.tail = nil
	return w
}

// Reserve opens the one message that is assembled in place and returns where
// its n payload bytes go. It must be followed by Commit or Rollback. Errors:
// ErrTooLarge, ErrMemory, ErrClosed, ErrSuperseded.
func (w *Writer) Reserve(t flv.Type, dts uint32, n int) ([]byte, error) {
	if w.open {
		panic("streamlog: Reserve with a message open")
	}
	l := w.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := w.check(); err != nil {
		return nil, err
	}
	if n > l.limits.Message {
		return nil, ErrTooLarge
	}
	seg, err := l.room(n+flv.Overhead, dts+w.shift)
	if err != nil {
		return nil, err
	}
	w.open, w.seg, w.at = true, seg, int(l.end-seg.base)
	w.head = flv.Header{Type: t, Size: n, DTS: dts}
	from := w.at + flv.HeaderSize
	return seg.buf[from : from+n : from+n], nil
}

// Rollback gives the open message up.
func (w *Writer) Rollback() { w.open = false }

// Append takes a message assembled elsewhere.
func (w *Writer) Append(t flv.Type, dts uint32, payload []byte) (changed bool, err error) {
	dst, err := w.Reserve(t, dts, len(payload))
	if err != nil {
		return false, err
	}
	copy(dst, payload)
	return w.Commit()
}

// Commit ends the open message: from now on it is part of the log and its
// bytes never change. Viewers see it at once if it is a video frame, else with
// the next one or when it has waited long enough. It says whether the codecs
// of the stream became known or changed by it.
func (w *Writer) Commit() (changed bool, err error) {
	if !w.open {
		panic("streamlog: Commit without a message open")
	}
	w.open = false
	l := w.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := w.check(); err != nil {
		return false, err
	}
	payload := w.seg.buf[w.at+flv.HeaderSize:][:w.head.Size]
	p := flv.Inspect(w.head.Type, payload)
	w.frame(p)
	changed = l.classify(w, p, payload)
	l.end += int64(w.head.Size + flv.Overhead)
	l.bytes += int64(w.head.Size)
	l.trim()
	l.soon(l.wait(w.head.Type, p))
	return changed, nil
}

// Flush shows viewers at once what waits for company.
func (w *Writer) Flush() { w.log.overdue() }

// check says whether this writer may still write. The caller holds mu.
func (w *Writer) check() error {
	if w.log.closed {
		return ErrClosed
	}
	if w.log.writer != w {
		return ErrSuperseded
	}
	return nil
}

// frame settles the message's time and writes the framing around the payload.
// The caller holds mu.
func (w *Writer) frame(p flv.Packet) {
	l := w.log
	media := p.Class == flv.Frame || p.Class == flv.Key
	if media && !w.based {
		w.based, w.first = true, w.head.DTS
		if l.any {
			w.shift = l.last + seam - w.head.DTS
			w.first += w.shift
		}
	}
	if w.based {
		w.head.DTS += w.shift
	} else if l.any {
		// Headers a reconnected encoder sends before its first frame.
		w.head.DTS = l.last
	}
	if media && (!l.any || int32(w.head.DTS-l.last) > 0) {
		l.last, l.any = w.head.DTS, true
	}
	flv.PutHeader(w.seg.buf[w.at:], w.head)
	flv.PutBackPointer(w.seg.buf[w.at+flv.HeaderSize+w.head.Size:], w.head.Size)
}

// classify files what the message means: a header, a place to begin at, a
// codec. The caller holds mu; the message is not yet counted into end.
func (l *Log) classify(w *Writer, p flv.Packet, payload []byte) (changed bool) {
	switch p.Class {
	case flv.Metadata, flv.Config:
		l.heads.note(w.head.Type, p, payload)
	case flv.Key:
		l.key(w, p)
	case flv.Frame:
		l.audioOnly(w)
	}
	if w.head.Type == flv.Video && p.Class != flv.Other {
		w.video = true
		if p.Class != flv.Config && p.Main() {
			l.frames.tick(w.head.DTS)
		}
	}
	if p.Codec == "" || !p.Main() {
		return false
	}
	known := &l.audio
	if w.head.Type == flv.Video {
		known = &l.video
	}
	changed = *known != p.Codec
	*known = p.Codec
	return changed
}

// key files a key frame. One whose codec header never came is no place to
// begin at: a decoder could make nothing of it.
func (l *Log) key(w *Writer, p flv.Packet) {
	if w.head.Type != flv.Video || !p.Main() {
		return
	}
	l.keys.tick(w.head.DTS)
	if needsHeader(p.Codec) && !l.heads.video {
		return
	}
	w.video = true
	l.point(w)
}

func needsHeader(codec string) bool {
	switch codec {
	case "avc1", "hvc1", "av01", "vvc1":
		return true
	}
	return false
}

// audioOnly files places to begin at while there is no video.
func (l *Log) audioOnly(w *Writer) {
	if w.head.Type != flv.Audio || w.video || since(w.head.DTS, w.first) < audioPoint {
		return
	}
	if n := len(l.points); n > 0 && since(w.head.DTS, l.points[n-1].DTS) < audioPoint {
		return
	}
	l.point(w)
}

func (l *Log) point(w *Writer) {
	dts := w.head.DTS
	l.points = append(l.points, Point{
		Offset: l.end, DTS: dts, gen: l.heads.gen, prefix: l.heads.prefix(dts),
		HasAudio: l.audio != "" || !w.video, HasVideo: w.video,
	})
}

// wait is how long viewers may wait for a message of this kind.
func (l *Log) wait(t flv.Type, p flv.Packet) time.Duration {
	if t == flv.Video && (p.Class == flv.Frame || p.Class == flv.Key) {
		return l.limits.Merge
	}
	return max(l.limits.Audio, l.limits.Merge)
}
