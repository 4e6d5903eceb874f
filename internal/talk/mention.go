package talk

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"synctv/internal/text"
)

// maxMentions is how many people one message may call.
const maxMentions = 20

// Mentioned finds who a message names with @: the longest name that stands
// there, in any case, counts; everybody of that name is meant. An @ inside a
// word (an address) names nobody.
func Mentioned(said string, people []Author) []string {
	names := map[string][]string{}
	longest := 0
	for _, p := range people {
		key := text.Fold(p.Name)
		names[key] = append(names[key], p.ID)
		longest = max(longest, utf8.RuneCountInString(key))
	}
	var ids []string
	before := ' '
	for i, r := range said {
		if r == '@' && !wordRune(before) {
			for _, id := range longestName(said[i+1:], names, longest) {
				if len(ids) < maxMentions && !slices.Contains(ids, id) {
					ids = append(ids, id)
				}
			}
		}
		before = r
	}
	return ids
}

// longestName looks from the longest possible name down to one character.
// Folding may change the length, so a little more than that is tried.
func longestName(rest string, names map[string][]string, longest int) []string {
	var ends []int
	for i := range rest {
		if i > 0 {
			ends = append(ends, i)
		}
		if len(ends) > longest {
			break
		}
	}
	if len(ends) <= longest {
		ends = append(ends, len(rest))
	}
	for _, end := range slices.Backward(ends) {
		after, _ := utf8.DecodeRuneInString(rest[end:])
		if end < len(rest) && wordRune(after) && !unspaced(after) {
			continue
		}
		if ids := names[text.Fold(rest[:end])]; ids != nil {
			return ids
		}
	}
	return nil
}

func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r) || r == '_'
}

// unspaced tells scripts that put no blank between words: there a name may be
// followed by anything.
func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}
