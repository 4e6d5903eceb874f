package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// vitestReport is the part of Vitest's JSON report that is counted.
type vitestReport struct {
	TestResults []struct {
		Name, Status, Message string
		AssertionResults      []struct {
			FullName, Status string
			FailureMessages  []string
		}
	}
}

// parseVitest counts the tests of a Vitest report; a file that could not be
// loaded is one failure.
func parseVitest(text []byte) ([]Result, error) {
	var report vitestReport
	if err := json.Unmarshal(text, &report); err != nil {
		return nil, fmt.Errorf("read the Vitest report: %w", err)
	}
	var results []Result
	for _, file := range report.TestResults {
		if file.Status == "failed" && len(file.AssertionResults) == 0 {
			results = append(results, Result{Name: file.Name, State: failed, Output: file.Message})
		}
		for _, test := range file.AssertionResults {
			results = append(results, Result{
				Name: file.Name + " " + test.FullName, State: vitestState(test.Status),
				Output: strings.Join(test.FailureMessages, "\n"),
			})
		}
	}
	return results, nil
}

func vitestState(status string) State {
	switch status {
	case "passed":
		return passed
	case "failed":
		return failed
	}
	return skipped // pending, skipped, todo
}

// playwrightReport is the part of Playwright's JSON report that is counted.
type playwrightReport struct {
	Suites []playwrightSuite
	Errors []playwrightError
}

type playwrightSuite struct {
	Title, File string
	Suites      []playwrightSuite
	Specs       []struct {
		Title string
		Tests []playwrightTest
	}
}

type playwrightTest struct {
	ProjectName, Status string
	Results             []struct {
		Errors []playwrightError
		Stdout []struct{ Text string }
	}
}

type playwrightError struct{ Message string }

// parsePlaywright counts the tests of a Playwright report. A test that passed
// only when repeated has failed.
func parsePlaywright(text []byte) ([]Result, error) {
	var report playwrightReport
	if err := json.Unmarshal(text, &report); err != nil {
		return nil, fmt.Errorf("read the Playwright report: %w", err)
	}
	var results []Result
	for _, each := range report.Errors {
		results = append(results, Result{Name: "playwright", State: failed, Output: plain(each.Message)})
	}
	for _, suite := range report.Suites {
		results = append(results, suite.results("")...)
	}
	return results, nil
}

func (s playwrightSuite) results(above string) []Result {
	name := strings.TrimSpace(above + " " + s.Title)
	var results []Result
	for _, spec := range s.Specs {
		for _, test := range spec.Tests {
			results = append(results, Result{
				Name:  strings.TrimSpace(fmt.Sprintf("%s %s %s", name, spec.Title, test.ProjectName)),
				State: playwrightState(test.Status), Output: test.output(),
			})
		}
	}
	for _, suite := range s.Suites {
		results = append(results, suite.results(name)...)
	}
	return results
}

func playwrightState(status string) State {
	switch status {
	case "expected":
		return passed
	case "skipped":
		return skipped
	}
	return failed // unexpected, flaky
}

func (t playwrightTest) output() string {
	var text strings.Builder
	for _, result := range t.Results {
		for _, printed := range result.Stdout {
			text.WriteString(printed.Text)
		}
		for _, each := range result.Errors {
			text.WriteString(plain(each.Message) + "\n")
		}
	}
	return text.String()
}

// plain takes the colours out of a message.
func plain(message string) string {
	var text strings.Builder
	for {
		before, after, found := strings.Cut(message, "\x1b[")
		text.WriteString(before)
		if !found {
			return text.String()
		}
		_, message, _ = strings.Cut(after, "m")
	}
}
