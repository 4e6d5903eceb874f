package chunk

import (
	"encoding/binary"
	"io"
)

// Writer writes messages as chunks: each begins with a full header. One
// message is one call of the connection's Write. It is used by one goroutine.
type Writer struct {
	out  io.Writer
	size int
	buf  []byte
}

// NewWriter writes chunks of the protocol's initial size.
func NewWriter(out io.Writer) *Writer { return &Writer{out: out, size: initialSize} }

// SetSize tells the peer and uses chunks of n bytes from here on.
func (w *Writer) SetSize(n int) error {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(n))
	err := w.Write(Header{Chunk: 2, Type: TypeSetChunkSize}, b[:])
	w.size = n
	return err
}

// Write sends one message; h.Len is taken from body.
func (w *Writer) Write(h Header, body []byte) error {
	w.buf = w.Append(w.buf[:0], h, body)
	_, err := w.out.Write(w.buf)
	return err
}

// Append appends a whole message, for callers that send several at once.
func (w *Writer) Append(dst []byte, h Header, body []byte) []byte {
	dst = w.AppendHeader(dst, h, len(body))
	for n := min(w.size, len(body)); ; n = min(w.size, len(body)) {
		dst = append(dst, body[:n]...)
		if body = body[n:]; len(body) == 0 {
			return dst
		}
		dst = w.AppendNext(dst, h)
	}
}

// AppendHeader appends the full header of a message of n bytes. Together with
// AppendNext it lets callers interleave messages.
func (w *Writer) AppendHeader(dst []byte, h Header, n int) []byte {
	var b [11]byte
	put24(b[:], min(h.Time, extended))
	put24(b[3:], uint32(n))
	b[6] = h.Type
	binary.LittleEndian.PutUint32(b[7:], h.Stream)
	dst = append(appendBasic(dst, 0, h.Chunk), b[:]...)
	return appendExtended(dst, h.Time)
}

// AppendNext appends the header of a message's second and later chunks.
func (w *Writer) AppendNext(dst []byte, h Header) []byte {
	return appendExtended(appendBasic(dst, 3, h.Chunk), h.Time)
}

func appendExtended(dst []byte, time uint32) []byte {
	if time < extended {
		return dst
	}
	return binary.BigEndian.AppendUint32(dst, time)
}

func appendBasic(dst []byte, format byte, id uint32) []byte {
	switch {
	case id < 64:
		return append(dst, format<<6|byte(id))
	case id < 320:
		return append(dst, format<<6, byte(id-64))
	default:
		return append(dst, format<<6|1, byte(id-64), byte((id-64)>>8))
	}
}
