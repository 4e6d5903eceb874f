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

// clean is what Line and Lines share.
func clean(s string, lines bool) string {
	c := cleaner{lines: lines}
	c.out.Grow(min(len(s), 4096))
	for _, r := range norm.NFC.String(strings.ToValidUTF8(s, "")) {
		c.take(r)
	}
	return norm.NFC.String(c.out.String()) // what was left out may have kept two apart that compose
}

// cleaner passes runes on, one by one.
type cleaner struct {
	lines bool
	out   strings.Builder
	last  rune // written last; 0 = nothing yet
	marks int  // on the current base character
	join  rune // a joiner that waits for something to join
}

func (c *cleaner) take(r rune) {
	switch {
	case r == '\n' && c.lines:
		c.write(r)
	case unicode.IsSpace(r) || r == blankBraille:
		c.write(' ')
	case joiner(r):
		if c.last != 0 && !unicode.IsSpace(c.last) && !joiner(c.last) && c.join == 0 {
			c.join = r
			c.keepAfterMark()
		}
	case invisible(r):
	case variationSelector(r):
		if c.last != 0 && !unicode.IsSpace(c.last) && !variationSelector(c.last) {
			c.write(r)
		}
	case unicode.Is(unicode.M, r):
		if c.marks++; c.marks <= maxMarks {
			c.write(r)
		}
	default:
		c.marks = 0
		c.write(r)
	}
}

// write puts a waiting joiner in front of what it joins; before a blank it
// joins nothing and is left out.
func (c *cleaner) write(r rune) {
	if c.join != 0 && !unicode.IsSpace(r) {
		c.out.WriteRune(c.join)
	}
	c.join, c.last = 0, r
	c.out.WriteRune(r)
}

// keepAfterMark: some Indic letters are written as a letter, a mark and a
// joiner, which then stands at the end of a word.
func (c *cleaner) keepAfterMark() {
	if unicode.Is(unicode.M, c.last) && !variationSelector(c.last) {
		c.out.WriteRune(c.join)
		c.last, c.join = c.join, 0
	}
}

// joiner tells U+200C and U+200D: Persian, Indic scripts and emoji families
// need them, one at a time and between two characters.
func joiner(r rune) bool { return r == 0x200C || r == 0x200D }

// blankBraille is a letter of Braille that shows nothing.
const blankBraille = 0x2800

// variationSelector: emoji and CJK variants use them; they draw nothing.
func variationSelector(r rune) bool { return r >= 0xFE00 && r <= 0xFE0F }

// invisible is what is not seen, or changes how neighbours are drawn: controls,
// bidirectional overrides and isolates, line separators, tags, and the filler
// letters with which a name can look empty.
func invisible(r rune) bool {
	switch r {
	case 0x2028, 0x2029, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0:
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r)
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
