package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
)

// A State is how a test ended.
type State string

// The three ways a test can end, as they stand in the tally.
const (
	passed  State = "passed"
	failed  State = "failed"
	skipped State = "skipped"
)

// A Result is one test that has no subtests.
type Result struct {
	Name   string
	State  State
	Output string // what it printed, or why it failed
}

func anyFailed(results []Result) bool {
	for _, result := range results {
		if result.State == failed {
			return true
		}
	}
	return false
}

// measured marks lines of output that carry a number worth seeing every time.
const measured = "measured:"

// show prints measured numbers, then every failure with its output.
func show(results []Result, out io.Writer) {
	for _, result := range results {
		for line := range strings.Lines(result.Output) {
			// Not the line of source that an error quotes.
			if before, number, ok := strings.Cut(line, measured); ok && !strings.Contains(before, "(") {
				fmt.Fprintf(out, "      %s: %s\n", result.Name, strings.TrimSpace(number))
			}
		}
	}
	for _, result := range results {
		if result.State != failed {
			continue
		}
		fmt.Fprintf(out, "--- FAIL: %s\n", result.Name)
		for line := range strings.Lines(strings.TrimRight(result.Output, "\n")) {
			fmt.Fprintf(out, "      %s\n", strings.TrimRight(line, "\n"))
		}
	}
}

func appendTally(name string, results []Result) error {
	var text bytes.Buffer
	for _, result := range results {
		fmt.Fprintf(&text, "%s %s\n", result.State, strings.ReplaceAll(result.Name, "\n", " "))
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("add to the tally: %w", err)
	}
	if _, err := file.Write(text.Bytes()); err != nil {
		_ = file.Close()
		return fmt.Errorf("add to the tally: %w", err)
	}
	return file.Close()
}

// total prints the closing line. No test at all is a failure too.
func total(tally []byte, out io.Writer) error {
	counts := map[State]int{}
	lines := bufio.NewScanner(bytes.NewReader(tally))
	for lines.Scan() {
		state, name, _ := strings.Cut(lines.Text(), " ")
		counts[State(state)]++
		if State(state) == failed {
			fmt.Fprintln(out, "failed:", name)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the tally: %w", err)
	}
	fmt.Fprintf(out, "%d passed, %d failed", counts[passed], counts[failed])
	if counts[skipped] > 0 {
		fmt.Fprintf(out, ", %d skipped", counts[skipped])
	}
	fmt.Fprintln(out)
	if counts[failed] > 0 || counts[passed] == 0 {
		return errFailed
	}
	return nil
}
