package flv

// Sample is what a payload carries behind its headers. Offset is how much later
// than its DTS the picture is shown, in milliseconds.
type Sample struct {
	Packet
	Offset int32
	Data   []byte // codec header or frame, as the codec's FLV mapping has it
}

// Open finds the codec's own bytes in a payload of the plain track. It is false
// for what has none: commands, multitrack packets, unknown headers.
func Open(t Type, payload []byte) (Sample, bool) {
	f := Sample{Packet: Inspect(t, payload)}
	if f.Slot != 0 || f.Codec == "" || f.Class == Other || f.Class == Metadata {
		return f, false
	}
	enhanced := t == Video && payload[0]&0x80 != 0 || t == Audio && payload[0]>>4 == 9
	if !enhanced {
		return f.legacy(t, payload)
	}
	kind, rest, ok := skipModEx(payload[0]&0x0f, payload[1:])
	if !ok || len(rest) < 4 {
		return f, false
	}
	f.Data = rest[4:]
	if t == Video && kind == packetCodedFrames && hasOffset(f.Codec) {
		return f.offset(f.Data)
	}
	return f, true
}

// hasOffset says which codecs have pictures out of order in enhanced headers.
func hasOffset(codec string) bool { return codec == "avc1" || codec == "hvc1" || codec == "vvc1" }

func (f Sample) legacy(t Type, payload []byte) (Sample, bool) {
	switch {
	case t == Video && len(payload) >= 2 && (f.Codec == "avc1" || f.Codec == "hvc1" || f.Codec == "av01"):
		return f.offset(payload[2:])
	case t == Audio && len(payload) >= 2 && f.Codec == "mp4a":
		f.Data = payload[2:]
		return f, true
	}
	f.Data = payload[1:]
	return f, true
}

// offset reads the signed 24 bits before the data.
func (f Sample) offset(b []byte) (Sample, bool) {
	if len(b) < 3 {
		return f, false
	}
	f.Offset = int32(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8) >> 8
	f.Data = b[3:]
	return f, true
}

// Tags calls each for every tag in b, which must be whole tags as a log holds
// them; it stops at each's error and returns it. Payloads are parts of b.
func Tags(b []byte, each func(Tag) error) error {
	for len(b) > 0 {
		h, err := ParseHeader(b)
		if err != nil {
			return err
		}
		if len(b) < h.Size+Overhead {
			return ErrMalformed
		}
		if err := each(Tag{h, b[HeaderSize : HeaderSize+h.Size]}); err != nil {
			return err
		}
		b = b[h.Size+Overhead:]
	}
	return nil
}
