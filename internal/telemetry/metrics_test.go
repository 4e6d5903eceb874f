package telemetry

import (
	"io"
	"testing"
	"time"
)

// TestCountingAllocatesNothing: labels are bound once.
func TestCountingAllocatesNothing(t *testing.T) {
	m := NewMetrics("test")
	r := m.Route("GET", "/api/rooms/{room}", false)
	if n := testing.AllocsPerRun(100, func() { m.Opened(); m.Closed(r, 200, time.Millisecond) }); n != 0 {
		t.Errorf("%v allocations a request", n)
	}
}

// A line nobody hears costs nothing.
func TestUnheardLinesAllocateNothing(t *testing.T) {
	log, err := NewLogger(io.Discard, "json", mustLevels(t, "info,live=warn"))
	if err != nil {
		t.Fatal(err)
	}
	live, ctx := Named(log, "live"), WithRequestID(t.Context(), "12345678")
	if n := testing.AllocsPerRun(100, func() { live.DebugContext(ctx, "a packet") }); n != 0 {
		t.Errorf("%v allocations a line", n)
	}
}

func BenchmarkUnheardLine(b *testing.B) {
	levels, err := NewLevels("info,live=warn")
	if err != nil {
		b.Fatal(err)
	}
	log, err := NewLogger(io.Discard, "json", levels)
	if err != nil {
		b.Fatal(err)
	}
	live, ctx := Named(log, "live"), WithRequestID(b.Context(), "12345678")
	b.ReportAllocs()
	for b.Loop() {
		live.DebugContext(ctx, "a packet")
	}
}

func BenchmarkRequest(b *testing.B) {
	m := NewMetrics("test")
	r := m.Route("GET", "/api/rooms/{room}", false)
	b.ReportAllocs()
	for b.Loop() {
		m.Opened()
		m.Closed(r, 200, time.Millisecond)
	}
}
