package chunk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// box is a sink that keeps everything and takes no message above its limit.
type box struct {
	limit   int
	opened  int // bytes asked for
	got     []message
	dropped int
}

type message struct {
	Header
	Body string
}

var errTooMuch = errors.New("too much")

func (b *box) Open(h Header) ([]byte, error) {
	if h.Len > b.limit {
		return nil, errTooMuch
	}
	b.opened += h.Len
	return make([]byte, h.Len), nil
}

func (b *box) Done(h Header, body []byte) error {
	b.got = append(b.got, message{h, string(body)})
	return nil
}

func (b *box) Drop(Header, []byte) { b.dropped++ }

func readAll(in []byte, limit int) (*box, error) {
	b := &box{limit: limit}
	r := NewReader(bytes.NewReader(in), b)
	for {
		if err := r.Read(); err != nil {
			return b, err
		}
	}
}

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out)
	var want []message
	for i, size := range []int{1, 127, 128, 129, 0, 1000, 70000} {
		h := Header{
			Chunk: []uint32{2, 3, 63, 64, 319, 320, 65599}[i], Type: TypeVideo, Len: size, Stream: 1,
			Time: []uint32{0, 40, extended - 1, extended, extended + 1, 1<<32 - 1, 5}[i],
		}
		if i == 5 {
			if err := w.SetSize(60000); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Write(h, pattern(size)); err != nil {
			t.Fatal(err)
		}
		want = append(want, message{h, string(pattern(size))})
	}
	b, err := readAll(out.Bytes(), 1<<20)
	if err != io.EOF {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, b.got); d != "" {
		t.Error(d)
	}
}

