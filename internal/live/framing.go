package live

import "strconv"

// framing is how ranges are wrapped on a bare connection: one small piece
// before each of them.
type framing uint8

// The framings. Plain is for HTTP/1.0, whose viewers cannot tell the end of a
// stream from the loss of the connection; chunks and WebSocket frames can.
const (
	framePlain framing = iota
	frameChunks
	frameSocket
	framings // how many there are
)

// open appends what comes before n bytes. A chunk is closed by the piece that
// opens the next, so that one piece for each range is enough; again says that
// there was one before.
func (f framing) open(dst []byte, again bool, n int) []byte {
	switch f {
	case frameChunks:
		if again {
			dst = append(dst, "\r\n"...)
		}
		dst = strconv.AppendInt(dst, int64(n), 16)
		dst = append(dst, "\r\n"...)
	case frameSocket:
		dst = appendSocketFrame(dst, opBinary, n)
	}
	return dst
}

// end is what ends a response cleanly.
func (f framing) end(again bool) []byte {
	switch {
	case f == frameChunks && again:
		return []byte("\r\n0\r\n\r\n")
	case f == frameChunks:
		return []byte("0\r\n\r\n")
	case f == frameSocket:
		return appendClose(nil, closeNormal)
	}
	return nil
}
