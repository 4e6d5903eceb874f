package main

import (
	"os"
	"regexp"
	"strings"
)

// readSkips reads the list of tests that may be skipped in CI: one regular
// expression a line, a tab, the reason. A missing list allows nothing.
func readSkips(name string) []*regexp.Regexp {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	var allowed []*regexp.Regexp
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		pattern, reason, _ := strings.Cut(line, "\t")
		if line == "" || strings.HasPrefix(line, "#") || strings.TrimSpace(reason) == "" {
			continue
		}
		if expression, err := regexp.Compile(pattern); err == nil {
			allowed = append(allowed, expression)
		}
	}
	return allowed
}

// refuseSkips turns each skipped test that is not on the list into a failure:
// where everything is installed, a skipped test hides that it was never run.
func refuseSkips(results []Result, allowed []*regexp.Regexp) []Result {
	for i, result := range results {
		if result.State == skipped && !matchesAny(allowed, result.Name) {
			results[i].State = failed
			results[i].Output = "skipped, which CI does not allow unless " + skipList + " gives a reason\n" + result.Output
		}
	}
	return results
}

func matchesAny(expressions []*regexp.Regexp, name string) bool {
	for _, expression := range expressions {
		if expression.MatchString(name) {
			return true
		}
	}
	return false
}
