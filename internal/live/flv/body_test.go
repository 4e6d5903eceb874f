package flv

import (
	"errors"
	"testing"
)

func TestOpen(t *testing.T) {
	for name, c := range map[string]struct {
		typ     Type
		payload string
		ok      bool
		codec   string
		offset  int32
		data    string
	}{
		"AVC frame":             {Video, "\x27\x01\x00\x00\x28data", true, "avc1", 40, "data"},
		"AVC, shown earlier":    {Video, "\x27\x01\xff\xff\xffdata", true, "avc1", -1, "data"},
		"AVC header":            {Video, "\x17\x00\x00\x00\x00avcC", true, "avc1", 0, "avcC"},
		"cut":                   {Video, "\x17\x00\x00", false, "avc1", 0, ""},
		"AAC":                   {Audio, "\xaf\x01data", true, "mp4a", 0, "data"},
		"MP3":                   {Audio, "\x2fdata", true, "mp3", 0, "data"},
		"enhanced HEVC":         {Video, "\xa1hvc1\x00\x00\x50data", true, "hvc1", 80, "data"},
		"enhanced HEVC, short":  {Video, "\xa3hvc1data", true, "hvc1", 0, "data"},
		"enhanced AV1":          {Video, "\x91av01data", true, "av01", 0, "data"},
		"enhanced header":       {Video, "\x90av01av1C", true, "av01", 0, "av1C"},
		"enhanced Opus":         {Audio, "\x91Opusdata", true, "opus", 0, "data"},
		"behind a modifier":     {Audio, "\x97\x00x\x01Opusdata", true, "opus", 0, "data"},
		"multitrack":            {Video, "\x96\x01av01\x00data", false, "av01", 0, ""},
		"command":               {Video, "\x57\x00", false, "avc1", 0, ""},
		"metadata is no sample": {Script, "\x02\x00\x0aonMetaData", false, "", 0, ""},
		"nothing":               {Video, "", false, "", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, ok := Open(c.typ, []byte(c.payload))
			if ok != c.ok || s.Codec != c.codec || ok && (s.Offset != c.offset || string(s.Data) != c.data) {
				t.Errorf("%v %+v", ok, s)
			}
		})
	}
}

func TestTags(t *testing.T) {
	b := AppendTag(AppendTag(nil, Audio, 1, []byte("one")), Video, 2, []byte("two"))
	var got string
	if err := Tags(b, func(t Tag) error { got += string(t.Payload); return nil }); err != nil || got != "onetwo" {
		t.Errorf("%q %v", got, err)
	}
	if err := Tags(b[:len(b)-1], func(Tag) error { return nil }); !errors.Is(err, ErrMalformed) {
		t.Error(err)
	}
	stop := errors.New("stop")
	if err := Tags(b, func(Tag) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
}

// What Open finds lies within the payload.
func FuzzOpen(f *testing.F) {
	f.Add(uint8(9), []byte("\xa1hvc1\x00\x00\x50data"))
	f.Add(uint8(8), []byte("\x97\x00x\x01Opusdata"))
	f.Add(uint8(9), []byte("\x27\x01\x00\x00\x28data"))
	f.Fuzz(func(t *testing.T, typ uint8, payload []byte) {
		if s, ok := Open(Type(typ), payload); ok && len(s.Data) >= max(1, len(payload)) {
			t.Errorf("%d bytes of %d", len(s.Data), len(payload))
		}
	})
}
