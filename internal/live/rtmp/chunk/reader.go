package chunk

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// Reader reads chunks. It is used by one goroutine.
type Reader struct {
	in      *bufio.Reader
	sink    Sink
	size    int
	streams map[uint32]*stream
	scratch [18]byte // the largest header, and control messages
}

// stream is what is remembered of one chunk stream.
type stream struct {
	head     Header
	delta    uint32 // time between messages
	extended uint32 // the last 32-bit time field, if hasExt
	hasExt   bool
	used     bool // a full header was there
	body     []byte
	got      int
	open     bool // a message is being assembled
}

// NewReader reads chunks from in and hands messages to sink.
func NewReader(in io.Reader, sink Sink) *Reader {
	return &Reader{
		in: bufio.NewReaderSize(in, 64<<10), sink: sink,
		size: initialSize, streams: make(map[uint32]*stream),
	}
}

// Read reads one chunk. It fails with ErrMalformed, with the sink's error or
// with the connection's.
func (r *Reader) Read() error {
	format, id, err := r.basic()
	if err != nil {
		return err
	}
	s, err := r.stream(id, format)
	if err != nil {
		return err
	}
	if err := r.header(s, format); err != nil {
		return err
	}
	if !s.open {
		if err := r.begin(s); err != nil {
			return err
		}
	}
	n := min(r.size, s.head.Len-s.got)
	if err := r.fill(s.body[s.got : s.got+n]); err != nil {
		return err
	}
	s.got += n
	if s.got < s.head.Len {
		return nil
	}
	return r.finish(s)
}

// fill reads exactly b; an end in the middle of a chunk is unexpected.
func (r *Reader) fill(b []byte) error {
	_, err := io.ReadFull(r.in, b)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// basic reads the one to three bytes that say format and chunk stream. This is
// the only place where the connection may end cleanly.
func (r *Reader) basic() (format byte, id uint32, err error) {
	first, err := r.in.ReadByte()
	if err != nil {
		return 0, 0, err
	}
	format, id = first>>6, uint32(first&0x3f)
	if id > 1 {
		return format, id, nil
	}
	b := r.scratch[:id+1]
	if err := r.fill(b); err != nil {
		return 0, 0, err
	}
	id = 64 + uint32(b[0])
	if len(b) == 2 {
		id += uint32(b[1]) << 8
	}
	return format, id, nil
}

func (r *Reader) stream(id uint32, format byte) (*stream, error) {
	s := r.streams[id]
	if s == nil {
		if len(r.streams) >= maxStreams {
			return nil, fmt.Errorf("%w: more than %d chunk streams", ErrMalformed, maxStreams)
		}
		s = &stream{head: Header{Chunk: id}}
		r.streams[id] = s
	}
	// Some encoders begin a stream with format 1: nothing is missing but the
	// message stream. Formats 2 and 3 would lack a length.
	if !s.used && format > 1 {
		return nil, fmt.Errorf("%w: chunk stream %d begins with format %d", ErrMalformed, id, format)
	}
	if s.open && format != 3 {
		return nil, fmt.Errorf("%w: header inside a message", ErrMalformed)
	}
	s.used = true
	return s, nil
}

// header reads the message header in its four lengths: 11, 7, 3 or 0 bytes.
func (r *Reader) header(s *stream, format byte) error {
	if format == 3 {
		return r.repeated(s)
	}
	b := r.scratch[:[...]int{11, 7, 3}[format]]
	if err := r.fill(b); err != nil {
		return err
	}
	time := uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
	if format < 2 {
		s.head.Len = int(get24(b[3:]))
		s.head.Type = b[6]
	}
	if format == 0 {
		s.head.Stream = binary.LittleEndian.Uint32(b[7:])
	}
	s.hasExt = time == extended
	if s.hasExt {
		if err := r.fill(r.scratch[:4]); err != nil {
			return err
		}
		time = binary.BigEndian.Uint32(r.scratch[:])
		s.extended = time
	}
	s.delta = time
	if format == 0 {
		s.head.Time = time
	} else {
		s.head.Time += time
	}
	return nil
}

// repeated handles a header of no bytes: the next chunk of a message, or a new
// message like the last. Where the last had a 32-bit time, most encoders repeat
// it and some do not: the four bytes are taken only if they are that time.
func (r *Reader) repeated(s *stream) error {
	if s.hasExt {
		b, err := r.in.Peek(4)
		if err != nil && len(b) < 4 && !s.open {
			return io.ErrUnexpectedEOF
		}
		if len(b) == 4 && binary.BigEndian.Uint32(b) == s.extended {
			_, _ = r.in.Discard(4) // just peeked
		}
	}
	if !s.open {
		s.head.Time += s.delta
	}
	return nil
}

// begin finds the place for a new message.
func (r *Reader) begin(s *stream) (err error) {
	if own(s.head.Type) {
		if s.head.Len != 4 {
			return fmt.Errorf("%w: control message of %d bytes", ErrMalformed, s.head.Len)
		}
		s.body = make([]byte, 4)
	} else if s.body, err = r.sink.Open(s.head); err != nil {
		return err
	}
	s.open, s.got = true, 0
	return nil
}

func own(messageType uint8) bool {
	return messageType == TypeSetChunkSize || messageType == TypeAbort
}

func (r *Reader) finish(s *stream) error {
	body := s.body
	s.open, s.body = false, nil
	if !own(s.head.Type) {
		return r.sink.Done(s.head, body)
	}
	v := binary.BigEndian.Uint32(body)
	if s.head.Type == TypeAbort {
		r.abort(v)
		return nil
	}
	if v == 0 || v > 1<<31-1 {
		return fmt.Errorf("%w: chunk size %d", ErrMalformed, v)
	}
	r.size = int(min(v, maxSize))
	return nil
}

// abort gives up the message that chunk stream id is in the middle of.
func (r *Reader) abort(id uint32) {
	s := r.streams[id]
	if s == nil || !s.open {
		return
	}
	body := s.body
	s.open, s.body = false, nil
	if !own(s.head.Type) {
		r.sink.Drop(s.head, body)
	}
}
