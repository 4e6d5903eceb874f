package flv

import "testing"

func TestInspect(t *testing.T) {
	tests := []struct {
		name    string
		typ     Type
		payload string
		want    Packet
		side    bool // not the main track
	}{
		{"avc header", Video, "\x17\x00\x00\x00\x00", Packet{Config, "avc1", 0}, false},
		{"avc key", Video, "\x17\x01\x00\x00\x00", Packet{Key, "avc1", 0}, false},
		{"avc inter", Video, "\x27\x01\x00\x00\x00", Packet{Frame, "avc1", 0}, false},
		{"avc disposable", Video, "\x37\x01\x00\x00\x00", Packet{Frame, "avc1", 0}, false},
		{"avc end", Video, "\x17\x02\x00\x00\x00", Packet{Other, "avc1", 0}, false},
		{"avc command", Video, "\x57\x00", Packet{Other, "avc1", 0}, false},
		{"avc cut short", Video, "\x17", Packet{Other, "avc1", 0}, false},
		{"hevc by number", Video, "\x1c\x00", Packet{Config, "hvc1", 0}, false},
		{"av1 by number", Video, "\x1d\x01", Packet{Key, "av01", 0}, false},
		{"sorenson key", Video, "\x12", Packet{Key, "flv1", 0}, false},
		{"vp6 inter", Video, "\x24\x00", Packet{Frame, "vp6", 0}, false},
		{"screen", Video, "\x13", Packet{Key, "screen", 0}, false},
		{"unknown video", Video, "\x1f\x01", Packet{Key, "", 0}, false},
		{"aac header", Audio, "\xaf\x00\x12\x10", Packet{Config, "mp4a", 0}, false},
		{"aac frame", Audio, "\xaf\x01\x21", Packet{Frame, "mp4a", 0}, false},
		{"aac cut short", Audio, "\xaf", Packet{Other, "mp4a", 0}, false},
		{"mp3", Audio, "\x2f\xff\xfb", Packet{Frame, "mp3", 0}, false},
		{"opus by number", Audio, "\xdf\x00", Packet{Config, "opus", 0}, false},
		{"speex", Audio, "\xb2", Packet{Frame, "speex", 0}, false},
		{"pcm", Audio, "\x3f", Packet{Frame, "pcm", 0}, false},
		{"g711", Audio, "\x72", Packet{Frame, "g711", 0}, false},
		{"adpcm", Audio, "\x12", Packet{Frame, "adpcm", 0}, false},
		{"nellymoser", Audio, "\x52", Packet{Frame, "nellymoser", 0}, false},
		{"unknown audio", Audio, "\xcf", Packet{Frame, "", 0}, false},
		{"metadata", Script, "\x02\x00\x0aonMetaData\x03", Packet{Metadata, "", 0}, false},
		{"text data", Script, "\x02\x00\x0aonTextData\x03", Packet{}, false},
		{"empty", Video, "", Packet{}, false},

		{"enhanced hevc header", Video, "\x90hvc1\x01", Packet{Config, "hvc1", 0}, false},
		{"enhanced hevc key", Video, "\x91hvc1\x00\x00\x00", Packet{Key, "hvc1", 0}, false},
		{"enhanced hevc key X", Video, "\x93hvc1", Packet{Key, "hvc1", 0}, false},
		{"enhanced hevc inter", Video, "\xa3hvc1", Packet{Frame, "hvc1", 0}, false},
		{"enhanced av1 key", Video, "\x91av01", Packet{Key, "av01", 0}, false},
		{"enhanced vp9 inter", Video, "\xa1vp09", Packet{Frame, "vp09", 0}, false},
		{"enhanced vvc", Video, "\x90vvc1", Packet{Config, "vvc1", 0}, false},
		{"enhanced end", Video, "\x92avc1", Packet{Other, "avc1", 0}, false},
		{"enhanced colour info", Video, "\x94hvc1", Packet{Other, "hvc1", 0}, false},
		{"enhanced ts start", Video, "\x95av01", Packet{Config, "av01", 0}, false},
		{"enhanced command", Video, "\xd0\x00", Packet{}, false},
		{"enhanced cut short", Video, "\x90hv", Packet{}, false},
		{"enhanced unknown codec", Video, "\x91zzzz", Packet{Key, "", 0}, false},
		{"enhanced opus header", Audio, "\x90OpusOpusHead", Packet{Config, "opus", 0}, false},
		{"enhanced opus frame", Audio, "\x91Opus", Packet{Frame, "opus", 0}, false},
		{"enhanced flac", Audio, "\x90fLaC", Packet{Config, "flac", 0}, false},
		{"enhanced mp3", Audio, "\x91.mp3", Packet{Frame, "mp3", 0}, false},
		{"enhanced ac-3", Audio, "\x91ac-3", Packet{Frame, "ac-3", 0}, false},
		{"enhanced audio end", Audio, "\x92Opus", Packet{Other, "opus", 0}, false},
		{"enhanced layout", Audio, "\x94Opus\x01\x06", Packet{Config, "opus", slotLayout}, true},
		{"enhanced audio cut short", Audio, "\x91Op", Packet{}, false},

		{"modifier", Video, "\x97\x02\x00\x00\x00\x01hvc1", Packet{Key, "hvc1", 0}, false},
		{"modifier, long", Video, "\x97\xff\x00\x01\x00\x00\x00hvc1", Packet{Config, "hvc1", 0}, false},
		{"modifier cut short", Video, "\x97\x02\x00", Packet{}, false},
		{"modifier without end", Video, "\x97\x00\x00\x07\x00\x00\x07\x00\x00\x07\x00\x00\x07\x00\x00\x07", Packet{}, false},
		{"audio modifier", Audio, "\x97\x00\x00\x01Opus", Packet{Frame, "opus", 0}, false},

		{"one track, first", Video, "\x96\x00avc1\x00", Packet{Config, "avc1", slotTrack}, false},
		{"one track, third", Video, "\x96\x01avc1\x02", Packet{Key, "avc1", slotTrack + 2}, true},
		{"many tracks", Video, "\x96\x11avc1\x00\x00\x00\x01", Packet{Key, "avc1", slotMany}, false},
		{"many codecs", Video, "\x96\x20hvc1\x01", Packet{Config, "hvc1", slotMany + 1}, true},
		{"audio track", Audio, "\x95\x01mp4a\x01", Packet{Frame, "mp4a", slotTrack + 1}, true},
		{"track cut short", Video, "\x96\x01avc1", Packet{}, false},
		{"track nothing", Video, "\x96", Packet{}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Inspect(test.typ, []byte(test.payload))
			if got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
			if got.Main() == test.side {
				t.Errorf("main track: %v", got.Main())
			}
		})
	}
}

func FuzzInspect(f *testing.F) {
	f.Add(byte(9), []byte("\x97\xff\x00\x01\x00\x00\x00hvc1"))
	f.Add(byte(9), []byte("\x96\x01avc1\x02"))
	f.Add(byte(8), []byte("\x95\x01mp4a\x01"))
	f.Add(byte(18), []byte("\x02\x00\x0aonMetaData"))
	f.Fuzz(func(t *testing.T, typ byte, b []byte) {
		p := Inspect(Type(typ), b)
		if p.Class > Metadata || len(p.Codec) > 10 {
			t.Errorf("%+v", p)
		}
		if p.Class == Key && Type(typ) != Video {
			t.Error("a key frame that is no video")
		}
	})
}
