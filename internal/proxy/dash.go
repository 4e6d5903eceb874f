package proxy

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"strings"
)

// rewriteDASH makes every address of an MPD lead through this server. Players
// put the names of segments together from templates, so links are to folders:
// each BaseURL becomes one, and the MPD gets one if it has none; addresses that
// are relative to them stay, the others are rewritten.
func (p *Proxy) rewriteDASH(v Visit, base *url.URL, raw []byte) ([]byte, error) {
	d := &dashRewriter{p: p, v: v, bare: !hasBase(raw), levels: []level{{base: base, outer: base}}}
	in := xml.NewDecoder(bytes.NewReader(raw))
	in.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("only UTF-8") }
	for {
		start := in.InputOffset()
		token, err := in.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || len(d.levels) > 64 {
			return nil, errList.Because(err)
		}
		end := in.InputOffset()
		if _, ok := token.(xml.Directive); ok {
			return nil, errList // no MPD needs a DOCTYPE
		}
		d.token(token, raw[start:end])
	}
	if !d.seen || len(d.levels) != 1 {
		return nil, errList
	}
	return d.out.Bytes(), nil
}

// hasBase tells whether the MPD element itself has a BaseURL.
func hasBase(raw []byte) bool {
	in := xml.NewDecoder(bytes.NewReader(raw))
	for depth := 0; ; {
		token, err := in.RawToken()
		if err != nil {
			return false
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth == 1 && t.Name.Local == "BaseURL" {
				return true
			}
			depth++
		case xml.EndElement:
			depth--
		}
	}
}

// level is an open element: what addresses in it are relative to.
type level struct {
	base  *url.URL // of its addresses
	outer *url.URL // of its own BaseURL
	own   bool     // base is from the first BaseURL; the others are alternatives
}

type dashRewriter struct {
	p      *Proxy
	v      Visit
	bare   bool // the MPD has no BaseURL of its own
	levels []level
	out    bytes.Buffer
	text   *strings.Builder // of the BaseURL or Location being read
	seen   bool             // the MPD element
}

func (d *dashRewriter) token(token xml.Token, source []byte) {
	switch t := token.(type) {
	case xml.StartElement:
		d.open(t, source)
		return
	case xml.EndElement:
		d.end(t)
	case xml.CharData:
		if d.text != nil {
			d.text.Write(t)
			return
		}
	}
	d.out.Write(source) // byte for byte; what cannot be understood is not changed
}

func (d *dashRewriter) top() *level { return &d.levels[len(d.levels)-1] }

func (d *dashRewriter) open(t xml.StartElement, source []byte) {
	d.levels = append(d.levels, level{base: d.top().base, outer: d.top().base})
	changed := false
	for i, a := range t.Attr {
		switch a.Name.Local {
		case "media", "initialization", "sourceURL", "index", "bitstreamSwitching":
			if better, ok := d.address(a.Value); ok {
				t.Attr[i].Value, changed = better, true
			}
		case "href":
			if a.Name.Space == "xlink" {
				if u, err := d.top().base.Parse(a.Value); err == nil && isHTTP(u) {
					t.Attr[i].Value, changed = d.p.link(d.v, isDASH, u), true
				}
			}
		}
	}
	if changed {
		writeStart(&d.out, t, bytes.HasSuffix(source, []byte("/>")))
	} else {
		d.out.Write(source)
	}
	if bytes.HasSuffix(source, []byte("/>")) {
		return // its end comes as a token without source
	}
	switch t.Name.Local {
	case "BaseURL", "Location", "PatchLocation":
		d.text = &strings.Builder{}
	case "MPD":
		first := !d.seen
		d.seen = true
		if first && d.bare {
			d.out.WriteString("<BaseURL>")
			_ = xml.EscapeText(&d.out, []byte(d.p.folder(d.v, d.top().base))) // a buffer takes everything
			d.out.WriteString("</BaseURL>")
		}
	}
}

// end closes an element; the text of an address is written only now.
func (d *dashRewriter) end(t xml.EndElement) {
	if len(d.levels) > 1 {
		d.levels = d.levels[:len(d.levels)-1]
	}
	if d.text == nil {
		return
	}
	text := strings.TrimSpace(d.text.String())
	d.text = nil
	u, err := d.top().outer.Parse(text)
	if err != nil || !isHTTP(u) { // nothing this server could fetch
		_ = xml.EscapeText(&d.out, []byte(text)) // a buffer takes everything
		return
	}
	link := d.p.link(d.v, isDASH, u)
	if t.Name.Local == "BaseURL" {
		if top := d.top(); !top.own {
			top.base, top.own = u, true
		}
		link = d.p.folder(d.v, u) + tail(u)
	}
	_ = xml.EscapeText(&d.out, []byte(link)) // a buffer takes everything
}

// address rewrites what a player would not resolve within the folder it has: a
// whole address, one from the root, or one that climbs. The part with
// variables ($Number$) is left to the player.
func (d *dashRewriter) address(value string) (string, bool) {
	climbs := strings.HasPrefix(value, "/") || strings.Contains(value, "..") || strings.Contains(value, "://")
	if !climbs || len(value) > maxTarget {
		return "", false
	}
	fixed, variable := value, ""
	if i := strings.IndexByte(value, '$'); i >= 0 {
		cut := strings.LastIndexByte(value[:i], '/') + 1
		fixed, variable = value[:cut], value[cut:]
	}
	u, err := d.top().base.Parse(fixed)
	if err != nil || !isHTTP(u) {
		return "", false
	}
	if variable != "" {
		return d.p.folder(d.v, u) + variable, true
	}
	return d.p.folder(d.v, u) + tail(u), true
}

// tail is what comes after the folder of an address.
func tail(u *url.URL) string {
	name := u.EscapedPath()
	name = name[strings.LastIndexByte(name, '/')+1:]
	if u.RawQuery != "" {
		name += "?" + u.RawQuery
	}
	return name
}

func isHTTP(u *url.URL) bool { return u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") }

func writeStart(out *bytes.Buffer, t xml.StartElement, empty bool) {
	name := func(n xml.Name) string {
		if n.Space != "" {
			return n.Space + ":" + n.Local
		}
		return n.Local
	}
	out.WriteString("<" + name(t.Name))
	for _, a := range t.Attr {
		out.WriteString(" " + name(a.Name) + `="`)
		_ = xml.EscapeText(out, []byte(a.Value)) // a buffer takes everything
		out.WriteByte('"')
	}
	if empty {
		out.WriteByte('/')
	}
	out.WriteByte('>')
}
