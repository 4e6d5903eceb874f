package flv

import (
	"bytes"
	"strings"
)

// Class is what a relay must know about a tag, and nothing more.
type Class uint8

// The classes. Other is relayed but never begins or configures anything.
const (
	Other    Class = iota
	Frame          // audio frames, and video frames that need an earlier one
	Key            // a video frame decoding can begin at
	Config         // a codec header
	Metadata       // onMetaData
)

// Packet is what Inspect found. Codec is the four-letter name in lower case
// ("avc1", "hvc1", "av01", "mp4a", "opus", …) or empty. Slot tells codec
// headers of one tag type apart: 0 is the plain track; multitrack and channel
// layout headers have slots of their own.
type Packet struct {
	Class Class
	Codec string
	Slot  uint16
}

// Slots above the plain track.
const (
	slotTrack   = 0x001 // + track id: one track of a multitrack packet
	slotMany    = 0x200 // + first track id: several tracks in one packet
	slotLayout  = 0x400 // the enhanced audio channel layout
	maxModExts  = 4     // nested modifiers we are willing to step over
	codecHeader = 5     // bytes of packet byte and FourCC
)

// Main says whether the packet belongs to the track that carries the show.
func (p Packet) Main() bool {
	return p.Slot == 0 || p.Slot == slotTrack || p.Slot == slotMany
}

// Inspect classifies a payload by its first bytes. It never fails: what it
// does not know is Other, with whatever codec name it could read.
func Inspect(t Type, payload []byte) Packet {
	if len(payload) == 0 {
		return Packet{}
	}
	switch t {
	case Video:
		if payload[0]&0x80 != 0 {
			return enhancedVideo(payload)
		}
		return legacyVideo(payload)
	case Audio:
		if payload[0]>>4 == 9 {
			return enhancedAudio(payload)
		}
		return legacyAudio(payload)
	case Script:
		if bytes.HasPrefix(payload, []byte("\x02\x00\x0aonMetaData")) {
			return Packet{Class: Metadata}
		}
	}
	return Packet{}
}

const (
	frameKey     = 1
	frameCommand = 5
)

func frameClass(frameType byte) Class {
	switch frameType {
	case frameKey:
		return Key
	case frameCommand:
		return Other
	}
	return Frame
}

func legacyVideo(b []byte) Packet {
	frame, codec := b[0]>>4, b[0]&0x0f
	p := Packet{Class: frameClass(frame), Codec: legacyVideoName(codec)}
	// AVC, and the HEVC and AV1 numbers vendors put beside it, have a packet
	// byte; older codecs have neither it nor a codec header.
	if codec != 7 && codec != 12 && codec != 13 {
		return p
	}
	if len(b) < 2 || b[1] > 1 || frame == frameCommand {
		p.Class = Other
	} else if b[1] == 0 {
		p.Class = Config
	}
	return p
}

func legacyVideoName(codec byte) string {
	switch codec {
	case 2:
		return "flv1"
	case 3, 6:
		return "screen"
	case 4, 5:
		return "vp6"
	case 7:
		return "avc1"
	case 12:
		return "hvc1"
	case 13:
		return "av01"
	}
	return ""
}

func legacyAudio(b []byte) Packet {
	format := b[0] >> 4
	p := Packet{Class: Frame, Codec: legacyAudioName(format)}
	if format == 10 || format == 13 {
		if len(b) < 2 {
			p.Class = Other
		} else if b[1] == 0 {
			p.Class = Config
		}
	}
	return p
}

func legacyAudioName(format byte) string {
	switch format {
	case 0, 3:
		return "pcm"
	case 1:
		return "adpcm"
	case 2, 14:
		return "mp3"
	case 4, 5, 6:
		return "nellymoser"
	case 7, 8:
		return "g711"
	case 10:
		return "mp4a"
	case 11:
		return "speex"
	case 13:
		return "opus"
	}
	return ""
}

// Packet types of the enhanced headers (Enhanced RTMP v2). The first four mean
// the same for audio and video except 3, which only video has.
const (
	packetSequenceStart = 0
	packetCodedFrames   = 1
	packetSequenceEnd   = 2
	packetCodedFramesX  = 3
	packetVideoMetadata = 4
	packetAudioLayout   = 4
	packetTSStart       = 5 // video
	packetAudioTracks   = 5
	packetVideoTracks   = 6
	packetModEx         = 7
)

func enhancedVideo(b []byte) Packet {
	frame := b[0] >> 4 & 7
	kind, rest, ok := skipModEx(b[0]&0x0f, b[1:])
	if !ok || (frame == frameCommand && kind != packetVideoMetadata) {
		return Packet{}
	}
	kind, codec, slot, ok := track(kind, packetVideoTracks, rest)
	if !ok {
		return Packet{}
	}
	p := Packet{Codec: codec, Slot: slot}
	switch kind {
	case packetSequenceStart, packetTSStart:
		p.Class = Config
	case packetCodedFrames, packetCodedFramesX:
		p.Class = frameClass(frame)
	}
	return p
}

func enhancedAudio(b []byte) Packet {
	kind, rest, ok := skipModEx(b[0]&0x0f, b[1:])
	if !ok {
		return Packet{}
	}
	kind, codec, slot, ok := track(kind, packetAudioTracks, rest)
	if !ok {
		return Packet{}
	}
	p := Packet{Codec: codec, Slot: slot}
	switch kind {
	case packetSequenceStart:
		p.Class = Config
	case packetAudioLayout:
		p.Class, p.Slot = Config, slotLayout|slot
	case packetCodedFrames:
		p.Class = Frame
	}
	return p
}

// skipModEx steps over packet modifiers (a nanosecond offset, say): a length,
// that many bytes, then a byte whose low half is the next packet type.
func skipModEx(kind byte, b []byte) (byte, []byte, bool) {
	for range maxModExts {
		if kind != packetModEx {
			return kind, b, true
		}
		if len(b) < 1 {
			return 0, nil, false
		}
		size, b2 := int(b[0])+1, b[1:]
		if size == 256 {
			if len(b2) < 2 {
				return 0, nil, false
			}
			size, b2 = int(b2[0])<<8+int(b2[1])+1, b2[2:]
		}
		if len(b2) < size+1 {
			return 0, nil, false
		}
		kind, b = b2[size]&0x0f, b2[size+1:]
	}
	return 0, nil, false
}

// track reads the FourCC and, in a multitrack packet, which track it is about.
func track(kind, multitrack byte, b []byte) (byte, string, uint16, bool) {
	if kind != multitrack {
		if len(b) < 4 {
			return 0, "", 0, false
		}
		return kind, name(b[:4]), 0, true
	}
	if len(b) < 1 {
		return 0, "", 0, false
	}
	layout, kind, b := b[0]>>4, b[0]&0x0f, b[1:]
	// Layout 2 (many tracks, many codecs) puts FourCC and id into each track;
	// 0 and 1 say the FourCC once, before the first id. Both read the same.
	if len(b) < codecHeader {
		return 0, "", 0, false
	}
	slot := uint16(slotTrack)
	if layout != 0 {
		slot = slotMany
	}
	return kind, name(b[:4]), slot + uint16(b[4]), true
}

// name makes a FourCC readable: ".mp3" and "Opus" become "mp3" and "opus".
func name(fourCC []byte) string {
	switch s := string(fourCC); s {
	case "avc1", "hvc1", "av01", "vp09", "vp08", "vvc1", "mp4a", "ac-3", "ec-3":
		return s
	case "Opus", "fLaC":
		return strings.ToLower(s)
	case ".mp3":
		return "mp3"
	}
	return ""
}
