package live

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"synctv/internal/live/flv"
)

// pictureOf is a picture all of whose bytes say which it is.
func pictureOf(i, n int) []byte {
	b := frame(i%20 == 0, n)
	for k := 9; k < len(b); k++ {
		b[k] = byte(i)
	}
	return b
}

// follow reads a response to its end, or most pictures, and says which was the
// last. Each must follow the one before or be a key frame, and be whole.
func follow(r io.Reader, most int) (last int, err error) {
	in := flv.NewReader(r, 0)
	for last = -1; most > 0; {
		tag, err := in.Next()
		if err != nil {
			return last, err
		}
		class := flv.Inspect(tag.Type, tag.Payload).Class
		if class == flv.Config {
			continue
		}
		i, key := int(tag.DTS/40), class == flv.Key
		if !key && i != last+1 {
			return last, fmt.Errorf("picture %d after %d", i, last)
		}
		if body := tag.Payload[9:]; bytes.Count(body, []byte{byte(i)}) != len(body) {
			return last, fmt.Errorf("picture %d has bytes of another", i)
		}
		last = i
		most--
	}
	return last, nil
}

// Viewers of all kinds come and go, some with small buffers, while pictures of
// all sizes are published: nobody gets a wrong byte, and who stays gets the end.
func TestViewersComeAndGo(t *testing.T) {
	const pictures, viewers = 600, 100
	h := NewHub(Limits{Unsent: 16 << 10}, nil)
	s := site(t, h, nil)
	s.Start()
	p := publish(t, h, Pass{Stream: "a", Key: "k"})
	chance := rand.New(rand.NewPCG(1, 2))
	show := func(i int) {
		if err := p.Append(flv.Video, uint32(i*40), pictureOf(i, 100+chance.IntN(1+chance.IntN(50<<10)))); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Append(flv.Video, 0, []byte(avcHeader)); err != nil {
		t.Fatal(err)
	}
	show(0)
	var watching sync.WaitGroup
	defer watching.Wait()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for i := 1; i < pictures; i++ {
		<-tick.C
		show(i)
		if n := i / 5; i%5 == 0 && n <= viewers {
			most := pictures + 1 // until the end
			if n%3 == 0 {
				most = 1 + chance.IntN(100)
			}
			watching.Go(func() { watchTo(t, s, n, most, pictures-1) })
		}
	}
	p.Close(true)
	watching.Wait()
	eventually(t, "nobody is left", func() bool { return h.Stats().Viewers == 0 && fanned(h, "a") == 0 })
	if h.Stats().HandedBack == 0 {
		t.Error("no socket was ever full")
	}
}

// watchTo is viewer n, who leaves after most pictures or has seen the last.
func watchTo(t *testing.T, s *httptest.Server, n, most, end int) {
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	if n%4 == 0 {
		_ = conn.(*net.TCPConn).SetReadBuffer(32 << 10)
	}
	version := []string{"1.1", "1.0"}[n%2]
	if _, err := io.WriteString(conn, strings.Replace(request, "1.1", version, 1)); err != nil {
		t.Error(err)
		return
	}
	r, err := http.ReadResponse(bufio.NewReaderSize(conn, 4<<10), nil)
	if err != nil {
		t.Error(err)
		return
	}
	last, err := follow(r.Body, most)
	if err == nil && most < end {
		return // he left
	}
	if !errors.Is(err, io.EOF) || last != end {
		t.Errorf("viewer %d, HTTP/%s: the last picture was %d: %v", n, version, last, err)
	}
}
