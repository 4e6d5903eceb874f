package flv

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Tag is one tag read from a stream. Payload is valid until the next call of
// Reader.Next.
type Tag struct {
	Header
	Payload []byte
}

// Reader takes an FLV stream apart. It is used by one goroutine at a time.
type Reader struct {
	// Offset is the number of bytes consumed so far, for error messages.
	Offset int64

	in      *bufio.Reader
	max     int
	buf     []byte
	started bool
	flags   byte
}

// NewReader reads FLV from in and refuses, before allocating, any payload
// larger than max bytes (0: the format's own limit of 16 MiB).
func NewReader(in io.Reader, max int) *Reader {
	if max <= 0 || max > MaxPayload {
		max = MaxPayload
	}
	return &Reader{in: bufio.NewReaderSize(in, 64<<10), max: max}
}

// Start reads the file header and says which tracks it announces. Next calls
// it when the caller has not.
func (r *Reader) Start() (audio, video bool, err error) {
	if !r.started {
		if err := r.start(); err != nil {
			return false, false, err
		}
	}
	return r.flags&4 != 0, r.flags&1 != 0, nil
}

func (r *Reader) start() error {
	var head [FileHeaderSize]byte
	if err := r.fill(head[:]); err != nil {
		return err
	}
	if string(head[:3]) != "FLV" || head[3] != 1 || binary.BigEndian.Uint32(head[5:]) != 9 {
		return fmt.Errorf("%w: no FLV header", ErrMalformed)
	}
	r.started, r.flags = true, head[4]
	return nil
}

// Next returns the next tag; io.EOF at a clean end, io.ErrUnexpectedEOF in the
// middle of a tag, ErrMalformed on anything that is not FLV.
func (r *Reader) Next() (Tag, error) {
	if _, _, err := r.Start(); err != nil {
		return Tag{}, err
	}
	var head [HeaderSize]byte
	if err := r.fill(head[:]); err != nil {
		return Tag{}, err
	}
	h, err := ParseHeader(head[:])
	if err != nil {
		return Tag{}, fmt.Errorf("at byte %d: %w", r.Offset-HeaderSize, err)
	}
	if h.Size > r.max {
		return Tag{}, fmt.Errorf("%w: payload of %d bytes", ErrMalformed, h.Size)
	}
	if err := r.body(h); err != nil {
		return Tag{}, err
	}
	return Tag{h, r.buf[:h.Size]}, nil
}

// body reads payload and back pointer, growing only as bytes really arrive so
// that a lying length costs its sender, not us.
func (r *Reader) body(h Header) error {
	need := h.Size + BackPointerSize
	const step = 256 << 10
	for have := 0; have < need; {
		next := min(need, have+step)
		if cap(r.buf) < next {
			grown := make([]byte, next, max(next, min(need, 2*cap(r.buf))))
			copy(grown, r.buf[:have])
			r.buf = grown
		}
		r.buf = r.buf[:next]
		if err := r.fill(r.buf[have:next]); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		have = next
	}
	back := binary.BigEndian.Uint32(r.buf[h.Size:need])
	if back != uint32(h.Size+HeaderSize) {
		return fmt.Errorf("%w: back pointer %d after a payload of %d", ErrMalformed, back, h.Size)
	}
	return nil
}

func (r *Reader) fill(b []byte) error {
	n, err := io.ReadFull(r.in, b)
	r.Offset += int64(n)
	return err
}
