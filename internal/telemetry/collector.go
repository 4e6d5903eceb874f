package telemetry

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// sendTimeout bounds one batch.
const sendTimeout = 10 * time.Second

// collector sends spans by OTLP/HTTP. It is an otlptrace.Client of our own: the
// one that comes with OpenTelemetry links all of gRPC.
type collector struct {
	url    string
	client *http.Client
	log    *slog.Logger
	away   atomic.Bool // the last batch was not taken
}

func newCollector(endpoint string, log *slog.Logger) *collector {
	if u, err := url.Parse(endpoint); err == nil && (u.Path == "" || u.Path == "/") {
		u.Path = "/v1/traces"
		endpoint = u.String()
	}
	return &collector{url: endpoint, client: &http.Client{Timeout: sendTimeout}, log: log}
}

// Start implements otlptrace.Client.
func (c *collector) Start(context.Context) error { return nil }

// Stop implements otlptrace.Client.
func (c *collector) Stop(context.Context) error {
	c.client.CloseIdleConnections()
	return nil
}

// UploadTraces implements otlptrace.Client. A batch that is not taken is lost
// and said once: traces are no reason to keep anything.
func (c *collector) UploadTraces(ctx context.Context, spans []*otlp.ResourceSpans) error {
	err := c.send(ctx, spans)
	if was := c.away.Swap(err != nil); err != nil && !was {
		c.log.WarnContext(ctx, "traces are not taken by the collector", "error", err)
	} else if err == nil && was {
		c.log.InfoContext(ctx, "traces are taken again")
	}
	return nil
}

func (c *collector) send(ctx context.Context, spans []*otlp.ResourceSpans) error {
	// The same bytes as an ExportTraceServiceRequest, whose package needs gRPC.
	raw, err := proto.Marshal(&otlp.TracesData{ResourceSpans: spans})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	res, err := c.client.Do(req)
	if err != nil {
		return err
	}
	_, _ = io.CopyN(io.Discard, res.Body, 64<<10) // so that the connection is used again
	_ = res.Body.Close()
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("status %d", res.StatusCode)
	}
	return nil
}
