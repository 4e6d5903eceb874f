package proxy

import (
	"bytes"
	"net/url"
	"strings"
)

// rewriteHLS makes every link of a playlist lead through this server: lines
// that are addresses, and the attributes of tags that hold one (RFC 8216 and
// its second edition). What it does not know it leaves as it is.
func (p *Proxy) rewriteHLS(v Visit, base *url.URL, raw []byte) ([]byte, error) {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if !bytes.HasPrefix(raw, []byte("#EXTM3U")) {
		return nil, errList
	}
	h := &hlsRewriter{p: p, v: v, base: base, vars: map[string]string{}}
	var out bytes.Buffer
	out.Grow(2 * len(raw))
	for line := range strings.SplitSeq(string(raw), "\n") {
		line = strings.TrimRight(line, "\r")
		if out.Len() > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(h.line(line))
		if out.Len() > 8*maxList {
			return nil, errList
		}
	}
	return out.Bytes(), nil
}

type hlsRewriter struct {
	p    *Proxy
	v    Visit
	base *url.URL
	vars map[string]string // of EXT-X-DEFINE
	next what              // what the next address line is
}

func (h *hlsRewriter) line(line string) string {
	tag, rest, ok := strings.Cut(line, ":")
	switch {
	case strings.TrimSpace(line) == "":
		return line
	case !strings.HasPrefix(line, "#"):
		w := h.next
		h.next = isBytes
		return h.link(w, line)
	case !strings.HasPrefix(line, "#EXT") || !ok:
		return line
	}
	if tag == "#EXT-X-DEFINE" {
		h.define(rest)
		return line
	}
	if tag == "#EXT-X-STREAM-INF" {
		h.next = isHLS
	}
	return tag + ":" + attributes(rest, func(name, value string) (string, bool) {
		switch name {
		case "URI", "X-ASSET-URI", "X-ASSET-LIST", "SERVER-URI":
			return h.link(leadsTo(tag), value), true
		}
		return "", false
	})
}

// leadsTo is what the URI of a tag is.
func leadsTo(tag string) what {
	switch tag {
	case "#EXT-X-MEDIA", "#EXT-X-I-FRAME-STREAM-INF", "#EXT-X-RENDITION-REPORT", "#EXT-X-DATERANGE":
		return isHLS
	case "#EXT-X-KEY", "#EXT-X-SESSION-KEY":
		return isKey
	}
	return isBytes
}

// link resolves an address and seals it. One that is not fetched by HTTP (a
// data: key, a licence server's scheme) stays.
func (h *hlsRewriter) link(w what, address string) string {
	for name, value := range h.vars {
		address = strings.ReplaceAll(address, "{$"+name+"}", value)
	}
	u, err := h.base.Parse(strings.TrimSpace(address))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || len(address) > maxTarget {
		return address
	}
	u.Fragment = ""
	return h.p.link(h.v, w, u)
}

func (h *hlsRewriter) define(rest string) {
	var name, value string
	attributes(rest, func(k, v string) (string, bool) {
		switch k {
		case "NAME":
			name = v
		case "VALUE":
			value = v
		case "QUERYPARAM":
			name, value = v, h.base.Query().Get(v)
		}
		return "", false
	})
	if name != "" && len(h.vars) < 64 {
		h.vars[name] = value
	}
}

// attributes walks an attribute list (NAME=VALUE,NAME="VALUE") and replaces the
// quoted values that change wants replaced.
func attributes(list string, change func(name, value string) (string, bool)) string {
	var out strings.Builder
	for list != "" {
		name, rest, ok := strings.Cut(list, "=")
		if !ok || !strings.HasPrefix(rest, `"`) {
			end := strings.IndexByte(rest, ',')
			if !ok || end < 0 {
				out.WriteString(list)
				return out.String()
			}
			out.WriteString(name + "=" + rest[:end+1])
			list = rest[end+1:]
			continue
		}
		value, after, closed := strings.Cut(rest[1:], `"`)
		if !closed {
			out.WriteString(list)
			return out.String()
		}
		if better, ok := change(strings.TrimSpace(name), value); ok {
			value = strings.ReplaceAll(better, `"`, "%22")
		}
		out.WriteString(name + `="` + value + `"`)
		list = after
		if strings.HasPrefix(list, ",") {
			out.WriteByte(',')
			list = list[1:]
		}
	}
	return out.String()
}
