// Package subtitle reads subtitle files of every kind people have and writes
// what a page shows: WebVTT for plain ones, ASS as it is for styled ones. It is
// pure: bytes in, text out; it knows no files, no rooms and no HTTP.
package subtitle

import (
	"fmt"
	"regexp"
	"strings"

	"synctv/internal/problem"
)

// Format is what a track is shown as.
type Format string

// The formats of tracks. SRT becomes VTT when it is read.
const (
	VTT Format = "vtt"
	ASS Format = "ass"
)

// MaxBytes is the largest file that is read. A typeset ASS of a long film is
// below 2 MB; those that carry fonts are larger than what is worth keeping.
const MaxBytes = 4 << 20

// maxCues bounds the work that one file makes for a page. A long film with
// karaoke has about 10,000.
const maxCues = 50_000

// The refusals.
var (
	ErrUnknown  = problem.New(problem.Invalid, "subtitle_unknown", "This is no subtitle file that can be shown: WebVTT, SRT and ASS/SSA can.")
	ErrTooLarge = problem.New(problem.TooLarge, "subtitle_too_large", "This subtitle file is too large.")
	ErrEmpty    = problem.New(problem.Invalid, "subtitle_empty", "There is not one line in this subtitle file.")
)

// Track is one subtitle, in UTF-8 with \n line ends.
type Track struct {
	Format Format
	Text   string
}

// timing finds "00:01:02,500 --> 00:01:04.000"; hours may be missing.
var timing = regexp.MustCompile(`(?m)^[ \t]*(?:\d{1,3}:)?\d{1,2}:\d{2}[.,:]\d{1,3}[ \t]*-->`)

// Read finds out what a file is, by its content and not by its name, and makes
// a track of it.
func Read(raw []byte) (Track, error) {
	if len(raw) > MaxBytes {
		return Track{}, ErrTooLarge
	}
	text, err := Decode(raw)
	if err != nil {
		return Track{}, err
	}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	switch {
	case isASS(text):
		if !strings.Contains(text, "\nDialogue:") {
			return Track{}, ErrEmpty
		}
		return Track{ASS, text}, nil
	case strings.HasPrefix(text, "WEBVTT"), timing.MatchString(text):
		cues := readCues(text)
		if len(cues) == 0 {
			return Track{}, ErrEmpty
		}
		return Track{VTT, write(cues, markup(strings.HasPrefix(text, "WEBVTT")))}, nil
	}
	return Track{}, ErrUnknown
}

func isASS(text string) bool {
	head := strings.ToLower(text[:min(len(text), 4096)])
	return strings.HasPrefix(strings.TrimSpace(head), "[script info]") && strings.Contains(strings.ToLower(text), "\n[events]")
}

// Plain is a track as WebVTT, for players that show no styles.
func (t Track) Plain() string {
	if t.Format != ASS {
		return t.Text
	}
	return write(assCues(t.Text), fromASS)
}

// cue is one line of a film, in milliseconds from its start.
type cue struct {
	fromMS, toMS int64
	settings     string // of WebVTT, as written
	text         string
}

// markup is how the text of cues becomes that of WebVTT.
func markup(isVTT bool) func(string) (string, string) {
	if isVTT {
		return func(text string) (string, string) { return text, "" }
	}
	return fromTags
}

// write makes a WebVTT file; convert gives text and settings of a cue.
func write(cues []cue, convert func(string) (text, settings string)) string {
	var b strings.Builder
	b.WriteString("WEBVTT\n")
	for _, c := range cues {
		text, settings := convert(c.text)
		fmt.Fprintf(&b, "\n%s --> %s%s\n%s\n", stamp(c.fromMS), stamp(c.toMS), c.settings+settings, text)
	}
	return b.String()
}

func stamp(ms int64) string {
	return fmt.Sprintf("%02d:%02d:%02d.%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, ms%1000)
}
