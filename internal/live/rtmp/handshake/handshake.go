// Package handshake performs the RTMP handshake, the plain one and the one
// with digests that Flash-descended encoders check. It knows the two fixed
// 1,536-byte exchanges and nothing that follows. It sets no deadlines: the
// caller's connection has them.
package handshake

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrNotRTMP says that the peer speaks something else.
var ErrNotRTMP = errors.New("handshake: not RTMP")

const (
	version   = 3
	size      = 1536
	digestLen = sha256.Size
	// A digest lies somewhere in one of two 764-byte halves; where exactly is
	// the sum of the half's four offset bytes, modulo 728.
	digestRange = 728
	schemeOne   = 8   // the half that begins after time and version
	schemeTwo   = 772 // the other half
)

// ours and theirs begin the two sides' digest keys; tail ends the longer form
// of both. These are the protocol's constants, the same in every peer.
const (
	ours   = "Genuine Adobe Flash Media Server 001"
	theirs = "Genuine Adobe Flash Player 001"
	tail   = "\xf0\xee\xc2\x4a\x80\x68\xbe\xe8\x2e\x00\xd0\xd1\x02\x9e\x7e\x57" +
		"\x6e\xec\x5d\x2d\x29\x80\x6f\xab\x93\xb8\xe6\x36\xcf\xeb\x31\xae"
)

// Serve answers a client's handshake. A client that sends a digest gets the
// digest form back, any other the plain echo. It returns once the client's
// last part was read; ErrNotRTMP when the first byte is wrong.
func Serve(rw io.ReadWriter) error {
	var c [1 + size]byte
	if _, err := io.ReadFull(rw, c[:1]); err != nil {
		return fmt.Errorf("handshake: version: %w", err)
	}
	if c[0] != version {
		return ErrNotRTMP
	}
	if _, err := io.ReadFull(rw, c[1:]); err != nil {
		return fmt.Errorf("handshake: first part: %w", err)
	}
	if _, err := rw.Write(answer(c[1:])); err != nil {
		return fmt.Errorf("handshake: answer: %w", err)
	}
	// The echo is not compared: encoders differ, and nothing rests on it.
	if _, err := io.ReadFull(rw, c[1:]); err != nil {
		return fmt.Errorf("handshake: last part: %w", err)
	}
	return nil
}

// answer is S0, S1 and S2 in one piece.
func answer(c1 []byte) []byte {
	out := make([]byte, 1+2*size)
	out[0] = version
	s1, s2 := out[1:1+size], out[1+size:]
	rand.Read(s1[8:])
	at, ok := findDigest(c1)
	if !ok {
		copy(s2, c1)
		return out
	}
	copy(s1[4:8], "\x04\x05\x00\x01") // the server version that has digests
	half := schemeOne
	if at >= schemeTwo {
		half = schemeTwo
	}
	mine := digestAt(s1, half)
	copy(s1[mine:], digest(s1, mine, []byte(ours)))
	rand.Read(s2)
	key := mac([]byte(ours+tail), c1[at:at+digestLen])
	copy(s2[size-digestLen:], mac(key, s2[:size-digestLen]))
	return out
}

// findDigest looks for the client's digest in both places it may be.
func findDigest(c1 []byte) (at int, ok bool) {
	if binary.BigEndian.Uint32(c1[4:]) == 0 {
		return 0, false
	}
	for _, half := range [...]int{schemeTwo, schemeOne} {
		at := digestAt(c1, half)
		if hmac.Equal(c1[at:at+digestLen], digest(c1, at, []byte(theirs))) {
			return at, true
		}
	}
	return 0, false
}

func digestAt(b []byte, half int) int {
	sum := 0
	for _, c := range b[half : half+4] {
		sum += int(c)
	}
	return half + 4 + sum%digestRange
}

// digest signs everything but the place where the digest itself lies.
func digest(b []byte, at int, key []byte) []byte {
	return mac(key, b[:at], b[at+digestLen:])
}

func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// Dial performs the client's side, in the plain form.
func Dial(rw io.ReadWriter) error {
	var c [1 + size]byte
	c[0] = version
	rand.Read(c[9:])
	if _, err := rw.Write(c[:]); err != nil {
		return fmt.Errorf("handshake: first part: %w", err)
	}
	var s [1 + 2*size]byte
	if _, err := io.ReadFull(rw, s[:]); err != nil {
		return fmt.Errorf("handshake: answer: %w", err)
	}
	if s[0] != version {
		return ErrNotRTMP
	}
	if _, err := rw.Write(s[1 : 1+size]); err != nil {
		return fmt.Errorf("handshake: last part: %w", err)
	}
	return nil
}
