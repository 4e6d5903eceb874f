package streamlog

import (
	"slices"

	"synctv/internal/live/flv"
)

// maxHeaders bounds how many codec headers a stream may have in force (its
// tracks), and maxHeader how many bytes one of them may have: real ones are a
// few hundred bytes, and every joiner is sent all of them.
const (
	maxHeaders = 16
	maxHeader  = 64 << 10
)

type head struct {
	typ  flv.Type
	slot uint16
	tag  []byte
}

// headers are the metadata and codec headers in force: metadata first, then
// in order of first appearance. gen counts their changes.
type headers struct {
	meta  []byte
	codec []head
	gen   uint64
	video bool // some video codec header is there
}

// note remembers a header tag; tag is copied so that it pins no segment.
func (h *headers) note(typ flv.Type, p flv.Packet, payload []byte) {
	if len(payload) > maxHeader {
		return
	}
	tag := flv.AppendTag(nil, typ, 0, payload)
	h.gen++
	if p.Class == flv.Metadata {
		h.meta = tag
		return
	}
	h.video = h.video || typ == flv.Video
	i := slices.IndexFunc(h.codec, func(c head) bool { return c.typ == typ && c.slot == p.Slot })
	switch {
	case i >= 0:
		h.codec[i].tag = tag
	case len(h.codec) < maxHeaders:
		h.codec = append(h.codec, head{typ, p.Slot, tag})
	}
}

// prefix is what a joiner gets before its first frame. Codec headers are
// stamped with that frame's time; metadata keeps time zero, because readers of
// files (ffmpeg among them) take any other for captions.
func (h *headers) prefix(dts uint32) []byte {
	size := len(h.meta)
	for _, c := range h.codec {
		size += len(c.tag)
	}
	out := append(make([]byte, 0, size), h.meta...)
	for _, c := range h.codec {
		at := len(out)
		out = append(out, c.tag...)
		flv.Stamp(out[at:], dts)
	}
	return out
}
