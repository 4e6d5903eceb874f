package archtest

import "testing"

func TestTableRefuses(t *testing.T) {
	tests := []struct {
		name, file, text string
		want             []string // words of the one violation; none: allowed
	}{
		{"room must not know HTTP", "internal/room/x.go", `package room; import _ "net/http"`, []string{"internal/room/x.go", "net/http", "must not know"}},
		{"nor anything below it", "internal/room/x.go", `package room; import _ "net/http/httptest"`, []string{"net/http/httptest"}},
		{"nor SQL", "internal/room/x.go", `package room; import _ "database/sql"`, []string{"database/sql"}},
		{"nor a logger", "internal/room/x.go", `package room; import _ "log/slog"`, []string{"log/slog"}},
		{"nor the socket library", "internal/room/x.go", `package room; import _ "github.com/centrifugal/centrifuge"`, []string{"module is not allowed"}},
		{"nor the clock", "internal/room/x.go", "package room\nimport \"time\"\nfunc f() { _ = time.Now() }", []string{"internal/room/x.go:3", "time.Now"}},
		{"durations are values", "internal/room/x.go", "package room\nimport \"time\"\nconst wait = time.Second", nil},
		{"problem is for all", "internal/room/x.go", `package room; import _ "synctv/internal/problem"`, nil},
		{"room knows no adapter", "internal/room/x.go", `package room; import _ "synctv/internal/store"`, []string{"synctv/internal/store", "not among"}},
		{"not even in a test", "internal/room/x_test.go", `package room; import _ "synctv/internal/store"`, []string{"not among"}},
		{"a test may read the clock", "internal/room/x_test.go", "package room\nimport \"time\"\nfunc f() { _ = time.Now() }", nil},
		{"a test may use test modules", "internal/room/x_test.go", `package room; import _ "pgregory.net/rapid"`, nil},
		{"adapters do not know each other", "internal/realtime/x.go", `package realtime; import _ "synctv/internal/store"`, []string{"not among"}},
		{"their tests may meet", "internal/realtime/x_test.go", `package realtime; import _ "synctv/internal/store"`, nil},
		{"live knows no rooms", "internal/live/x.go", `package live; import _ "synctv/internal/room"`, []string{"not among"}},
		{"nor below live", "internal/live/rtmp/x.go", `package rtmp; import _ "synctv/internal/account"`, []string{"not among"}},
		{"SQL drivers live in the store", "internal/store/x.go", `package store; import _ "modernc.org/sqlite"`, nil},
		{"and nowhere else", "internal/api/x.go", `package api; import _ "modernc.org/sqlite"`, []string{"module is not allowed"}},
		{"suites are for tests", "internal/live/x.go", `package live; import _ "synctv/internal/live/rtmp/rtmptest"`, []string{"tests only"}},
		{"and for programs below test", "test/load/x.go", `package main; import _ "synctv/internal/live/rtmp/rtmptest"`, nil},
		{"nobody imports cmd", "internal/api/x_test.go", `package api; import _ "synctv/cmd/synctv"`, []string{"cmd"}},
		{"cmd sees everything", "cmd/synctv/x.go", `package main; import _ "synctv/internal/live/rtmp"`, nil},
		{"an unknown package is a decision", "internal/novelty/x.go", `package novelty`, []string{"internal/novelty", "table.go"}},
		{"a package's own outer test", "internal/room/x_test.go", `package room_test; import _ "synctv/internal/room"`, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			wantOne(t, CheckImports(made(t, test.file, test.text), Table()), test.want...)
		})
	}
}

// The adapters' rows must not name each other, whoever edits the table.
func TestNoAdapterKnowsAnother(t *testing.T) {
	rows := adapters()
	for name, rule := range rows {
		for _, target := range rule.Internal {
			if _, adapter := rows[target]; adapter && !testSupport(name) {
				t.Errorf("%s may import %s: adapters never know each other", name, target)
			}
		}
	}
}

func TestMatches(t *testing.T) {
	tests := []struct {
		pattern, name string
		want          bool
	}{
		{"internal/live", "internal/live", true},
		{"internal/live", "internal/live/flv", false},
		{"internal/live/...", "internal/live/flv", true},
		{"internal/live/...", "internal/live", true},
		{"internal/live/...", "internal/lively", false},
	}
	for _, test := range tests {
		if got := matches([]string{test.pattern}, test.name); got != test.want {
			t.Errorf("matches(%q, %q) = %v", test.pattern, test.name, got)
		}
	}
}
