// Package text makes what people type safe to store and to show: cleaned of
// what draws over its neighbours or hides, and folded so that names which look
// the same are the same. It knows nothing of what the text is for.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// maxMarks is how many combining marks may sit on one base character. Written
// languages need at most four or five (Tibetan, pointed Hebrew); more is
// decoration that paints over its neighbours.
const maxMarks = 6

// Line makes a text safe to show on one line: valid UTF-8 in NFC, no
// control characters, no bidirectional overrides, runs of white space folded
// to one blank, combining marks bounded. It never adds anything.
func Line(s string) string {
	return strings.Join(strings.Fields(clean(s, false)), " ")
}

// Lines is Line for texts of several lines: line ends stay, at most
// two in a row.
func Lines(s string) string {
	s = strings.TrimSpace(clean(s, true))
	for strings.Contains(s, "\n\n\n") {
		s = strings.ReplaceAll(s, "\n\n\n", "\n\n")
	}
	return s
}

func clean(s string, lines bool) string {
	s = norm.NFC.String(strings.ToValidUTF8(s, ""))
	var b strings.Builder
	b.Grow(len(s))
	marks := 0
	for _, r := range s {
		if unicode.Is(unicode.M, r) && !variationSelector(r) {
			if marks++; marks > maxMarks {
				continue
			}
		} else {
			marks = 0
		}
		switch {
		case r == '\n' && lines:
			b.WriteRune(r)
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case invisible(r):
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// variationSelector: emoji and CJK variants use them; they draw nothing.
func variationSelector(r rune) bool { return r >= 0xFE00 && r <= 0xFE0F }

// invisible is what may change how neighbours are drawn without being seen:
// controls, bidirectional overrides and isolates, line separators, tags.
// U+200C and U+200D stay: Persian, Indic scripts and emoji families need them.
func invisible(r rune) bool {
	switch {
	case r == 0x200C || r == 0x200D:
		return false
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
		return true
	}
	return r == 0x2028 || r == 0x2029
}

// Fold is NFKC and Unicode case folding: what two names must share to be taken
// for the same, and what is searched (SQLite's lower() folds ASCII only).
func Fold(s string) string {
	return cases.Fold().String(norm.NFKC.String(s))
}

// Truncate cuts a text to a number of characters.
func Truncate(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most])
}
