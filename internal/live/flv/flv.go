// Package flv knows the FLV wire form: the file header, the tag framing, and
// just enough of a tag's first bytes to tell codec headers, key frames and
// everything else apart (legacy and enhanced headers alike). It does not know
// what is inside a codec's payload, where tags come from or who reads them.
package flv

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Type is a tag's kind as it stands on the wire.
type Type uint8

// The tag types that exist; others are relayed by nobody.
const (
	Audio  Type = 8
	Video  Type = 9
	Script Type = 18
)

// Sizes of the framing, in bytes.
const (
	FileHeaderSize  = 13 // nine bytes of header and the first back pointer
	HeaderSize      = 11
	BackPointerSize = 4
	Overhead        = HeaderSize + BackPointerSize // what a tag adds to its payload
	MaxPayload      = 1<<24 - 1
)

// ErrMalformed is wrapped by every error about bytes that are not FLV.
var ErrMalformed = errors.New("flv: malformed")

// Header is the decoded form of a tag's eleven bytes. DTS is in milliseconds
// and wraps after 49 days; Size is the payload's length in bytes.
type Header struct {
	Type Type
	Size int
	DTS  uint32
}

// AppendFileHeader appends the thirteen bytes every FLV stream begins with.
func AppendFileHeader(dst []byte, audio, video bool) []byte {
	var flags byte
	if audio {
		flags |= 4
	}
	if video {
		flags |= 1
	}
	return append(dst, 'F', 'L', 'V', 1, flags, 0, 0, 0, 9, 0, 0, 0, 0)
}

// PutHeader writes a tag header into the first eleven bytes of dst.
func PutHeader(dst []byte, h Header) {
	_ = dst[HeaderSize-1]
	binary.BigEndian.PutUint32(dst, uint32(h.Size)&MaxPayload|uint32(h.Type)<<24)
	Stamp(dst, h.DTS)
	dst[8], dst[9], dst[10] = 0, 0, 0
}

// Stamp replaces the time of the tag that begins at tag[0].
func Stamp(tag []byte, dts uint32) {
	_ = tag[7]
	tag[4], tag[5], tag[6] = byte(dts>>16), byte(dts>>8), byte(dts)
	tag[7] = byte(dts >> 24)
}

// PutBackPointer writes the four bytes that follow a payload of size bytes.
func PutBackPointer(dst []byte, size int) {
	binary.BigEndian.PutUint32(dst, uint32(size+HeaderSize))
}

// AppendTag appends a whole tag: header, payload, back pointer.
func AppendTag(dst []byte, t Type, dts uint32, payload []byte) []byte {
	var frame [Overhead]byte
	PutHeader(frame[:], Header{t, len(payload), dts})
	PutBackPointer(frame[HeaderSize:], len(payload))
	dst = append(dst, frame[:HeaderSize]...)
	dst = append(dst, payload...)
	return append(dst, frame[HeaderSize:]...)
}

// ParseHeader decodes the eleven bytes at b[0]. It fails with ErrMalformed on
// too few bytes, an unknown type or an encrypted tag.
func ParseHeader(b []byte) (Header, error) {
	if len(b) < HeaderSize {
		return Header{}, fmt.Errorf("%w: %d bytes of tag header", ErrMalformed, len(b))
	}
	h := Header{
		Type: Type(b[0]),
		Size: int(binary.BigEndian.Uint32(b) & MaxPayload),
		DTS:  binary.BigEndian.Uint32(b[3:])&MaxPayload | uint32(b[7])<<24,
	}
	switch h.Type {
	case Audio, Video, Script:
		return h, nil
	}
	return Header{}, fmt.Errorf("%w: tag type %d", ErrMalformed, b[0])
}
