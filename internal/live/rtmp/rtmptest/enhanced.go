package rtmptest

// Payloads of enhanced RTMP (Enhanced RTMP v2, "Enhanced Video" and "Enhanced
// Audio"), for codecs that encoders at hand cannot publish.

const (
	exVideo   = 0x80
	exAudio   = 0x90 // sound format 9 says that a FourCC follows
	keyFrame  = 1 << 4
	nonKey    = 2 << 4
	start     = 0 // sequence start: a codec header
	frames    = 1 // coded frames, for AVC and HEVC with a composition offset
	framesNow = 3 // the same where the offset is zero
)

// VideoStart is a codec header: the codec's configuration record.
func VideoStart(fourCC string, record []byte) []byte {
	return append(append([]byte{exVideo | keyFrame | start}, fourCC...), record...)
}

// Video is one picture, shown offset milliseconds after its time stamp; only
// AVC and HEVC have one.
func Video(fourCC string, key bool, offset int32, data []byte) []byte {
	kind := byte(exVideo | nonKey)
	if key {
		kind = exVideo | keyFrame
	}
	ordered := fourCC != "avc1" && fourCC != "hvc1"
	switch {
	case ordered:
		return append(append([]byte{kind | frames}, fourCC...), data...)
	case offset == 0:
		return append(append([]byte{kind | framesNow}, fourCC...), data...)
	}
	b := append([]byte{kind | frames}, fourCC...)
	return append(append(b, byte(offset>>16), byte(offset>>8), byte(offset)), data...)
}

// AudioStart is an audio codec's header.
func AudioStart(fourCC string, record []byte) []byte {
	return append(append([]byte{exAudio | start}, fourCC...), record...)
}

// Audio is one audio frame.
func Audio(fourCC string, data []byte) []byte {
	return append(append([]byte{exAudio | frames}, fourCC...), data...)
}
