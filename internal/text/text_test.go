package text

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "hello", "hello"},
		{"white space folds", "  a \t\n b\u3000c  ", "a b c"},
		{"html stays text", "<b>x</b>", "<b>x</b>"},
		{"bidi override goes", "abc\u202Egnp.exe", "abcgnp.exe"},
		{"isolates go", "\u2066x\u2069", "x"},
		{"controls go", "a\x00b\x1b[31mc\u0085d", "ab[31mc d"},
		{"zero width space goes", "ad\u200Bmin", "admin"},
		{"joiner stays for emoji", "👩\u200D👧", "👩\u200D👧"},
		{"joiner stays for Persian", "می\u200Cخواهم", "می\u200Cخواهم"},
		{"joiner stays after a mark", "ന്\u200D ക", "ന്\u200D ക"},
		{"joiners join, nothing else", "\u200Da\u200D\u200D\u200Db\u200D c\u200D", "a\u200Db c"},
		{"nothing but joiners", strings.Repeat("\u200D", 400), ""},
		{"styles of nothing", "\uFE0F\uFE0F x\uFE0F\uFE0F", "x\uFE0F"},
		{"fillers go", "\u3164\u115F\uFFA0\u2800", ""},
		{"graphemes are not cut", "e\u034F\u0301", "é"},
		{"private use goes", "a\uE000b", "ab"},
		{"composed", "e\u0301", "é"},
		{"bad utf-8 goes", "a\xffb", "ab"},
		{"marks are bounded", "a" + strings.Repeat("\u0316", 50), "a" + strings.Repeat("\u0316", maxMarks)},
		{"line separator", "a\u2028b", "a b"},
		{"chinese", "周五新番夜", "周五新番夜"},
	} {
		if got := Line(c.in); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestLines(t *testing.T) {
	if got := Lines(" a\n\n\n\n b \r\n c "); got != "a\n\n b  \n c" {
		t.Errorf("got %q", got)
	}
}

func TestTenKilobytesOfMarksShrink(t *testing.T) {
	if got := Lines("Z" + strings.Repeat("\u0300\u0316", 5000)); utf8.RuneCountInString(got) > 2+maxMarks {
		t.Errorf("%d characters left", utf8.RuneCountInString(got))
	}
}

func TestFold(t *testing.T) {
	for _, pair := range [][2]string{{"Straße", "STRASSE"}, {"ÉCOLE", "école"}, {"ＡＢＣ", "abc"}, {"ΣΊΣΥΦΟΣ", "σίσυφος"}} {
		if Fold(pair[0]) != Fold(pair[1]) {
			t.Errorf("%q and %q fold apart", pair[0], pair[1])
		}
	}
	if Fold("a") == Fold("b") {
		t.Error("different names fold together")
	}
}

func TestTruncate(t *testing.T) {
	if Truncate("你好吗", 2) != "你好" || Truncate("ab", 2) != "ab" || Truncate("", 0) != "" {
		t.Error("cut by characters")
	}
}

func FuzzLine(f *testing.F) {
	for _, s := range []string{"", "a\u202Eb", "\xff\xfe", "e\u0301\u0301", "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Line(s)
		if !utf8.ValidString(once) || strings.ContainsAny(once, "\n\r\t\u202e\u2066") {
			t.Errorf("%q became %q", s, once)
		}
		if again := Line(once); again != once {
			t.Errorf("not stable: %q, then %q", once, again)
		}
	})
}
