package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
)

func TestFactsComeWithEveryLine(t *testing.T) {
	var out bytes.Buffer
	log, err := NewLogger(&out, Options{Format: "json", Level: slog.LevelInfo})
	if err != nil {
		t.Fatal(err)
	}
	ctx := WithRequestID(context.Background(), "id-1")
	Note(ctx, "room", "a")
	Note(ctx, "room", "b")
	Note(context.Background(), "room", "nowhere")
	log.With("part", "api").WithGroup("g").InfoContext(ctx, "done", "x", 1)
	log.DebugContext(ctx, "hidden")
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	if line["part"] != "api" || RequestID(ctx) != "id-1" {
		t.Errorf("got %v", line)
	}
	if s := out.String(); strings.Count(s, `"room":"b"`) != 1 || strings.Contains(s, `"room":"a"`) || !strings.Contains(s, "id-1") {
		t.Errorf("facts: %s", s)
	}
}

func TestFormats(t *testing.T) {
	for format, ok := range map[string]bool{"text": true, "json": true, "": false, "xml": false} {
		if _, err := NewLogger(&bytes.Buffer{}, Options{Format: format}); (err == nil) != ok {
			t.Errorf("format %q: %v", format, err)
		}
	}
	if RequestID(context.Background()) != "" {
		t.Error("no id outside a request")
	}
}
