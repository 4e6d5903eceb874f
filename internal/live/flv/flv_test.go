package flv

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTagRoundTrip(t *testing.T) {
	tests := map[string]struct {
		h    Header
		want string // the eleven bytes
	}{
		"video":         {Header{Video, 5, 40}, "\x09\x00\x00\x05\x00\x00\x28\x00\x00\x00\x00"},
		"audio":         {Header{Audio, 0x010203, 0x010203}, "\x08\x01\x02\x03\x01\x02\x03\x00\x00\x00\x00"},
		"extended time": {Header{Script, 1, 0xfedcba98}, "\x12\x00\x00\x01\xdc\xba\x98\xfe\x00\x00\x00"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var b [HeaderSize]byte
			PutHeader(b[:], test.h)
			if string(b[:]) != test.want {
				t.Errorf("encoded %x, want %x", b, test.want)
			}
			if got, err := ParseHeader(b[:]); err != nil || got != test.h {
				t.Errorf("decoded %+v, %v", got, err)
			}
		})
	}
}

func TestParseHeaderRefuses(t *testing.T) {
	for name, b := range map[string]string{
		"short":     "\x09\x00\x00",
		"type 0":    "\x00\x00\x00\x05\x00\x00\x28\x00\x00\x00\x00",
		"encrypted": "\x29\x00\x00\x05\x00\x00\x28\x00\x00\x00\x00",
	} {
		if _, err := ParseHeader([]byte(b)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStampReplacesTheTimeOnly(t *testing.T) {
	got, want := AppendTag(nil, Audio, 7, []byte("abc")), AppendTag(nil, Audio, 0x80000001, []byte("abc"))
	Stamp(got, 0x80000001)
	if !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

func sample() []byte {
	b := AppendFileHeader(nil, true, true)
	b = AppendTag(b, Script, 0, []byte("\x02\x00\x0aonMetaData\x08\x00\x00\x00\x00\x00\x00\x09"))
	b = AppendTag(b, Video, 0, []byte("\x17\x00\x00\x00\x00config"))
	b = AppendTag(b, Audio, 3, nil)
	return AppendTag(b, Video, 40, bytes.Repeat([]byte{0x27}, 700<<10))
}

func TestReaderReadsWhatWasWritten(t *testing.T) {
	r := NewReader(bytes.NewReader(sample()), 0)
	audio, video, err := r.Start()
	if !audio || !video || err != nil {
		t.Fatal(audio, video, err)
	}
	var got []Header
	for {
		tag, err := r.Next()
		if err != nil {
			if err != io.EOF {
				t.Error(err)
			}
			break
		}
		got = append(got, tag.Header)
		if len(tag.Payload) != tag.Size {
			t.Errorf("payload of %d bytes, header says %d", len(tag.Payload), tag.Size)
		}
	}
	want := []Header{{Script, 21, 0}, {Video, 11, 0}, {Audio, 0, 3}, {Video, 700 << 10, 40}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if r.Offset != int64(len(sample())) {
		t.Errorf("offset %d of %d", r.Offset, len(sample()))
	}
}

func TestReaderRefuses(t *testing.T) {
	good := sample()
	bad := bytes.Clone(good)
	bad[len(bad)-1]++ // the last back pointer
	tests := map[string]struct {
		in   []byte
		max  int
		want error
	}{
		"not FLV":      {[]byte("GET / HTTP/1.1\r\n"), 0, ErrMalformed},
		"nothing":      {nil, 0, io.EOF},
		"cut short":    {good[:len(good)-1], 0, io.ErrUnexpectedEOF},
		"cut in head":  {good[:FileHeaderSize+4], 0, io.ErrUnexpectedEOF},
		"too large":    {good, 1000, ErrMalformed},
		"back pointer": {bad, 0, ErrMalformed},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := NewReader(bytes.NewReader(test.in), test.max)
			var err error
			for err == nil {
				_, err = r.Next()
			}
			if !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
		})
	}
}

func FuzzReader(f *testing.F) {
	f.Add(sample()[:200])
	f.Add([]byte("FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00"))
	f.Add([]byte("FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00\x09\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewReader(bytes.NewReader(b), 1<<20)
		out := AppendFileHeader(nil, false, false)
		for {
			tag, err := r.Next()
			if err != nil {
				break
			}
			Inspect(tag.Type, tag.Payload)
			out = AppendTag(out, tag.Type, tag.DTS, tag.Payload)
		}
		if r.Offset > int64(len(b)) {
			t.Fatalf("read %d of %d bytes", r.Offset, len(b))
		}
		// What could be read can be written and read again.
		again := NewReader(bytes.NewReader(out), 1<<20)
		for {
			if _, err := again.Next(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
	})
}
