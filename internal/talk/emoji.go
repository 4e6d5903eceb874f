package talk

import "unicode/utf8"

// Parts of an emoji as Unicode builds them (UTS 51).
const (
	emojiJoiner   = 0x200D  // between the people of a family
	emojiStyle    = 0xFE0F  // "draw it in colour"
	emojiKeycap   = 0x20E3  // around a digit
	emojiFlag     = 0x1F3F4 // carries the tags of a region
	emojiTagEnd   = 0xE007F
	maxEmojiBytes = 64 // the longest in use, a flag with tags, has 28
	maxEmojiParts = 8  // joined ones; families have four
)

// IsEmoji tells whether s is exactly one emoji: a symbol, several joined ones,
// a keycap or a flag. It knows the blocks emoji come from rather than each
// single one, so that next year's are taken too.
func IsEmoji(s string) bool {
	if len(s) == 0 || len(s) > maxEmojiBytes || !utf8.ValidString(s) {
		return false
	}
	r := []rune(s)
	if len(r) == 2 && regional(r[0]) && regional(r[1]) {
		return true
	}
	if keycapBase(r[0]) {
		rest := skip(r[1:], emojiStyle)
		return len(rest) == 1 && rest[0] == emojiKeycap
	}
	for range maxEmojiParts {
		if len(r) == 0 || !pictograph(r[0]) {
			return false
		}
		r = afterPart(r)
		if len(r) == 0 {
			return true
		}
		if r[0] != emojiJoiner {
			return false
		}
		r = r[1:]
	}
	return false
}

// afterPart passes over one symbol with its tone, style or tags.
func afterPart(r []rune) []rune {
	flag := r[0] == emojiFlag
	r = skip(r[1:], emojiStyle)
	if len(r) > 0 && r[0] >= 0x1F3FB && r[0] <= 0x1F3FF {
		return skip(r[1:], emojiStyle)
	}
	n := 0
	for flag && n < len(r) && r[n] >= 0xE0020 && r[n] <= emojiTagEnd {
		n++
		if r[n-1] == emojiTagEnd {
			return r[n:]
		}
	}
	return r
}

func skip(r []rune, what rune) []rune {
	if len(r) > 0 && r[0] == what {
		return r[1:]
	}
	return r
}

func regional(r rune) bool   { return r >= 0x1F1E6 && r <= 0x1F1FF }
func keycapBase(r rune) bool { return r >= '0' && r <= '9' || r == '#' || r == '*' }

// pictograph tells the blocks from which emoji are taken.
func pictograph(r rune) bool {
	switch {
	case r >= 0x1F000 && r <= 0x1FAFF:
		return !regional(r)
	case r >= 0x2600 && r <= 0x27BF, r >= 0x2300 && r <= 0x23FF, r >= 0x2B00 && r <= 0x2BFF,
		r >= 0x2190 && r <= 0x21FF, r >= 0x25A0 && r <= 0x25FF, r == 0x2934, r == 0x2935:
		return true
	}
	switch r {
	case 0xA9, 0xAE, 0x203C, 0x2049, 0x2122, 0x2139, 0x24C2, 0x3030, 0x303D, 0x3297, 0x3299:
		return true
	}
	return false
}
