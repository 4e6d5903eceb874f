package subtitle

import (
	"path"
	"strings"
)

// Is tells by a file's name whether it may be a subtitle.
func Is(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".vtt", ".srt", ".ass", ".ssa":
		return true
	}
	return false
}

// Beside tells whether a file is a subtitle of a film in the same folder:
// "Film.mkv" has "Film.srt" and "Film.zh-CN.ass".
func Beside(film, name string) bool {
	stem := strings.TrimSuffix(film, path.Ext(film))
	rest, ok := strings.CutPrefix(name, stem)
	return ok && Is(name) && strings.HasPrefix(rest, ".")
}

// languages are the words for languages in the names of files.
func languages() map[string]string {
	return map[string]string{
		"chs": "zh-Hans", "sc": "zh-Hans", "gb": "zh-Hans", "zh-cn": "zh-Hans", "zh-hans": "zh-Hans", "简体": "zh-Hans", "简中": "zh-Hans", "简": "zh-Hans",
		"cht": "zh-Hant", "tc": "zh-Hant", "big5": "zh-Hant", "zh-tw": "zh-Hant", "zh-hk": "zh-Hant", "zh-hant": "zh-Hant", "繁体": "zh-Hant", "繁體": "zh-Hant", "繁中": "zh-Hant", "繁": "zh-Hant",
		"zh": "zh", "zho": "zh", "chi": "zh", "cn": "zh", "chinese": "zh", "中文": "zh",
		"en": "en", "eng": "en", "english": "en", "英文": "en", "ja": "ja", "jp": "ja", "jpn": "ja", "japanese": "ja", "日文": "ja", "日语": "ja",
		"ko": "ko", "kor": "ko", "korean": "ko", "fr": "fr", "fre": "fr", "fra": "fr", "de": "de", "ger": "de", "deu": "de",
		"es": "es", "spa": "es", "it": "it", "ita": "it", "pt": "pt", "por": "pt", "pt-br": "pt-BR", "ru": "ru", "rus": "ru",
		"ar": "ar", "ara": "ar", "th": "th", "tha": "th", "vi": "vi", "vie": "vi", "id": "id", "ind": "id",
	}
}

// Name is what people read in the menu, and the language if the file's name
// tells it (BCP 47, else empty). film may be empty.
func Name(film, name string) (label, language string) {
	base := strings.TrimSuffix(path.Base(name), path.Ext(name))
	known := languages()
	for part := range strings.FieldsFuncSeq(strings.ToLower(base), func(r rune) bool { return strings.ContainsRune("._ &+[]()", r) }) {
		if l, ok := known[part]; ok {
			language = l // the last word counts: Name.Of.The.Film.en
		}
	}
	stem := strings.TrimSuffix(film, path.Ext(film))
	if rest, ok := strings.CutPrefix(base, stem); ok && film != "" && rest != "" {
		base = strings.Trim(rest, ". ")
	}
	return base, language
}

// Language reads a language's name as media files carry it ("chi", "eng").
func Language(tag string) string { return languages()[strings.ToLower(tag)] }