// Every header form, as the specification's example 5.3.2 has it, and the
// extended times that encoders treat in two ways.
func TestHeaderForms(t *testing.T) {
	full := "\x03\x00\x03\xe8\x00\x00\x02\x08\x39\x30\x00\x00ab"
	long := "\x03\xff\xff\xff\x00\x00\x82\x09\x01\x00\x00\x00\x01\x00\x00\x00" + string(pattern(128))
	tests := map[string]struct {
		in    string
		times []uint32
	}{
		"full":                      {full, []uint32{1000}},
		"delta, new length":         {full + "\x43\x00\x00\x14\x00\x00\x01\x08c", []uint32{1000, 1020}},
		"delta":                     {full + "\x83\x00\x00\x14cd" + "\xc3ef", []uint32{1000, 1020, 1040}},
		"repeat after full":         {full + "\xc3cd", []uint32{1000, 2000}},
		"begins with delta":         {"\x43\x00\x00\x14\x00\x00\x01\x08c", []uint32{20}},
		"extended delta":            {full + "\x83\xff\xff\xff\x01\x00\x00\x00cd", []uint32{1000, 1000 + 1<<24}},
		"extended, time repeated":   {long + "\xc3\x01\x00\x00\x00yz", []uint32{1 << 24}},
		"extended, not repeated":    {long + "\xc3yz", []uint32{1 << 24}},
		"ids of two bytes":          {"\x00\x00" + full[1:], []uint32{1000}},
		"ids of three bytes":        {"\x01\x00\x00" + full[1:], []uint32{1000}},
		"after a zero length audio": {"\x04\x00\x00\x00\x00\x00\x00\x08\x01\x00\x00\x00" + full, []uint32{0, 1000}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b, err := readAll([]byte(test.in), 1000)
			if err != io.EOF {
				t.Error(err)
			}
			var times []uint32
			for _, m := range b.got {
				times = append(times, m.Time)
			}
			if d := cmp.Diff(test.times, times); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestInterleavedAndAborted(t *testing.T) {
	var out []byte
	w := NewWriter(nil)
	video := Header{Chunk: 6, Type: TypeVideo, Stream: 1, Time: 9}
	audio := Header{Chunk: 4, Type: TypeAudio, Stream: 1, Time: 8}
	body := pattern(256)
	out = append(w.AppendHeader(out, video, 256), body[:128]...)
	out = append(w.AppendHeader(out, audio, 2), "au"...)
	out = append(w.AppendNext(out, video), body[128:]...)
	// Another that is given up half way, and one that never was.
	out = append(w.AppendHeader(out, video, 256), body[:128]...)
	for _, id := range []uint32{6, 6, 99} {
		out = w.AppendHeader(out, Header{Chunk: 2, Type: TypeAbort}, 4)
		out = binary.BigEndian.AppendUint32(out, id)
	}
	out = append(w.AppendHeader(out, video, 1), "v"...)
	b, err := readAll(out, 1000)
	if err != io.EOF {
		t.Fatal(err)
	}
	var bodies []string
	for _, m := range b.got {
		bodies = append(bodies, m.Body)
	}
	if d := cmp.Diff([]string{"au", string(body), "v"}, bodies); d != "" || b.dropped != 1 {
		t.Errorf("%s, %d dropped", d, b.dropped)
	}
}

func TestReaderRefuses(t *testing.T) {
	var crowd []byte
	w := NewWriter(nil)
	for id := range uint32(maxStreams + 1) {
		crowd = append(w.AppendHeader(crowd, Header{Chunk: 3 + id, Type: 8}, 1), 'x')
	}
	control := func(typ uint8, body string) []byte {
		return append(w.AppendHeader(nil, Header{Chunk: 2, Type: typ}, len(body)), body...)
	}
	half := append(w.AppendHeader(nil, Header{Chunk: 5, Type: 9}, 1000), pattern(128)...)
	tests := map[string]struct {
		in   []byte
		want error
	}{
		"too large":              {w.AppendHeader(nil, Header{Chunk: 3, Type: 9}, 1<<24-1), errTooMuch},
		"no first header":        {[]byte{0xc3}, ErrMalformed},
		"no length":              {[]byte{0x83, 0, 0, 1}, ErrMalformed},
		"chunk size zero":        {control(TypeSetChunkSize, "\x00\x00\x00\x00"), ErrMalformed},
		"chunk size negative":    {control(TypeSetChunkSize, "\x80\x00\x00\x00"), ErrMalformed},
		"chunk size of 3 bytes":  {control(TypeSetChunkSize, "\x00\x00\x01"), ErrMalformed},
		"huge control message":   {w.AppendHeader(nil, Header{Chunk: 2, Type: TypeAbort}, 1<<23), ErrMalformed},
		"too many chunk streams": {crowd, ErrMalformed},
		"header inside message":  {append(bytes.Clone(half), half...), ErrMalformed},
		"cut in message":         {half[:len(half)-1], io.ErrUnexpectedEOF},
		"cut in header":          {half[:5], io.ErrUnexpectedEOF},
		"cut in id":              {[]byte{1, 0}, io.ErrUnexpectedEOF},
		"cut in extended time":   {[]byte("\x03\xff\xff\xff\x00\x00\x02\x08\x39\x30\x00\x00\x01"), io.ErrUnexpectedEOF},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b, err := readAll(test.in, 1<<20)
			if !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
			if b.opened > 1<<20 {
				t.Errorf("%d bytes allocated", b.opened)
			}
		})
	}
}

func FuzzReader(f *testing.F) {
	var out bytes.Buffer
	w := NewWriter(&out)
	_ = w.Write(Header{Chunk: 3, Type: TypeCommand}, []byte("\x02\x00\x07connect"))
	_ = w.SetSize(4096)
	_ = w.Write(Header{Chunk: 6, Type: TypeVideo, Time: 1 << 25, Stream: 1}, pattern(300))
	f.Add(out.Bytes())
	f.Add([]byte("\x03\x00\x03\xe8\x00\x00\x02\x08\x39\x30\x00\x00ab\x83\x00\x00\x14cd\xc3ef"))
	f.Add([]byte("\x03\xff\xff\xff\x00\x00\x02\x08\x39\x30\x00\x00\x01\x00\x00\x00ab"))
	f.Fuzz(func(t *testing.T, in []byte) {
		b, err := readAll(in, 1<<16)
		if err == nil {
			t.Fatal("no end")
		}
		// What was taken apart can be put together and taken apart again.
		var out bytes.Buffer
		w := NewWriter(&out)
		for _, m := range b.got {
			if m.Chunk < 2 {
				t.Fatalf("chunk stream %d", m.Chunk)
			}
			_ = w.Write(m.Header, []byte(m.Body))
		}
		again, _ := readAll(out.Bytes(), 1<<16)
		if d := cmp.Diff(b.got, again.got); d != "" {
			t.Fatal(d)
		}
	})
}
