package handshake

import (
	"bytes"
	"crypto/hmac"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

func TestPlain(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	defer server.Close()
	_ = client.SetDeadline(time.Now().Add(5 * time.Second))
	served := make(chan error, 1)
	go func() { served <- Serve(server) }()
	if err := Dial(client); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// talk runs Serve against fixed input.
type talk struct {
	io.Reader
	io.Writer
}

func firstPart(version uint32, half int) []byte {
	c1 := bytes.Repeat([]byte{0x5a}, size)
	c1[4], c1[5], c1[6], c1[7] = byte(version>>24), byte(version>>16), byte(version>>8), byte(version)
	if half > 0 {
		at := digestAt(c1, half)
		copy(c1[at:], digest(c1, at, []byte(theirs)))
	}
	return c1
}

func TestDigest(t *testing.T) {
	for _, half := range []int{schemeOne, schemeTwo} {
		c1 := firstPart(0x80000702, half)
		var out bytes.Buffer
		in := append(append([]byte{version}, c1...), make([]byte, size)...)
		if err := Serve(talk{bytes.NewReader(in), &out}); err != nil {
			t.Fatal(err)
		}
		s1, s2 := out.Bytes()[1:1+size], out.Bytes()[1+size:]
		at := digestAt(s1, half)
		if !hmac.Equal(s1[at:at+digestLen], digest(s1, at, []byte(ours))) {
			t.Errorf("half %d: our digest does not verify", half)
		}
		key := mac([]byte(ours+tail), c1[digestAt(c1, half):][:digestLen])
		if !hmac.Equal(s2[size-digestLen:], mac(key, s2[:size-digestLen])) {
			t.Errorf("half %d: our answer does not verify", half)
		}
	}
}

func TestWithoutDigestTheAnswerIsTheEcho(t *testing.T) {
	for name, c1 := range map[string][]byte{
		"version zero": firstPart(0, 0), "no digest": firstPart(0x01020304, 0),
	} {
		out := answer(c1)
		if !bytes.Equal(out[1+size:], c1) {
			t.Errorf("%s: no echo", name)
		}
	}
}

func TestServeRefuses(t *testing.T) {
	tests := map[string]struct {
		in   []byte
		want error
	}{
		"http":         {[]byte("GET / HTTP/1.1\r\n\r\n"), ErrNotRTMP},
		"encrypted":    {[]byte{6}, ErrNotRTMP},
		"nothing":      {nil, io.EOF},
		"half":         {make([]byte, 700), ErrNotRTMP},
		"cut short":    {append([]byte{3}, make([]byte, 700)...), io.ErrUnexpectedEOF},
		"no last part": {append([]byte{3}, make([]byte, size+3)...), io.ErrUnexpectedEOF},
	}
	for name, test := range tests {
		if err := Serve(talk{bytes.NewReader(test.in), io.Discard}); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

func TestDialRefuses(t *testing.T) {
	for name, in := range map[string][]byte{"cut short": {3, 0}, "other": make([]byte, 1+2*size)} {
		if Dial(talk{bytes.NewReader(in), io.Discard}) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzServe(f *testing.F) {
	f.Add(append(append([]byte{version}, firstPart(0x80000702, schemeOne)...), make([]byte, size)...))
	f.Add(append([]byte{version}, firstPart(0x80000702, schemeTwo)...))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var out bytes.Buffer
		err := Serve(talk{bytes.NewReader(in), &out})
		if err == nil && (len(in) < 1+2*size || out.Len() != 1+2*size) {
			t.Errorf("%d bytes in, %d out", len(in), out.Len())
		}
	})
}
