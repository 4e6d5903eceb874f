package subtitle

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

const simplified = "1\n00:00:01,000 --> 00:00:04,000\n你好，世界。这是第一行字幕！\n\n2\n00:00:05,000 --> 00:00:08,000\n我们一起看电影吧，朋友们都在等你。\n"
const traditional = "1\n00:00:01,000 --> 00:00:04,000\n你好，世界。這是第一行字幕！\n\n2\n00:00:05,000 --> 00:00:08,000\n我們一起看電影吧，朋友們都在等你。\n"
const japaneseText = "1\n00:00:01,000 --> 00:00:04,000\nこんにちは、世界。映画を一緒に見ましょう。\n"
const koreanText = "1\n00:00:01,000 --> 00:00:04,000\n안녕하세요 여러분 오늘은 함께 영화를 보겠습니다 친구들이 모두 기다리고 있어요\n"
const french = "1\n00:00:01,000 --> 00:00:04,000\nÀ bientôt, ça ira très bien à l'été, garçon — «oui» dit-il déjà.\n"

func TestDecodeFindsTheEncoding(t *testing.T) {
	for _, c := range []struct {
		name string
		as   encoding.Encoding
		text string
	}{
		{"UTF-8", unicode.UTF8, simplified},
		{"UTF-8 with a mark", unicode.UTF8BOM, simplified},
		{"UTF-16 LE with a mark", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), simplified},
		{"UTF-16 BE with a mark", unicode.UTF16(unicode.BigEndian, unicode.UseBOM), traditional},
		{"UTF-16 LE", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), simplified},
		{"UTF-16 BE", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), french},
		{"GB18030", simplifiedchinese.GB18030, simplified},
		{"GB18030, short", simplifiedchinese.GB18030, "1\n00:00:01,000 --> 00:00:04,000\n你好\n"},
		{"GB18030, four bytes", simplifiedchinese.GB18030, simplified + "𠮷野家𠮟\n"},
		{"GBK of traditional", simplifiedchinese.GB18030, simplified + "繁體"},
		{"Big5", traditionalchinese.Big5, traditional},
		{"Shift_JIS", japanese.ShiftJIS, japaneseText},
		{"EUC-KR", korean.EUCKR, koreanText},
		{"Windows-1252", charmap.Windows1252, french},
		{"nothing but ASCII", unicode.UTF8, "1\n00:00:01,000 --> 00:00:04,000\nHello\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw, err := c.as.NewEncoder().Bytes([]byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			got, err := Decode(raw)
			if err != nil || got != c.text {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestRead(t *testing.T) {
	ass := "[Script Info]\nTitle: x\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n" +
		`Dialogue: 0,0:00:05.00,0:00:06.50,Default,,0,0,0,,{\an8\b1}第二行,\N有逗号 <x>` + "\n" + `Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\i1}第一行` + "\n" +
		`Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\p1}m 0 0 l 1 1` + "\n"
	for _, c := range []struct {
		name, in string
		format   Format
		plain    string
	}{
		{"srt", "1\r\n00:00:01,000 --> 00:00:02,500 X1:1 Y1:2\r\n<i>A</i> & <font color=\"red\">B</font> <3\r\nline 2\r\n\r\n2\r\n1:00:00,5 --> 1:00:01,05\r\n{\\an8}top\r\n",
			VTT, "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<i>A</i> &amp; B &lt;3\nline 2\n\n01:00:00.500 --> 01:00:01.050 line:0\ntop\n"},
		{"srt without empty lines", "1\n00:00:01,000 --> 00:00:02,000\na\n2\n00:00:03,000 --> 00:00:04,000\nb", VTT,
			"WEBVTT\n\n00:00:01.000 --> 00:00:02.000\na\n\n00:00:03.000 --> 00:00:04.000\nb\n"},
		{"srt out of order", "00:00:03,000 --> 00:00:04,000\nb\n\n00:00:01,000 --> 00:00:02,000\na\n", VTT,
			"WEBVTT\n\n00:00:01.000 --> 00:00:02.000\na\n\n00:00:03.000 --> 00:00:04.000\nb\n"},
		{"vtt", "WEBVTT - title\nKind: captions\n\nNOTE x\n\nSTYLE\n::cue { background: url(http://x/) }\n\nid\n01:02.500 --> 01:04.000 line:10% position:5%,line-left region:r evil:<x>\n<v Ada>Hi &amp; <c.red>bye</c>\n",
			VTT, "WEBVTT\n\n00:01:02.500 --> 00:01:04.000 line:10% position:5%,line-left\n<v Ada>Hi &amp; <c.red>bye</c>\n"},
		{"ass", ass, ASS, "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n第一行\n\n00:00:05.000 --> 00:00:06.500 line:0\n第二行,\n有逗号 &lt;x&gt;\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Read([]byte(c.in))
			if err != nil || got.Format != c.format || got.Plain() != c.plain {
				t.Errorf("got %s %q, %v\nwant %q", got.Format, got.Plain(), err, c.plain)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"nothing": {"", ErrUnknown}, "a page": {"<!doctype html><script>alert(1)</script>", ErrUnknown},
		"a picture": {"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", ErrUnknown}, "a film": {"\x00\x00\x00\x20ftypisom", ErrUnknown},
		"an empty vtt": {"WEBVTT\n\n", ErrEmpty}, "an empty ass": {"[Script Info]\n[Events]\nFormat: Text\n", ErrEmpty},
		"times that run backwards": {"00:00:05,000 --> 00:00:01,000\nx\n", ErrEmpty}, "too large": {strings.Repeat("a", MaxBytes+1), ErrTooLarge},
	} {
		if got, err := Read([]byte(c.in)); !errors.Is(err, c.want) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ film, name, label, language string }{
		{"Film.mkv", "Film.zh-CN.ass", "zh-CN", "zh-Hans"}, {"Film.mkv", "Film.srt", "Film", ""}, {"", "Some.Film.2019.eng.srt", "Some.Film.2019.eng", "en"},
		{"电影.mp4", "电影.简体.srt", "简体", "zh-Hans"}, {"F.mp4", "F.chs&eng.ass", "chs&eng", "en"},
	} {
		if label, language := Name(c.film, c.name); label != c.label || language != c.language {
			t.Errorf("%s: got %q %q", c.name, label, language)
		}
	}
	for name, want := range map[string]bool{"Film.srt": true, "Film.en.SRT": true, "Film2.srt": false, "Film.txt": false, "Other.srt": false, "Film.mkv": false} {
		if Beside("Film.mkv", name) != want {
			t.Errorf("Beside(%s) is not %v", name, want)
		}
	}
}

// Whatever is thrown at it, the answer is a track that reads as itself again.
func FuzzRead(f *testing.F) {
	for _, s := range []string{simplified, french, "WEBVTT\n\n00:01.000 --> 00:02.000\nx", "[Script Info]\n\n[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,x"} {
		f.Add([]byte(s))
	}
	f.Add([]byte("\xff\xfe1\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := Read(raw)
		if err != nil {
			return
		}
		plain := got.Plain()
		if !strings.HasPrefix(plain, "WEBVTT\n") {
			t.Fatalf("%q", plain)
		}
		again, err := Read([]byte(plain))
		if err == nil && again.Text != plain {
			t.Fatalf("%q became %q", plain, again.Text)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("\xc4\xe3\xba\xc3"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if s, err := Decode(raw); err == nil && strings.ContainsRune(s, 0) {
			t.Fatalf("%q", s)
		}
	})
}
