package screen

import (
	"strings"

	"synctv/internal/problem"
	"synctv/internal/text"
)

// The answers about imports.
var (
	ErrImportEmpty  = problem.New(problem.Invalid, "import_empty", "There is no address in this list that can be played.")
	ErrImportStream = problem.New(problem.Invalid, "import_stream", "This is one stream's own manifest, not a list: add its address instead.")
)

type m3uEntry struct {
	Line  int // from 1
	Title string
	Url   string
}

// ParseM3U reads a list of addresses, with or without the extended form's
// titles. Its durations are not taken: they are often invented, and a wrong
// one would cut a film short.
func ParseM3U(list string) (entries []m3uEntry, skipped []Skipped, err error) {
	skipped = []Skipped{}
	title, n := "", 0
	list = strings.TrimPrefix(strings.ToValidUTF8(list, ""), "\ufeff")
	list = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(list) // as old programs end lines
	for line := range strings.Lines(list) {
		n++
		line = strings.TrimSpace(line)
		directive, rest, _ := strings.Cut(line, ":")
		switch {
		case line == "":
		case strings.HasPrefix(directive, "#EXT-X-"):
			return nil, nil, ErrImportStream
		case strings.EqualFold(directive, "#EXTINF"):
			title = extinfTitle(rest)
		case strings.HasPrefix(line, "#"):
		case len(entries) == MaxImport:
			return entries, append(skipped, Skipped{Line: n, Code: "too_many"}), nil
		case !strings.Contains(line, "://"):
			// A path on the disk of whoever wrote the list.
			skipped = append(skipped, Skipped{Line: n, Code: "not_absolute"})
			title = ""
		default:
			entries = append(entries, m3uEntry{Line: n, Title: title, Url: line})
			title = ""
		}
	}
	return entries, skipped, nil
}

// extinfTitle is what follows the first comma outside of quotes:
// -1 tvg-id="a,b" group-title="News",Title, with commas.
func extinfTitle(rest string) string {
	quoted := false
	for i, r := range rest {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ',' && !quoted:
			return text.Truncate(text.Line(rest[i+1:]), MaxTitle)
		}
	}
	return ""
}

// Skipped is a line of an imported list that was not taken.
type Skipped struct {
	Line int    `json:"line" doc:"counted from 1"`
	Code string `json:"code" doc:"why: source_unsupported, not_absolute, too_many"`
}
