package telemetry

import (
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

func BenchmarkRequest(b *testing.B) {
	m := NewMetrics("test")
	r := m.Route("GET", "/api/rooms/{room}", false)
	b.ReportAllocs()
	for b.Loop() {
		m.Opened()
		m.Closed(r, 200, time.Millisecond)
	}
}
