package subtitle

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// cueLine takes both SRT's comma and WebVTT's point, and what broken tools write.
var cueLine = regexp.MustCompile(`^[ \t]*((?:\d{1,3}:)?\d{1,2}:\d{2}[.,:]\d{1,3})[ \t]*-->[ \t]*((?:\d{1,3}:)?\d{1,2}:\d{2}[.,:]\d{1,3})(.*)$`)

// setting is what WebVTT knows; SRT's own coordinates (X1:… Y1:…) are not.
var setting = regexp.MustCompile(`^(?:line|position|size|align|vertical):[A-Za-z0-9.,%-]{1,24}$`)

// readCues reads SRT and WebVTT alike: a timing line, then text up to the next
// empty line. Everything else (numbers, notes, styles, regions) is left out.
func readCues(text string) []cue {
	var cues []cue
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines) && len(cues) < maxCues; i++ {
		m := cueLine.FindStringSubmatch(lines[i])
		if m == nil {
			continue
		}
		c := cue{fromMS: millis(m[1]), toMS: millis(m[2])}
		for _, s := range strings.Fields(m[3]) {
			if setting.MatchString(s) {
				c.settings += " " + s
			}
		}
		var body []string
		for i+1 < len(lines) && strings.TrimSpace(lines[i+1]) != "" && !cueLine.MatchString(lines[i+1]) {
			i++
			body = append(body, strings.ReplaceAll(lines[i], "-->", "→"))
		}
		// Two cues without an empty line between: the last line is the next one's number.
		if i+1 < len(lines) && cueLine.MatchString(lines[i+1]) && len(body) > 0 && isNumber(body[len(body)-1]) {
			body = body[:len(body)-1]
		}
		c.text = strings.Join(body, "\n")
		if c.toMS > c.fromMS && strings.TrimSpace(c.text) != "" {
			cues = append(cues, c)
		}
	}
	return sorted(cues)
}

// sorted by time, which players rely on; equal times keep their order.
func sorted(cues []cue) []cue {
	slices.SortStableFunc(cues, func(a, b cue) int { return cmp.Compare(a.fromMS, b.fromMS) })
	return cues
}

func isNumber(s string) bool {
	_, err := strconv.Atoi(strings.TrimSpace(s))
	return err == nil
}

// millis reads "1:02:03,5"; the fraction may have one to three digits.
func millis(s string) int64 {
	s = strings.ReplaceAll(s, ",", ".")
	if !strings.Contains(s, ".") { // 00:00:01:500, as some tools write
		cut := strings.LastIndexByte(s, ':')
		s = s[:cut] + "." + s[cut+1:]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	var seconds int64
	for part := range strings.SplitSeq(whole, ":") {
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return 0 // the pattern lets only digits in
		}
		seconds = seconds*60 + n
	}
	ms, err := strconv.ParseInt((fraction + "00")[:3], 10, 64)
	if err != nil {
		return 0
	}
	return seconds*1000 + ms
}

var (
	// tag is one SRT tag; only italics, bold and underline stay.
	tag = regexp.MustCompile(`</?([A-Za-z]+)[^<>]*>`)
	// override is ASS in braces, which SRT files carry too.
	override = regexp.MustCompile(`\{\\[^{}]*\}|\{[^{}\n]*\\[^{}]*\}`)
	atTop    = regexp.MustCompile(`\{[^{}]*\\an?[789][^0-9{}]*\}|\{[^{}]*\\an[789][^{}]*\}`)
)

// withoutOverrides takes the braces out and keeps whether they say "on top".
func withoutOverrides(text string) (out, settings string) {
	if atTop.MatchString(text) {
		settings = " line:0"
	}
	return override.ReplaceAllString(text, ""), settings
}

// fromASS makes WebVTT of the text of an ASS line.
func fromASS(text string) (out, settings string) {
	text, settings = withoutOverrides(text)
	return escape(text), settings
}

// fromTags makes WebVTT of a text with SRT's tags.
func fromTags(text string) (out, settings string) {
	text, settings = withoutOverrides(text)
	var b strings.Builder
	for len(text) > 0 {
		at := tag.FindStringSubmatchIndex(text)
		if at == nil {
			b.WriteString(escape(text))
			break
		}
		b.WriteString(escape(text[:at[0]]))
		switch name := strings.ToLower(text[at[2]:at[3]]); name {
		case "i", "b", "u":
			b.WriteString(map[bool]string{true: "</", false: "<"}[text[at[0]+1] == '/'] + name + ">")
		}
		text = text[at[1]:]
	}
	return b.String(), settings
}

func escape(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(s, "&", "&amp;"), "<", "&lt;"), ">", "&gt;")
}

// assCues reads the spoken lines of an ASS file without their styles.
func assCues(text string) []cue {
	_, events, _ := strings.Cut(strings.ToLower(text), "\n[events]")
	text = text[len(text)-len(events):]
	fields := []string{"layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text"}
	var cues []cue
	for line := range strings.SplitSeq(text, "\n") {
		if rest, ok := strings.CutPrefix(line, "Format:"); ok {
			fields = strings.Split(strings.ToLower(strings.ReplaceAll(rest, " ", "")), ",")
		}
		rest, ok := strings.CutPrefix(line, "Dialogue:")
		if !ok || len(cues) == maxCues {
			continue
		}
		if c, ok := assCue(strings.SplitN(rest, ",", len(fields)), fields); ok {
			cues = append(cues, c)
		}
	}
	return sorted(cues)
}

var assTime = regexp.MustCompile(`^\d{1,3}:\d{2}:\d{2}\.\d{1,3}$`)

func assCue(parts, fields []string) (c cue, ok bool) {
	start, end, text := slices.Index(fields, "start"), slices.Index(fields, "end"), slices.Index(fields, "text")
	if len(parts) != len(fields) || min(start, end, text) < 0 {
		return cue{}, false
	}
	from, to := strings.TrimSpace(parts[start]), strings.TrimSpace(parts[end])
	// A line that draws shapes says nothing.
	if !assTime.MatchString(from) || !assTime.MatchString(to) || strings.Contains(parts[text], `\p1`) {
		return cue{}, false
	}
	words := strings.NewReplacer(`\N`, "\n", `\n`, "\n", `\h`, " ").Replace(parts[text])
	words = strings.ReplaceAll(words, "-->", "→")
	c = cue{fromMS: millis(from), toMS: millis(to), text: words}
	plain := strings.TrimSpace(override.ReplaceAllString(words, ""))
	return c, c.toMS > c.fromMS && plain != "" && !strings.Contains(plain, "\n\n")
}
