package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"strings"
)

// goEvent is one line of go test -json.
type goEvent struct {
	Action, Package, ImportPath, Test, Output, FailedBuild string
}

// goTest is what is known of one test, or of a package when Test is empty.
type goTest struct {
	state  State // empty while running
	parent bool  // has subtests: it counts through them
	output strings.Builder
}

// goRun collects the events of one go test command.
type goRun struct {
	tests  map[[2]string]*goTest // by package and test
	builds map[string]*strings.Builder
	broken map[string]string // package whose build failed → what failed to build
}

// parseGo counts the leaves of a go test -json run. A package that failed
// outside its tests (build, panic, time out) is one failure more.
func parseGo(report io.Reader) ([]Result, error) {
	run := &goRun{tests: map[[2]string]*goTest{}, builds: map[string]*strings.Builder{}, broken: map[string]string{}}
	lines := bufio.NewScanner(report)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		if !strings.HasPrefix(lines.Text(), "{") {
			continue // the go command's own words
		}
		var event goEvent
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			return nil, fmt.Errorf("read go test -json: %w", err)
		}
		run.take(event)
	}
	return run.results(), lines.Err()
}

func (r *goRun) take(event goEvent) {
	if event.Action == "build-output" {
		r.build(event.ImportPath).WriteString(event.Output)
		return
	}
	if event.Package == "" {
		return
	}
	test := r.test(event.Package, event.Test)
	switch event.Action {
	case "output":
		test.output.WriteString(event.Output)
	case "pass":
		test.state = passed
	case "skip":
		test.state = skipped
	case "fail":
		test.state = failed
		r.broken[event.Package] = event.FailedBuild
	}
}

func (r *goRun) build(name string) *strings.Builder {
	if r.builds[name] == nil {
		r.builds[name] = &strings.Builder{}
	}
	return r.builds[name]
}

// test finds or makes a test and marks all it is nested in as parents.
func (r *goRun) test(pkg, name string) *goTest {
	key := [2]string{pkg, name}
	if found := r.tests[key]; found != nil {
		return found
	}
	r.tests[key] = &goTest{}
	for i := range name {
		if name[i] != '/' {
			continue
		}
		if above := r.tests[[2]string{pkg, name[:i]}]; above != nil {
			above.parent = true
		}
	}
	return r.tests[key]
}

func (r *goRun) results() []Result {
	keys := make([][2]string, 0, len(r.tests))
	for key := range r.tests {
		keys = append(keys, key)
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i][0]+"\x00"+keys[i][1] < keys[j][0]+"\x00"+keys[j][1] })

	var results []Result
	for _, key := range keys {
		if result, counts := r.result(key[0], key[1]); counts {
			results = append(results, result)
		}
	}
	return results
}

// result judges one test. Parents count only when they failed by themselves,
// packages only when they failed and none of their tests did.
func (r *goRun) result(pkg, name string) (Result, bool) {
	test := r.tests[[2]string{pkg, name}]
	whole := r.tests[[2]string{pkg, ""}]
	state, output := test.state, test.output.String()
	if name == "" {
		if state != failed || r.failedBelow(pkg, "") {
			return Result{}, false
		}
		if built := r.builds[r.broken[pkg]]; built != nil {
			output = built.String() + output
		}
		return Result{Name: pkg, State: failed, Output: output}, true
	}
	if state == "" && whole != nil && whole.state == failed {
		state, output = failed, output+"it never ended\n"
	}
	if state == "" || test.parent && (state != failed || r.failedBelow(pkg, name+"/")) {
		return Result{}, false
	}
	return Result{Name: pkg + " " + name, State: state, Output: output}, true
}

// failedBelow tells whether a test whose name begins with prefix failed.
func (r *goRun) failedBelow(pkg, prefix string) bool {
	for key, test := range r.tests {
		if key[0] == pkg && key[1] != "" && strings.HasPrefix(key[1], prefix) && test.state == failed {
			return true
		}
	}
	return false
}
