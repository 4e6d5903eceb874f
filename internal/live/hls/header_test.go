package hls

import (
	"bytes"
	"encoding/hex"
	"testing"

	"synctv/internal/live/flv"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Records as encoders make them: x264, x265 and SVT-AV1 (320×180).
const (
	avcRecord  = "0142c00dffe1000a6742c00dda0507e4c0440100046 8ce3c80"
	av1Record  = "81000c000a0b0000000424cf3f0d7c4902"
	opusRecord = "4f707573486561640102380180bb0000000000"
)

func TestHeaders(t *testing.T) {
	avc := bytes.ReplaceAll([]byte(avcRecord), []byte(" "), nil)
	sps, pps, err := avcSets(unhex(t, string(avc)))
	if err != nil || len(sps) != 10 || sps[0] != 0x67 || len(pps) != 4 || pps[0] != 0x68 {
		t.Errorf("AVC: %x %x %v", sps, pps, err)
	}
	if n, err := opusChannels(unhex(t, opusRecord)); n != 2 || err != nil {
		t.Errorf("Opus: %d %v", n, err)
	}
	if sequence, err := av1Sequence(unhex(t, av1Record)); err != nil || sequence[0]>>3&15 != 1 {
		t.Errorf("AV1: %x %v", sequence, err)
	}
	hevc := append(bytes.Repeat([]byte{1}, 21), 0xff, 3)
	for _, u := range []struct {
		kind byte
		unit string
	}{{32, "vps"}, {33, "sps!"}, {34, "pps"}} {
		hevc = append(append(hevc, u.kind, 0, 1, 0, byte(len(u.unit))), u.unit...)
	}
	if vps, sps, pps, err := hevcSets(hevc); string(vps)+string(sps)+string(pps) != "vpssps!pps" || err != nil {
		t.Errorf("HEVC: %s %s %s %v", vps, sps, pps, err)
	}
}

func TestBrokenHeadersAreRefused(t *testing.T) {
	for name, f := range map[string]flv.Sample{
		"empty":                {Packet: flv.Packet{Codec: "avc1"}},
		"no sets":              {Packet: flv.Packet{Codec: "avc1"}, Data: unhex(t, "0142c00dffe000")},
		"short lengths":        {Packet: flv.Packet{Codec: "avc1"}, Data: unhex(t, "0142c00dfde1000167010001")},
		"cut":                  {Packet: flv.Packet{Codec: "hvc1"}, Data: bytes.Repeat([]byte{3}, 25)},
		"no sequence header":   {Packet: flv.Packet{Codec: "av01"}, Data: unhex(t, "81000c00")},
		"not Opus":             {Packet: flv.Packet{Codec: "opus"}, Data: []byte("VorbisHead")},
		"six channels":         {Packet: flv.Packet{Codec: "opus"}, Data: []byte("OpusHead\x01\x06")},
		"AAC of nothing":       {Packet: flv.Packet{Codec: "mp4a"}},
		"a codec HLS has none": {Packet: flv.Packet{Codec: "mp3"}, Data: []byte{1}},
	} {
		t.Run(name, func(t *testing.T) {
			if made, err := parse(f); err == nil {
				t.Errorf("%+v", made)
			}
		})
	}
}

// Whatever a publisher sends as a codec header is parsed or refused, and never
// reads beyond it.
func FuzzParse(f *testing.F) {
	f.Add("avc1", bytes.Repeat([]byte{1}, 20))
	f.Add("hvc1", bytes.Repeat([]byte{1}, 40))
	f.Add("av01", []byte("\x81\x00\x0c\x00\x0a\x0b\x00\x00\x00"))
	f.Add("opus", []byte("OpusHead\x01\x02"))
	f.Add("mp4a", []byte{0x12, 0x10})
	f.Fuzz(func(t *testing.T, codec string, data []byte) {
		made, err := parse(flv.Sample{Packet: flv.Packet{Codec: codec, Class: flv.Config}, Data: data})
		if err != nil {
			return
		}
		for _, set := range made.sets {
			if len(set) == 0 {
				t.Error("an empty parameter set")
			}
		}
	})
}
