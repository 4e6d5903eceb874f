//go:build unix

package rtmp_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"synctv/internal/live"
	"synctv/internal/live/flv"
	"synctv/internal/live/rtmp"
)

// mark is one tag, as far as comparing sequences needs it.
type mark struct {
	typ   flv.Type
	class flv.Class
	dts   uint32
	sum   uint32
}

// marks reads tags until the stream ends; whether it ended cleanly is err.
func marks(r io.Reader) (seen []mark, err error) {
	in := flv.NewReader(r, 0)
	for {
		tag, err := in.Next()
		if errors.Is(err, io.EOF) {
			return seen, nil
		}
		if err != nil {
			return seen, err
		}
		class := flv.Inspect(tag.Type, tag.Payload).Class
		seen = append(seen, mark{tag.Type, class, tag.DTS, crc32.ChecksumIEEE(tag.Payload)})
	}
}

// body drops the metadata and codec headers a viewer is greeted with.
func body(seen []mark) []mark {
	for i, m := range seen {
		if m.class == flv.Key {
			return seen[i:]
		}
	}
	return nil
}

// reference collects the log itself, as a viewer in the same process.
func reference(t *testing.T, h *house, stream string) (wait func() []mark) {
	t.Helper()
	v, err := h.hub.Watch(stream)
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	all.Write(flv.AppendFileHeader(nil, true, true))
	done := make(chan error, 1)
	go func() {
		defer v.Leave()
		for {
			chunk, err := v.Next(context.Background())
			if err != nil {
				done <- err
				return
			}
			all.Write(chunk.Body)
		}
	}()
	return func() []mark {
		if err := <-done; !errors.Is(err, live.ErrEnded) {
			t.Errorf("the reference ended with: %v", err)
		}
		seen, err := marks(&all)
		if err != nil {
			t.Errorf("the log: %v", err)
		}
		return seen
	}
}

// narrow makes the receive buffer small before the window is negotiated: on
// loopback it would otherwise swallow megabytes.
func narrow(_, _ string, raw syscall.RawConn) error {
	var err error
	return errors.Join(raw.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 8<<10)
	}), err)
}

// slowly reads at about 64 kbit/s, from a socket with a small buffer, as a
// phone at the edge of its cell would. It returns what it got; the end is not
// awaited but cut when stop is closed.
func slowly(t *testing.T, addr, path string, stop <-chan struct{}) []byte {
	dialer := net.Dialer{Control: narrow}
	conn, err := dialer.Dial("tcp", addr)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
	var raw bytes.Buffer
	tick := time.NewTicker(125 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			// All that the server has sent by now still counts.
			_ = conn.SetReadDeadline(time.Now().Add(2 * time.Second))
			_, _ = io.Copy(&raw, conn)
			return raw.Bytes()
		case <-tick.C:
		}
		_ = conn.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := io.CopyN(&raw, conn, 1000); errors.Is(err, io.EOF) {
			return raw.Bytes()
		}
	}
}

// Twenty viewers of one 3 Mbit/s push: eighteen get the log's exact sequence
// from their first key frame on, two who read at 64 kbit/s go on at key frames
// or are closed, counted by reason, and disturb nobody.
func TestTwentyViewersTwoOfThemSlow(t *testing.T) {
	seconds, limits := 8, live.Limits{Unsent: 32 << 10, Write: 32 << 10, Stall: 4 * time.Second}
	if os.Getenv("SYNCTV_LONG") == "1" {
		seconds, limits = 30, live.Limits{}
	}
	h := open(t, limits, rtmp.Limits{})
	push := exec.Command(tool(t, "ffmpeg"), append(source(seconds), append(h264(15, "3M"), h.url("r2", goodKey))...)...)
	if err := push.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a key frame", func() bool { return h.hub.Info("show-r2").Bitrate > 0 })
	wait := reference(t, h, "show-r2")

	var fast, slow sync.WaitGroup
	stop := make(chan struct{})
	var slowGot [2][]byte
	for i := range slowGot {
		slow.Go(func() { slowGot[i] = slowly(t, h.web.Listener.Addr().String(), "/show-r2.flv", stop) })
	}
	got := make([][]mark, 18)
	for i := range got {
		fast.Go(func() {
			r, err := http.Get(h.flv("show-r2"))
			if err == nil {
				got[i], err = marks(r.Body)
				r.Body.Close()
			}
			if err != nil {
				t.Errorf("viewer %d: %v", i, err)
			}
		})
	}
	eventually(t, "21 viewers", func() bool { return h.hub.Info("show-r2").Viewers == 21 })
	// Asked while the stream still runs: what happens at its end is no proof.
	var c live.Counts
	time.AfterFunc(time.Duration(seconds-1)*time.Second, func() {
		c = h.hub.Stats().Counts
		close(stop)
	})
	slow.Wait()
	if err := push.Wait(); err != nil {
		t.Errorf("ffmpeg: %v", err)
	}
	want := wait()
	fast.Wait()
	for i := range got {
		checkSuffix(t, i, body(got[i]), want)
	}
	for i, raw := range slowGot {
		checkSlow(t, i, raw, want)
	}
	t.Logf("log: %d tags; counts: %+v; slow viewers got %d and %d bytes", len(want), c, len(slowGot[0]), len(slowGot[1]))
	if c.SkippedToKey+c.DroppedSlow+c.DroppedStalled < 2 {
		t.Errorf("the slow viewers are not accounted for: %+v", c)
	}
}

// checkSuffix wants got to be exactly the end of want.
func checkSuffix(t *testing.T, viewer int, got, want []mark) {
	t.Helper()
	if len(got) == 0 || len(got) > len(want)+60 {
		t.Errorf("viewer %d: %d tags of %d", viewer, len(got), len(want))
		return
	}
	// A viewer may have begun a key frame before the reference did.
	n := min(len(got), len(want))
	for i := 1; i <= n; i++ {
		if got[len(got)-i] != want[len(want)-i] {
			t.Errorf("viewer %d: tag %d from the end is %+v, want %+v", viewer, i, got[len(got)-i], want[len(want)-i])
			return
		}
	}
}

// checkSlow wants every jump in what a slow viewer got to land on a key frame.
func checkSlow(t *testing.T, viewer int, raw []byte, want []mark) {
	t.Helper()
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), nil)
	if err != nil {
		t.Errorf("slow viewer %d: %v", viewer, err)
		return
	}
	defer r.Body.Close()
	got, _ := marks(r.Body) // it ends in the middle of a tag
	got = body(got)
	at := -1
	for i, m := range want {
		if len(got) > 0 && m == got[0] {
			at = i
		}
	}
	if at < 0 {
		t.Errorf("slow viewer %d: no key frame of the log in %d tags", viewer, len(got))
		return
	}
	jumps := 0
	for _, m := range got {
		if m.class == flv.Config || m.class == flv.Metadata {
			continue
		}
		if at < len(want) && m == want[at] {
			at++
			continue
		}
		jumps++
		for at < len(want) && m != want[at] {
			at++
		}
		if at == len(want) || m.class != flv.Key {
			t.Errorf("slow viewer %d: broken at %+v", viewer, m)
			return
		}
		at++
	}
	t.Logf("slow viewer %d: %d tags, %d jumps, all to key frames", viewer, len(got), jumps)
}
