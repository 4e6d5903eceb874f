package archtest

import "testing"

func TestTechniquesRefuse(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "live/log.go", "package live\ntype Log[T any] struct{}\nfunc (l *Log[T]) Append() {}\nconst limit = 1\n")
	write(t, folder, "live/log_test.go", "package live\nfunc TestAppend() {}\nfunc BenchmarkAppend() {}\nfunc FuzzAppend() {}\n")
	write(t, folder, "e2e/live.spec.ts", "test('a page shows it', …)")

	const heading = "| technique | code | proof | benchmark | number |\n|---|---|---|---|---|\n"
	tests := []struct {
		name, row string
		want      []string
	}{
		{"all there", "| log | `live/log.go` | `live/log_test.go:TestAppend` | `live:BenchmarkAppend` | 1 |", nil},
		{"a method, a constant, a fuzz target", "| log | `live:Log.Append` `live/log.go:limit` | `live:FuzzAppend` | none | |", nil},
		{"words in another file", "| log | `live` | `e2e/live.spec.ts:a page shows it` | none | |", nil},
		{"not yet", "| log | not yet (issue) | not yet | not yet | |", nil},
		{"no such file", "| log | `live/gone.go` | none | none | |", []string{"line 3, log", "live/gone.go", "no such file"}},
		{"no such test", "| log | `live` | `live:TestGone` | none | |", []string{"TestGone", "not declared"}},
		{"code is no proof", "| log | `live` | `live:Log.Append` | none | |", []string{"not a name that go test runs"}},
		{"a test is no benchmark", "| log | `live` | none | `live:TestAppend` | |", []string{"Benchmark"}},
		{"words that are gone", "| log | `live` | `e2e/live.spec.ts:another` | none | |", []string{"does not occur"}},
		{"a missing column", "| log | `live` | none |", []string{"3 columns"}},
		{"an empty cell", "| log | | none | none | |", []string{"empty cell"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			wantOne(t, CheckTechniques(folder, heading+test.row+"\n"), test.want...)
		})
	}
	wantOne(t, CheckTechniques(folder, "no table at all"), "no table")
}
