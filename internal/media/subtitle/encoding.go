package subtitle

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// Decode makes UTF-8 of a file in any usual encoding: UTF-8 and UTF-16 (with a
// mark or without), else GB18030, Big5, Shift_JIS, EUC-KR or Windows-1252,
// whichever its bytes look like most.
func Decode(raw []byte) (string, error) {
	e := detect(raw)
	text, err := e.NewDecoder().Bytes(raw)
	if err != nil {
		return "", ErrUnknown.Because(err)
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return "", ErrUnknown // no text at all
	}
	return strings.TrimPrefix(string(text), "\ufeff"), nil
}

func detect(raw []byte) encoding.Encoding {
	switch {
	case bytes.HasPrefix(raw, []byte{0xFF, 0xFE}), bytes.HasPrefix(raw, []byte{0xFE, 0xFF}):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case utf8.Valid(raw):
		if e := wide(raw); e != nil {
			return e
		}
		return unicode.UTF8
	}
	if e := wide(raw); e != nil {
		return e
	}
	return multibyte(raw)
}

// wide knows UTF-16 without a mark by the zero bytes of its digits, which
// stand on one side (a few characters, 一 among them, have one on the other).
func wide(raw []byte) encoding.Encoding {
	var zeros [2]int
	for i, c := range raw[:min(len(raw), 8192)] {
		if c == 0 {
			zeros[i%2]++
		}
	}
	switch n := min(len(raw), 8192) / 20; {
	case zeros[1] > n && zeros[1] > 4*zeros[0]:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case zeros[0] > n && zeros[0] > 4*zeros[1]:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return nil
}

// script is how one multi-byte encoding looks: its usual characters are those
// that everyday text consists of.
type script struct {
	encoding encoding.Encoding
	least    int // pairs below which it is not considered
	usual    func(lead, trail byte) bool
	lead     func(byte) bool
}

func scripts() []script {
	high := func(c byte) bool { return c >= 0x81 && c <= 0xFE }
	return []script{
		// Everyday Korean lies inside the range of everyday Chinese; it takes
		// some text to tell that nothing lies outside.
		{korean.EUCKR, 24, func(l, t byte) bool { return t >= 0xA1 && (l >= 0xB0 && l <= 0xC8 || l == 0xA1) }, high},
		// Kana, and the characters of level 1.
		{japanese.ShiftJIS, 1, func(l, _ byte) bool { return l >= 0x81 && l <= 0x83 || l >= 0x88 && l <= 0x97 },
			func(c byte) bool { return c >= 0x81 && c <= 0x9F || c >= 0xE0 && c <= 0xFC }},
		// Level 1 of GB 2312 and its punctuation.
		{simplifiedchinese.GB18030, 1, func(l, t byte) bool { return t >= 0xA1 && (l >= 0xB0 && l <= 0xD7 || l >= 0xA1 && l <= 0xA3) }, high},
		// Level 1 of Big5 and its punctuation.
		{traditionalchinese.Big5, 1, func(l, t byte) bool {
			return l >= 0xA1 && l <= 0xC6 && (t >= 0x40 && t <= 0x7E || t >= 0xA1)
		}, high},
	}
}

// multibyte takes the encoding with the largest share of usual characters. Text
// in one of them read as another lands in its rare ranges about half the time.
func multibyte(raw []byte) encoding.Encoding {
	var best encoding.Encoding = charmap.Windows1252
	most := 0.6 // below that it is no script of two bytes
	for _, s := range scripts() {
		usual, all := s.count(raw)
		if share := float64(usual) / float64(max(all, 1)); all >= s.least && share > most {
			best, most = s.encoding, share
		}
	}
	return best
}

// count walks over the pairs; a high byte that leads none counts as one that
// is not usual.
func (s script) count(raw []byte) (usual, all int) {
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c < 0x80 {
			continue
		}
		all++
		if !s.lead(c) || i+1 == len(raw) || raw[i+1] < 0x40 {
			continue
		}
		if s.usual(c, raw[i+1]) {
			usual++
		}
		i++
	}
	return usual, all
}
