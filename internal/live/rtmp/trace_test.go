package rtmp

import (
	"log/slog"
	"strings"
	"testing"

	"synctv/internal/live/rtmp/chunk"
)

// TestUnheardMessagesCostNothing: there are thousands a second.
func TestUnheardMessagesCostNothing(t *testing.T) {
	for level, heard := range map[slog.Level]bool{slog.LevelDebug: false, levelTrace: true} {
		var out strings.Builder
		c := &session{server: &Server{Log: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level}))}}
		h := chunk.Header{Type: chunk.TypeVideo, Chunk: 6, Time: 40, Len: 1234}
		if n := testing.AllocsPerRun(100, func() { c.trace(h) }); n != 0 && !heard {
			t.Errorf("%v allocations a message", n)
		}
		if strings.Contains(out.String(), `msg="rtmp message" stream="" type=9 chunk_stream=6 time_ms=40 bytes=1234`) != heard {
			t.Errorf("at %v: %s", level, &out)
		}
	}
}
