package hls

import "time"

// segments is how many finished ones a muxer keeps: what RFC 8216bis asks of
// low-latency players to find, and the muxer's least.
const segments = 7

// shelf counts what the muxer holds, which does not say so itself: payload of
// the finished segments it keeps and of the growing one. It divides them by the
// muxer's rule.
type shelf struct {
	limits  Limits
	kept    [segments]int64
	next    int // which of kept is overwritten
	growing int64
	begun   time.Duration // of the growing one
	any     bool
}

// put notes a frame of n bytes; whole says that a segment may begin with it.
func (s *shelf) put(at time.Duration, n int, whole bool) {
	if !s.any {
		s.any, s.begun = true, at
	}
	if whole && at-s.begun >= s.limits.Segment {
		s.kept[s.next] = s.growing
		s.next = (s.next + 1) % segments
		s.growing, s.begun = 0, at
	}
	// A segment beyond its limit takes no more frames.
	s.growing = min(s.growing+int64(n), int64(s.limits.Bytes))
}

func (s *shelf) bytes() int64 {
	sum := s.growing
	for _, n := range s.kept {
		sum += n
	}
	return sum
}
