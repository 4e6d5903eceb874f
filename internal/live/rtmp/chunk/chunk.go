// Package chunk splits messages into RTMP chunks and puts them together again.
// It knows chunk headers, chunk sizes and the two control messages that change
// them (set chunk size, abort), and nothing of what messages mean. The reader
// asks its sink where a message's bytes belong before it reads them, so that
// they are assembled where they are to stay.
package chunk

import (
	"encoding/binary"
	"errors"
)

// Message types that the chunk layer itself handles, and those its users name.
const (
	TypeSetChunkSize  = 1
	TypeAbort         = 2
	TypeAck           = 3
	TypeUserControl   = 4
	TypeWindowAckSize = 5
	TypePeerBandwidth = 6
	TypeAudio         = 8
	TypeVideo         = 9
	TypeDataAMF3      = 15
	TypeCommandAMF3   = 17
	TypeData          = 18
	TypeCommand       = 20
	TypeAggregate     = 22
)

const (
	initialSize = 128
	maxSize     = 1<<24 - 1
	extended    = 1<<24 - 1 // the 24-bit time that says: 32 bits follow
	maxStreams  = 64
)

// ErrMalformed is wrapped by every error about bytes that are not chunks.
var ErrMalformed = errors.New("chunk: malformed")

// Header describes one message. Time is in milliseconds and absolute.
type Header struct {
	Chunk  uint32 // chunk stream id
	Type   uint8
	Time   uint32
	Len    int    // bytes
	Stream uint32 // message stream id
}

// Sink takes messages apart from the chunk layer's own. Its methods are called
// from Reader.Read, one at a time; an error ends the reading.
type Sink interface {
	// Open is asked where a message belongs before any of it is read. It
	// returns exactly h.Len bytes and decides whether so many are welcome.
	Open(h Header) ([]byte, error)
	// Done hands the message over; body is what Open returned.
	Done(h Header, body []byte) error
	// Drop says that the peer gave an opened message up.
	Drop(h Header, body []byte)
}

func put24(b []byte, v uint32) { b[0], b[1], b[2] = byte(v>>16), byte(v>>8), byte(v) }

func get24(b []byte) uint32 { return binary.BigEndian.Uint32(b[:4]) >> 8 }
