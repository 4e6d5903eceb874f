package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goReport = `go: downloading something
{"Action":"run","Package":"p/a","Test":"TestOne"}
{"Action":"output","Package":"p/a","Test":"TestOne","Output":"    measured: 3 ms\n"}
{"Action":"pass","Package":"p/a","Test":"TestOne"}
{"Action":"run","Package":"p/a","Test":"TestTable"}
{"Action":"run","Package":"p/a","Test":"TestTable/good"}
{"Action":"run","Package":"p/a","Test":"TestTable/bad"}
{"Action":"output","Package":"p/a","Test":"TestTable/bad","Output":"    x_test.go:3: wrong\n"}
{"Action":"pass","Package":"p/a","Test":"TestTable/good"}
{"Action":"fail","Package":"p/a","Test":"TestTable/bad"}
{"Action":"fail","Package":"p/a","Test":"TestTable"}
{"Action":"run","Package":"p/a","Test":"TestSkipped"}
{"Action":"skip","Package":"p/a","Test":"TestSkipped"}
{"Action":"fail","Package":"p/a"}
{"Action":"skip","Package":"p/none"}
{"Action":"build-output","ImportPath":"p/b [p/b.test]","Output":"b.go:1: undefined: x\n"}
{"Action":"fail","Package":"p/b","FailedBuild":"p/b [p/b.test]"}
{"Action":"run","Package":"p/c","Test":"TestHangs"}
{"Action":"output","Package":"p/c","Output":"panic: test timed out\n"}
{"Action":"fail","Package":"p/c"}
`

func TestParseGo(t *testing.T) {
	results, err := parseGo(strings.NewReader(goReport))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]State{
		"p/a TestOne": passed, "p/a TestTable/good": passed, "p/a TestTable/bad": failed,
		"p/a TestSkipped": skipped, "p/b": failed, "p/c": failed, "p/c TestHangs": failed,
	}
	compare(t, results, want)
	for _, result := range results {
		if result.Name == "p/b" && !strings.Contains(result.Output, "undefined: x") {
			t.Errorf("a broken build does not say why: %q", result.Output)
		}
	}
}

func TestParseGoParentThatFailsByItself(t *testing.T) {
	results, err := parseGo(strings.NewReader(`{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestA/b"}
{"Action":"pass","Package":"p","Test":"TestA/b"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}`))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, results, map[string]State{"p TestA/b": passed, "p TestA": failed})
}

func TestParseVitest(t *testing.T) {
	results, err := parseVitest([]byte(`{"testResults":[
		{"name":"a.test.ts","status":"failed","assertionResults":[
			{"fullName":"adds","status":"passed","failureMessages":[]},
			{"fullName":"divides","status":"failed","failureMessages":["by zero"]},
			{"fullName":"later","status":"todo","failureMessages":[]}]},
		{"name":"b.test.ts","status":"failed","message":"no such module","assertionResults":[]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, results, map[string]State{
		"a.test.ts adds": passed, "a.test.ts divides": failed, "a.test.ts later": skipped, "b.test.ts": failed,
	})
}

func TestParsePlaywright(t *testing.T) {
	results, err := parsePlaywright([]byte(`{"suites":[{"title":"live.spec.ts","specs":[
		{"title":"plays","tests":[{"projectName":"","status":"expected","results":[{"stdout":[{"text":"measured: 4 ms\n"}]}]}]}],
		"suites":[{"title":"keys","specs":[
			{"title":"wrong","tests":[{"projectName":"phone","status":"unexpected","results":[{"errors":[{"message":"\u001b[31mno\u001b[39m door"}]}]}]},
			{"title":"second try","tests":[{"projectName":"","status":"flaky","results":[]}]},
			{"title":"off","tests":[{"projectName":"","status":"skipped","results":[]}]}]}]}],
		"errors":[{"message":"set-up broke"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, results, map[string]State{
		"live.spec.ts plays": passed, "live.spec.ts keys wrong phone": failed,
		"live.spec.ts keys second try": failed, "live.spec.ts keys off": skipped, "playwright": failed,
	})
	for _, result := range results {
		if strings.Contains(result.Name, "wrong") && result.Output != "no door\n" {
			t.Errorf("output %q still has colours", result.Output)
		}
	}
}

func compare(t *testing.T, results []Result, want map[string]State) {
	t.Helper()
	got := map[string]State{}
	for _, result := range results {
		got[result.Name] = result.State
	}
	for name, state := range want {
		if got[name] != state {
			t.Errorf("%s: %q, want %q", name, got[name], state)
		}
	}
	if len(results) != len(want) {
		t.Errorf("%d results, want %d: %v", len(results), len(want), got)
	}
}

// The whole way: a report, the tally, the closing line.
func TestRun(t *testing.T) {
	report, tally := filepath.Join(t.TempDir(), "go.json"), filepath.Join(t.TempDir(), "tally")
	tests := []struct {
		name, report, status string
		ci                   bool
		wantErr              bool
		last                 string
	}{
		{"good", `{"Action":"pass","Package":"p","Test":"TestA"}`, "0", false, false, "1 passed, 0 failed"},
		{"a skip at home", `{"Action":"skip","Package":"p","Test":"TestB"}`, "0", false, false, "1 passed, 0 failed, 1 skipped"},
		{"a skip in CI", `{"Action":"skip","Package":"p","Test":"TestB"}`, "0", true, true, "1 passed, 1 failed, 1 skipped"},
		{"a runner that fell over", ``, "2", false, true, "1 passed, 2 failed, 1 skipped"},
		{"half a report", `{"Action":`, "0", false, true, "1 passed, 3 failed, 1 skipped"},
	}
	for _, test := range tests {
		if err := os.WriteFile(report, []byte(test.report+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := run([]string{"go", report, test.status, tally}, &out, test.ci); (err != nil) != test.wantErr {
			t.Errorf("%s: error %v", test.name, err)
		}
		out.Reset()
		_ = run([]string{"total", tally}, &out, test.ci)
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if last := lines[len(lines)-1]; last != test.last {
			t.Errorf("%s: closes with %q, want %q", test.name, last, test.last)
		}
	}
}

func TestNoTestAtAllIsAFailure(t *testing.T) {
	if err := total(nil, &bytes.Buffer{}); !errors.Is(err, errFailed) {
		t.Errorf("an empty tally gives %v", err)
	}
}

func TestMissingReportIsAFailure(t *testing.T) {
	tally := filepath.Join(t.TempDir(), "tally")
	if err := run([]string{"vitest", "gone.json", "0", tally}, &bytes.Buffer{}, false); !errors.Is(err, errFailed) {
		t.Errorf("a missing report gives %v", err)
	}
}

func TestShowPrintsNumbersAndFailures(t *testing.T) {
	var out bytes.Buffer
	show([]Result{
		{Name: "drift", State: passed, Output: "x_test.go:1: measured: p95 12 ms\nother\n"},
		{Name: "broken", State: failed, Output: "why\n"},
	}, &out)
	want := "      drift: p95 12 ms\n--- FAIL: broken\n      why\n"
	if out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
}

func TestSkipsNeedAReason(t *testing.T) {
	name := filepath.Join(t.TempDir(), "skips.txt")
	text := "# words\n^p TestA$\tneeds two machines\n^p TestB$\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	results := refuseSkips([]Result{{Name: "p TestA", State: skipped}, {Name: "p TestB", State: skipped}}, readSkips(name))
	compare(t, results, map[string]State{"p TestA": skipped, "p TestB": failed})
}
