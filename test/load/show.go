//go:build linux

package main

import (
	"encoding/binary"
	"time"

	"golang.org/x/sys/unix"

	"synctv/internal/live/flv"
)

// The made-up stream: 2.7 Mbit/s in all, as in the comparison of servers this
// bench continues.
const (
	frameRate   = 30
	gopFrames   = 60
	keyBytes    = 60 << 10
	frameBytes  = 9800
	audioBytes  = 340
	audioPeriod = 1024 * time.Second / 48000
)

// Where a video payload carries its facts: behind the packet header, the NAL
// length and the NAL type.
const (
	stampAt    = 10
	sequenceAt = 18
	factsEnd   = 22
)

// shape is what the stream is like.
type shape struct {
	gop  int // pictures from one key frame to the next
	fps  int // pictures a second
	size int // bytes of a picture; key frames are larger in proportion
}

func usual() shape { return shape{gopFrames, frameRate, frameBytes} }

// show makes the stream's tags in order of time.
type show struct {
	shape
	video, audio int // how many were made
	key, frame   []byte
	sound        []byte
}

func newShow(of shape) *show {
	return &show{shape: of, key: picture(true, of.size), frame: picture(false, of.size), sound: sound()}
}

func picture(key bool, size int) []byte {
	b := make([]byte, size)
	b[0], b[9] = 0x27, 0x41
	if key {
		b = make([]byte, keyBytes*size/frameBytes)
		b[0], b[9] = 0x17, 0x65
	}
	b[1] = 1
	binary.BigEndian.PutUint32(b[5:], uint32(len(b)-9))
	for i := factsEnd; i < len(b); i++ {
		b[i] = byte(i * 7)
	}
	return b
}

func sound() []byte {
	b := make([]byte, audioBytes)
	b[0], b[1] = 0xaf, 1
	return b
}

// next is the next tag and when it is due. Its payload is valid until the next
// call; a picture still needs its stamp.
func (s *show) next() (t flv.Type, due time.Duration, payload []byte) {
	v := time.Duration(s.video) * time.Second / time.Duration(s.fps)
	a := time.Duration(s.audio) * audioPeriod
	if a <= v {
		s.audio++
		return flv.Audio, a, s.sound
	}
	b := s.frame
	if s.video%s.gop == 0 {
		b = s.key
	}
	binary.BigEndian.PutUint32(b[sequenceAt:], uint32(s.video))
	s.video++
	return flv.Video, v, b
}

// stamp notes in a picture when it left.
func stamp(payload []byte) {
	binary.BigEndian.PutUint64(payload[stampAt:], uint64(monotonic()))
}

// monotonic is a clock that all processes of a machine share, in nanoseconds.
func monotonic() int64 {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) != nil {
		panic("load: no monotonic clock")
	}
	return t.Nano()
}

// headerTags are the metadata and codec headers of the stream: real ones, so
// that players and muxers can be pointed at it.
func headerTags() []struct {
	Type    flv.Type
	Payload []byte
} {
	avc := []byte("\x17\x00\x00\x00\x00" +
		"\x01\x42\xc0\x1e\xff\xe1\x00\x0a\x67\x42\xc0\x1e\xda\x02\x80\xbf\xe5\xc0\x01\x00\x04\x68\xce\x3c\x80")
	return []struct {
		Type    flv.Type
		Payload []byte
	}{{flv.Video, avc}, {flv.Audio, []byte("\xaf\x00\x11\x90")}}
}
