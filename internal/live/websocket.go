package live

import (
	"crypto/sha1" //nolint:gosec // the protocol's; nothing rests on it
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strings"
)

// What is needed of RFC 6455 to send: viewers never say anything, so frames
// are only written, and a connection's end is noticed by writing to it.

const (
	opBinary    = 2
	opClose     = 8
	finalFrame  = 0x80
	closeNormal = 1000
	// acceptGUID is the protocol's constant that the key is answered with.
	acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
)

// appendSocketFrame appends the header of one unmasked frame of n bytes.
func appendSocketFrame(dst []byte, op byte, n int) []byte {
	dst = append(dst, finalFrame|op)
	switch {
	case n < 126:
		return append(dst, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, 126), uint16(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, 127), uint64(n))
}

func appendClose(dst []byte, code uint16) []byte {
	return binary.BigEndian.AppendUint16(appendSocketFrame(dst, opClose, 2), code)
}

// wantsSocket says whether r asks for a WebSocket.
func wantsSocket(r *http.Request) bool {
	return hasToken(r.Header, "Connection", "upgrade") && hasToken(r.Header, "Upgrade", "websocket")
}

func hasToken(h http.Header, name, token string) bool {
	for _, line := range h.Values(name) {
		for word := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(word), token) {
				return true
			}
		}
	}
	return false
}

// upgradable says whether r is a handshake we can answer: 16 random bytes as
// key, version 13.
func upgradable(r *http.Request) bool {
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key"))
	return err == nil && len(key) == 16 && r.Header.Get("Sec-WebSocket-Version") == "13" && r.Method == http.MethodGet
}

// acceptSocket turns head into that of the answer to r's handshake.
func acceptSocket(head http.Header, r *http.Request) {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + acceptGUID))
	for _, name := range []string{"Content-Type", "Content-Length", "Transfer-Encoding", "Cache-Control"} {
		head.Del(name)
	}
	head.Set("Upgrade", "websocket")
	head.Set("Connection", "Upgrade")
	head.Set("Sec-WebSocket-Accept", base64.StdEncoding.EncodeToString(sum[:]))
}
