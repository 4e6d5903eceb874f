// Command count adds up what the test runners reported, for scripts/test. It
// knows the report formats of go test -json, Vitest and Playwright; it runs no
// test itself.
//
//	count go|vitest|playwright REPORT STATUS TALLY   read one runner's report
//	count total TALLY                                print the closing line
//
// STATUS is the runner's exit status: a runner that failed without a failing
// test in its report still counts as one failure. TALLY is a text file with one
// line per result, which this program appends to.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
)

// skipList names what may be skipped in CI, relative to the repository.
const skipList = "scripts/skips.txt"

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Getenv("CI") == "true"); err != nil {
		if !errors.Is(err, errFailed) {
			fmt.Fprintln(os.Stderr, "count:", err)
		}
		os.Exit(1)
	}
}

// errFailed says that tests failed; they have been printed already.
var errFailed = errors.New("tests failed")

func run(args []string, out io.Writer, ci bool) error {
	switch {
	case len(args) == 2 && args[0] == "total":
		text, err := os.ReadFile(args[1])
		if err != nil {
			return err
		}
		return total(text, out)
	case len(args) == 4:
		return one(args[0], args[1], args[2], args[3], out, ci)
	}
	return errors.New("usage: count go|vitest|playwright REPORT STATUS TALLY, or count total TALLY")
}

// one reads one runner's report, prints what failed and adds all to the tally.
func one(kind, report, status, tally string, out io.Writer, ci bool) error {
	results, err := read(kind, report)
	if err != nil {
		results = append(results, Result{Name: kind, State: failed, Output: err.Error()})
	}
	code, err := strconv.Atoi(status)
	if err != nil {
		return fmt.Errorf("exit status: %w", err)
	}
	if code != 0 && !anyFailed(results) {
		results = append(results, Result{
			Name: kind, State: failed,
			Output: "the runner ended with status " + status + " and reported no failing test",
		})
	}
	if ci {
		results = refuseSkips(results, readSkips(skipList))
	}
	show(results, out)
	if err := appendTally(tally, results); err != nil {
		return err
	}
	if anyFailed(results) {
		return errFailed
	}
	return nil
}

func read(kind, report string) ([]Result, error) {
	text, err := os.ReadFile(report)
	if err != nil {
		return nil, fmt.Errorf("no report: %w", err)
	}
	switch kind {
	case "go":
		return parseGo(bytes.NewReader(text))
	case "vitest":
		return parseVitest(text)
	case "playwright":
		return parsePlaywright(text)
	}
	return nil, fmt.Errorf("unknown kind of report %q", kind)
}
