package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"synctv/internal/ident"
)

func TestFactsComeWithEveryLine(t *testing.T) {
	var out bytes.Buffer
	log, err := NewLogger(&out, "json", mustLevels(t, "info"))
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
		if _, err := NewLogger(&bytes.Buffer{}, format, mustLevels(t, "info")); (err == nil) != ok {
			t.Errorf("format %q: %v", format, err)
		}
	}
	if RequestID(context.Background()) != "" {
		t.Error("no id outside a request")
	}
}

func mustLevels(t *testing.T, text string) *Levels {
	t.Helper()
	l, err := NewLevels(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLevelsPerPartChangeWhileRunning(t *testing.T) {
	var out bytes.Buffer
	levels := mustLevels(t, "warn,live=trace")
	log, err := NewLogger(&out, "json", levels)
	if err != nil {
		t.Fatal(err)
	}
	live, api := Named(log, "live"), Named(log, "api")
	ctx := context.Background()
	live.Log(ctx, LevelTrace, "one")
	api.InfoContext(ctx, "two")
	if err := levels.Set("error,api=debug"); err != nil {
		t.Fatal(err)
	}
	live.WarnContext(ctx, "three")
	api.DebugContext(ctx, "four")
	if s := out.String(); !strings.Contains(s, `"level":"TRACE","msg":"one","part":"live"`) || !strings.Contains(s, "four") ||
		strings.Contains(s, "two") || strings.Contains(s, "three") {
		t.Errorf("got %s", s)
	}
	for _, bad := range []string{"", "loud", "info,debug", "info,=debug", "info,live=", "info,"} {
		if levels.Set(bad) == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if err := levels.Set("info,liev=debug"); err == nil || !strings.Contains(err.Error(), `"liev" is no part of the program; did you mean "live"?`) {
		t.Errorf("a misspelt part: %v", err)
	}
	if got := levels.String(); got != "error,api=debug" {
		t.Errorf("levels %q", got)
	}
}

func TestSecretsAreNotWritten(t *testing.T) {
	for _, format := range []string{"json", "text"} {
		var out bytes.Buffer
		log, err := NewLogger(&out, format, mustLevels(t, "info"))
		if err != nil {
			t.Fatal(err)
		}
		hidden := ident.Secret("hunter2")
		log.Info("x", "a", hidden, "b", []ident.Secret{hidden}, "c", struct{ S ident.Secret }{hidden}, "session_token", "hunter2", "authorization", "hunter2")
		log.Info("x", "d", fmt.Sprintf("%v %s %q %#v %x", hidden, hidden, hidden, hidden, hidden))
		if strings.Contains(out.String(), "hunter2") || strings.Contains(out.String(), "68756e74657232") {
			t.Errorf("%s: %s", format, out.String())
		}
	}
}

func TestRequestIDsOfOthers(t *testing.T) {
	for id, ok := range map[string]bool{"0f8a-_.Z": true, "short": false, "with space": false, "line\nbreak": false, strings.Repeat("a", 129): false} {
		if ValidRequestID(id) != ok {
			t.Errorf("%q: want %v", id, ok)
		}
	}
}
