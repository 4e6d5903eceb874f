package look

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"synctv/internal/guard"
)

// maxVariants is more than a person wants to read.
const maxVariants = 32

// whole is the rest of a playlist whose beginning is there.
func (s *Service) whole(ctx context.Context, f *Found, h *head) ([]byte, bool) {
	if int64(len(h.head)) < maxHead && h.size > 0 || h.size == 0 && len(h.head) < sniffed {
		return h.head, true
	}
	return s.list(ctx, f, h.url.String(), h.url)
}

func (s *Service) list(ctx context.Context, f *Found, address string, of *url.URL) ([]byte, bool) {
	doc, err := s.client.Fetch(ctx, address, http.Header{"Referer": {of.Scheme + "://" + of.Host + "/"}}, maxIndex)
	if err != nil {
		f.failed(err)
		return nil, false
	}
	return doc.Body, true
}

// lookHLS reads a playlist, and the first variant of one that names several:
// only there it shows whether it has an end.
func (s *Service) lookHLS(ctx context.Context, f *Found, h *head) {
	raw, ok := s.whole(ctx, f, h)
	if !ok {
		return
	}
	p := readHLS(raw)
	f.Variants = p.variants
	if p.protected {
		f.warn(Protected, "")
	}
	if p.first != "" {
		next, err := h.url.Parse(p.first)
		if err != nil {
			f.warn(Unknown, "")
			return
		}
		if raw, ok = s.list(ctx, f, next.String(), h.url); !ok {
			return
		}
		p = readHLS(raw)
		if p.protected {
			f.warn(Protected, "")
		}
	}
	f.Live = !p.ended
	if p.ended {
		f.DurationS = p.durationS
	}
}

type hlsList struct {
	variants  []Variant
	first     string // address of the first variant; empty: this is one
	durationS float64
	ended     bool
	protected bool
}

// readHLS takes what a person wants to know from a playlist (RFC 8216).
func readHLS(raw []byte) hlsList {
	p := hlsList{variants: []Variant{}}
	expects := false
	for line := range strings.SplitSeq(string(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))), "\n") {
		line = strings.TrimSpace(line)
		tag, rest, _ := strings.Cut(line, ":")
		switch tag {
		case "#EXT-X-STREAM-INF":
			expects = true
			if len(p.variants) < maxVariants {
				p.variants = append(p.variants, hlsVariant(rest))
			}
		case "#EXTINF":
			length, _, _ := strings.Cut(rest, ",")
			if d, err := strconv.ParseFloat(strings.TrimSpace(length), 64); err == nil && d > 0 && d < 1e6 {
				p.durationS += d
			}
		case "#EXT-X-ENDLIST":
			p.ended = true
		case "#EXT-X-KEY", "#EXT-X-SESSION-KEY":
			p.protected = p.protected || attribute(rest, "METHOD") != "NONE" && keyFormat(rest) != "identity"
		default:
			if expects && line != "" && !strings.HasPrefix(line, "#") {
				expects = false
				if p.first == "" {
					p.first = line
				}
			}
		}
	}
	return p
}

// keyFormat is how the key is got; identity, the default, is by its address.
func keyFormat(attributes string) string {
	if f := attribute(attributes, "KEYFORMAT"); f != "" {
		return f
	}
	return "identity"
}

func hlsVariant(attributes string) Variant {
	v := Variant{Codecs: attribute(attributes, "CODECS")}
	v.Bandwidth, _ = strconv.ParseInt(attribute(attributes, "BANDWIDTH"), 10, 64)
	w, h, _ := strings.Cut(attribute(attributes, "RESOLUTION"), "x")
	v.Width, _ = strconv.Atoi(w)
	v.Height, _ = strconv.Atoi(h)
	return v
}

// attribute finds one of a tag's attributes; commas may stand inside quotes.
func attribute(list, name string) string {
	for list != "" {
		key, rest, ok := strings.Cut(list, "=")
		if !ok {
			return ""
		}
		var value string
		if strings.HasPrefix(rest, `"`) {
			value, rest, _ = strings.Cut(rest[1:], `"`)
			_, list, _ = strings.Cut(rest, ",")
		} else {
			value, list, _ = strings.Cut(rest, ",")
		}
		if strings.TrimSpace(key) == name {
			return value
		}
	}
	return ""
}

// lookDASH reads an MPD.
func (s *Service) lookDASH(ctx context.Context, f *Found, h *head) {
	raw, ok := s.whole(ctx, f, h)
	if !ok {
		return
	}
	m, err := readDASH(raw)
	if err != nil {
		f.warn(Unknown, "")
		return
	}
	f.Live, f.DurationS, f.Variants = m.live, m.durationS, m.variants
	if m.protected {
		f.warn(Protected, "")
	}
}

type mpd struct {
	live      bool
	durationS float64
	variants  []Variant
	protected bool
}

// readDASH takes what a person wants to know from an MPD (ISO 23009-1). It
// reads tokens, not a tree: attributes of a set hold for what is in it.
func readDASH(raw []byte) (mpd, error) {
	m := mpd{variants: []Variant{}}
	in := xml.NewDecoder(bytes.NewReader(raw))
	set := Variant{}
	for {
		token, err := in.RawToken()
		if errors.Is(err, io.EOF) {
			return m, nil
		}
		if err != nil {
			return m, guard.ErrFailed.Because(err)
		}
		t, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch t.Name.Local {
		case "MPD":
			m.live = value(t, "type") == "dynamic"
			m.durationS = isoSeconds(value(t, "mediaPresentationDuration"))
		case "AdaptationSet":
			set = quality(t, Variant{})
		case "Representation":
			if v := quality(t, set); v.Height > 0 && len(m.variants) < maxVariants {
				m.variants = append(m.variants, v)
			}
		case "ContentProtection":
			m.protected = true
		}
	}
}

func quality(t xml.StartElement, v Variant) Variant {
	for name, field := range map[string]*int{"width": &v.Width, "height": &v.Height} {
		if n, err := strconv.Atoi(value(t, name)); err == nil {
			*field = n
		}
	}
	if n, err := strconv.ParseInt(value(t, "bandwidth"), 10, 64); err == nil {
		v.Bandwidth = n
	}
	if c := value(t, "codecs"); c != "" {
		v.Codecs = c
	}
	return v
}

func value(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// isoSeconds reads a duration such as PT1H2M3.5S; 0 for what is none.
func isoSeconds(s string) float64 {
	parts := regexp.MustCompile(`^P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?$`).FindStringSubmatch(s)
	if parts == nil {
		return 0
	}
	total := 0.0
	for i, unit := range []float64{86400, 3600, 60, 1} {
		if n, err := strconv.ParseFloat(parts[i+1], 64); err == nil {
			total += n * unit
		}
	}
	return total
}
