package proxy

import (
	"errors"
	"strconv"
	"strings"
)

// span is bytes from (inclusive) to (exclusive); part is false for all of them.
type span struct {
	from, to int64
	part     bool
}

var errRange = errors.New("no such range")

// parseRange reads a Range header for a file of size bytes. What is not a
// single range of bytes is ignored, as RFC 9110 (14.2) allows; a range that
// begins past the end is errRange.
func parseRange(header string, size int64) (span, error) {
	whole := span{0, size, false}
	spec, ok := strings.CutPrefix(header, "bytes=")
	first, last, dash := strings.Cut(strings.TrimSpace(spec), "-")
	if !ok || !dash || strings.Contains(spec, ",") {
		return whole, nil
	}
	if first == "" {
		n, ok := digits(last)
		switch {
		case !ok:
			return whole, nil
		case n == 0 || size == 0:
			return span{}, errRange
		}
		return span{max(0, size-n), size, true}, nil
	}
	from, ok := digits(first)
	if !ok {
		return whole, nil
	}
	to := size
	if last != "" {
		n, ok := digits(last)
		if !ok || n < from {
			return whole, nil
		}
		if n < size {
			to = n + 1
		}
	}
	if from >= size {
		return span{}, errRange
	}
	return span{from, to, true}, nil
}

// digits reads a number without a sign; one too large for 63 bits is no number.
func digits(s string) (int64, bool) {
	n, err := strconv.ParseUint(s, 10, 63)
	return int64(n), err == nil //nolint:gosec // 63 bits
}
