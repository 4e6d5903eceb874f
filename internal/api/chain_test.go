package api

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"synctv/internal/telemetry"
)

// benchServer is the surface as the program has it, without what its use cases
// stand on: nothing here asks for that.
func benchServer(b *testing.B) *Server {
	b.Helper()
	levels, err := telemetry.NewLevels("info")
	if err != nil {
		b.Fatal(err)
	}
	log, err := telemetry.NewLogger(io.Discard, "json", levels)
	if err != nil {
		b.Fatal(err)
	}
	return New(Options{
		UI: fstest.MapFS{"index.html": {Data: []byte("the page")}}, Log: log, Levels: levels,
		Version: "bench", Metrics: telemetry.NewMetrics("bench"),
	})
}

// sink is a client that reads nothing and counts what it was sent.
type sink struct {
	header http.Header
	status int
	bytes  int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(p []byte) (int, error) { s.bytes += len(p); return len(p), nil }

// ask sends one request as often as the benchmark runs, and gives the bytes of
// one answer.
func ask(b *testing.B, h http.Handler, path, encoding string, status int) (sent float64) {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), "GET", path, nil)
	r.Header.Set("Accept-Encoding", encoding)
	total, times := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		w := &sink{header: http.Header{}, status: http.StatusOK}
		if h.ServeHTTP(w, r); w.status != status || encoding != "" && w.header.Get("Content-Encoding") != encoding {
			b.Fatal(w.status, w.header)
		}
		total, times = total+w.bytes, times+1
	}
	return float64(total) / float64(times)
}

// BenchmarkAnswer is what a request costs beside its work: the mux alone, the
// whole chain with request id, headers, metrics and caller, and an error.
func BenchmarkAnswer(b *testing.B) {
	s := benchServer(b)
	chain := s.Handler()
	b.Run("mux", func(b *testing.B) { ask(b, s.mux, "/healthz", "", http.StatusOK) })
	b.Run("chain", func(b *testing.B) { ask(b, chain, "/healthz", "", http.StatusOK) })
	b.Run("problem", func(b *testing.B) { ask(b, chain, "/api/nothing", "", http.StatusNotFound) })
}

// BenchmarkPack sends a long text, the document of the API, in each of its packings.
func BenchmarkPack(b *testing.B) {
	chain := benchServer(b).Handler()
	for _, c := range []struct{ name, encoding string }{{"plain", ""}, {"gzip", "gzip"}, {"zstd", "zstd"}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportMetric(ask(b, chain, "/api/openapi.json", c.encoding, http.StatusOK), "sent-B/op")
		})
	}
}
