package store

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// TestRowsAreWatchedToTheLast: a query is over when its rows were read, not when
// the first of them came.
func TestRowsAreWatchedToTheLast(t *testing.T) {
	var out bytes.Buffer
	db, err := Open(t.Context(), Options{URL: "sqlite:" + t.TempDir() + "/x.db", Slow: time.Nanosecond, Log: slog.New(slog.NewTextHandler(&out, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	logged := func() int { return strings.Count(out.String(), "UNION ALL") }
	numbers, err := list(t.Context(), db.read, func(row scanner) (n int, err error) {
		if logged() != 0 {
			t.Error("logged before the last row")
		}
		return n, row.Scan(&n)
	}, `SELECT 1 UNION ALL SELECT 2`)
	if err != nil || len(numbers) != 2 || logged() != 1 {
		t.Errorf("%v, %v; logged %d times", numbers, err, logged())
	}
	if _, err := list(t.Context(), db.read, scanText, `SELECT none UNION ALL SELECT 2`); err == nil || logged() != 2 {
		t.Errorf("%v; logged %d times", err, logged())
	}
}
