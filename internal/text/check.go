package text

import (
	"unicode/utf8"

	"synctv/internal/problem"
)

// Check cleans a one-line text and checks its length in characters. The problem
// it answers with names location, the place of the text in the input.
func Check(location, typed string, least, most int) (string, error) {
	line := Line(typed)
	switch n := utf8.RuneCountInString(line); {
	case n < least:
		return "", problem.InvalidField(location, "too_short", "This may not be empty.")
	case n > most:
		return "", problem.InvalidField(location, "too_long", "This is too long.")
	}
	return line, nil
}
