package telemetry

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// What is off costs nothing on any path.
func TestTracesThatAreOffAllocateNothing(t *testing.T) {
	var off *Traces
	ctx := WithRequestID(t.Context(), "12345678")
	n := testing.AllocsPerRun(100, func() {
		ctx, span := off.Begin(ctx, "a", nil)
		inner, step := Start(ctx, "b")
		step.Set("k", "v")
		if Carry(inner) != nil {
			t.Error("carried")
		}
		step.End(nil)
		span.End(nil)
	})
	if n != 0 || off.On() || off.Close(ctx) != nil {
		t.Errorf("%v allocations", n)
	}
}

func TestTracesGoOnElsewhere(t *testing.T) {
	var mu sync.Mutex
	var got []*otlp.ResourceSpans // guarded by mu
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		var data otlp.TracesData
		if err := proto.Unmarshal(raw, &data); err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		mu.Lock()
		defer mu.Unlock()
		got = append(got, data.GetResourceSpans()...)
	}))
	defer server.Close()
	here := NewTraces(TraceOptions{Endpoint: server.URL, Percent: 100, Replica: "here", Log: slog.New(slog.DiscardHandler)})
	there := NewTraces(TraceOptions{Endpoint: server.URL, Percent: 0, Replica: "there", Log: slog.New(slog.DiscardHandler)})
	ctx, first := here.Begin(t.Context(), "first", nil)
	ctx, second := Start(ctx, "second")
	second.SetInt("n", 1)
	_, third := there.Begin(t.Context(), "third", Carry(ctx)) // whoever begins decides
	third.End(errors.New("secret words"))
	second.End(nil)
	first.End(nil)
	_, none := there.Begin(t.Context(), "not recorded", nil)
	none.End(nil)
	if err := errors.Join(here.Close(t.Context()), there.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	spans := map[string]*otlp.Span{}
	for _, r := range got {
		for _, s := range r.GetScopeSpans() {
			for _, one := range s.GetSpans() {
				spans[one.GetName()] = one
			}
		}
		if strings.Contains(r.String(), "secret words") {
			t.Error("an error's words were told")
		}
	}
	if len(spans) != 3 {
		t.Fatalf("%d spans", len(spans))
	}
	if string(spans["third"].GetParentSpanId()) != string(spans["second"].GetSpanId()) ||
		string(spans["second"].GetParentSpanId()) != string(spans["first"].GetSpanId()) ||
		string(spans["third"].GetTraceId()) != string(spans["first"].GetTraceId()) {
		t.Errorf("not one behind the other: %v", spans)
	}
}

// A collector that is away is said once.
func TestCollectorAway(t *testing.T) {
	var out strings.Builder
	log := slog.New(slog.NewTextHandler(&out, nil))
	c := newCollector("http://127.0.0.1:1/", log)
	for range 3 {
		if err := c.UploadTraces(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(out.String(), "not taken"); n != 1 {
		t.Errorf("said %d times: %s", n, out.String())
	}
}

// BenchmarkTraces: one step of a request.
func BenchmarkTraces(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer server.Close()
	for name, endpoint := range map[string]string{"off": "", "on": server.URL} {
		b.Run(name, func(b *testing.B) {
			t := NewTraces(TraceOptions{Endpoint: endpoint, Percent: 100, Log: slog.New(slog.DiscardHandler)})
			ctx, root := t.Begin(b.Context(), "root", nil)
			b.ReportAllocs()
			for b.Loop() {
				_, span := Start(ctx, "a")
				span.End(nil)
			}
			root.End(nil)
			_ = t.Close(context.Background())
		})
	}
}
