package hls

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"
)

var errHeader = errors.New("hls: malformed codec header")

// reader takes bytes off the front and remembers when there were too few.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if r.bad || len(r.b) < n {
		r.bad = true
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) uint8() int {
	if b := r.take(1); b != nil {
		return int(b[0])
	}
	return 0
}

// unit is a NAL unit behind its two bytes of length; empty ones are malformed.
func (r *reader) unit() []byte {
	b := r.take(2)
	if b == nil {
		return nil
	}
	n := int(binary.BigEndian.Uint16(b))
	if n == 0 {
		r.bad = true
	}
	return r.take(n)
}

// avcSets reads an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1).
func avcSets(record []byte) (sps, pps []byte, err error) {
	r := &reader{b: record}
	head := r.take(5)
	if head != nil && head[4]&3 != 3 {
		return nil, nil, fmt.Errorf("%w: NAL lengths of %d bytes", errHeader, head[4]&3+1)
	}
	for range r.uint8() & 31 {
		sps = r.unit()
	}
	for range r.uint8() {
		pps = r.unit()
	}
	if r.bad || len(sps) == 0 || len(pps) == 0 {
		return nil, nil, fmt.Errorf("%w: AVC", errHeader)
	}
	return sps, pps, nil
}

// Kinds of HEVC parameter sets.
const (
	hevcVPS = 32
	hevcSPS = 33
	hevcPPS = 34
)

// hevcSets reads an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1).
func hevcSets(record []byte) (vps, sps, pps []byte, err error) {
	r := &reader{b: record}
	head := r.take(22)
	if head != nil && head[21]&3 != 3 {
		return nil, nil, nil, fmt.Errorf("%w: NAL lengths of %d bytes", errHeader, head[21]&3+1)
	}
	for range r.uint8() {
		kind := r.uint8() & 63
		count := r.take(2)
		if count == nil {
			break
		}
		for range min(binary.BigEndian.Uint16(count), 64) {
			switch u := r.unit(); kind {
			case hevcVPS:
				vps = u
			case hevcSPS:
				sps = u
			case hevcPPS:
				pps = u
			}
		}
	}
	if r.bad || len(vps) == 0 || len(sps) == 0 || len(pps) == 0 {
		return nil, nil, nil, fmt.Errorf("%w: HEVC", errHeader)
	}
	return vps, sps, pps, nil
}

// av1Sequence reads the sequence header of an AV1CodecConfigurationRecord.
func av1Sequence(record []byte) ([]byte, error) {
	r := &reader{b: record}
	r.take(4)
	var units av1.Bitstream
	if r.bad || units.Unmarshal(r.b) != nil {
		return nil, fmt.Errorf("%w: AV1", errHeader)
	}
	for _, u := range units {
		if av1.OBUType(u[0]>>3&15) == av1.OBUTypeSequenceHeader {
			return u, nil
		}
	}
	return nil, fmt.Errorf("%w: AV1 without sequence header", errHeader)
}

// opusChannels reads an identification header (RFC 7845, 5.1). gohlslib muxes
// mono and stereo only.
func opusChannels(head []byte) (int, error) {
	r := &reader{b: head}
	if string(r.take(8)) != "OpusHead" {
		return 0, fmt.Errorf("%w: Opus", errHeader)
	}
	r.uint8()
	if n := r.uint8(); n == 1 || n == 2 {
		return n, nil
	}
	return 0, fmt.Errorf("%w: Opus channels", errHeader)
}
