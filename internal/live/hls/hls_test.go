package hls_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"synctv/internal/live"
	"synctv/internal/live/flv"
	"synctv/internal/live/hls"
	"synctv/internal/live/rtmp"
	"synctv/internal/live/rtmp/rtmptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type openDoor struct{}

func (openDoor) Admit(context.Context, rtmp.Request) (live.Pass, error) {
	return live.Pass{Stream: "show", Key: "k"}, nil
}

// house is a relay with RTMP in and FLV and HLS out.
type house struct {
	hub  *live.Hub
	hls  *hls.Server
	web  *httptest.Server
	rtmp string
}

func open(t *testing.T, limits hls.Limits) *house {
	t.Helper()
	return openWithin(t, limits, 0)
}

// openWithin is open with a bound of the memory of everything live.
func openWithin(t *testing.T, limits hls.Limits, memory int64) *house {
	t.Helper()
	h := &house{hub: live.NewHub(live.Limits{Memory: memory}, nil)}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.hls = hls.New(h.hub, limits, log)
	h.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, playlist := strings.CutPrefix(r.URL.Path, "/show/")
		var err error
		if playlist {
			err = h.hls.Serve(w, r, "show", file)
		} else {
			err = h.hub.ServeFLV(w, r, "show")
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
		}
	}))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.rtmp = "rtmp://" + ln.Addr().String() + "/live/x"
	ctx, cancel := context.WithCancel(context.Background())
	var served sync.WaitGroup
	served.Go(func() { _ = (&rtmp.Server{Door: openDoor{}, Hub: h.hub, Log: log}).Serve(ctx, ln) })
	t.Cleanup(func() {
		cancel()
		served.Wait()
		h.hub.Close()
		h.hls.Close()
		h.web.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return h
}

// publish pushes tags in real time until they end, then says goodbye. The
// returned function waits for that.
func (h *house) publish(t *testing.T, tags []flv.Tag) (wait func()) {
	t.Helper()
	p, err := rtmptest.Publish(t.Context(), h.rtmp)
	if err != nil {
		t.Fatal(err)
	}
	var pushing sync.WaitGroup
	pushing.Go(func() {
		if err := p.Push(t.Context(), bytes.NewReader(stream(tags)), 1); err != nil && t.Context().Err() == nil {
			t.Errorf("push: %v", err)
		}
		_ = p.End()
	})
	t.Cleanup(pushing.Wait)
	return pushing.Wait
}

func (h *house) get(t *testing.T, file string) (string, http.Header) {
	t.Helper()
	r, err := http.Get(h.web.URL + "/show/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Errorf("%s: %s %v %.80q", file, r.Status, err, b)
	}
	return string(b), r.Header
}

// What ffmpeg encoded and an encoder publishes by enhanced RTMP is read back
// by FLV with every frame, and by HLS with ffprobe, which finds both codecs and
// decodes without complaint.
func TestEnhancedCodecsAreReadBack(t *testing.T) {
	for name, c := range map[string]struct {
		fourCC, audio, video, sound string
		encoder                     []string
	}{
		"H.264 with B frames, AAC": {"avc1", "mp4a", "h264", "aac", []string{"-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-c:a", "aac"}},
		"HEVC, Opus":               {"hvc1", "Opus", "hevc", "opus", []string{"-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params", "log-level=none", "-c:a", "libopus", "-strict", "-2"}},
		"AV1, AAC":                 {"av01", "mp4a", "av1", "aac", []string{"-c:v", "libsvtav1", "-preset", "12", "-c:a", "aac", "-strict", "-2"}},
	} {
		t.Run(name, func(t *testing.T) {
			tags := film(t, c.fourCC, c.audio, c.encoder...)
			h := open(t, hls.Limits{})
			h.publish(t, tags)
			got := make(chan []byte, 1)
			var recording sync.WaitGroup
			recording.Go(func() { got <- h.recordFLV(t) })
			t.Cleanup(recording.Wait)
			said := run(t, tool(t, "ffprobe"), "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", h.web.URL+"/show/index.m3u8")
			if !strings.Contains(said, c.video) || !strings.Contains(said, c.sound) {
				t.Errorf("ffprobe found %q", said)
			}
			if said := run(t, tool(t, "ffmpeg"), "-v", "error", "-i", h.web.URL+"/show/index.m3u8", "-t", "2", "-f", "null", "-"); said != "" {
				t.Errorf("decoding: %s", said)
			}
			checkFLV(t, <-got, tags)
		})
	}
}

// recordFLV is all a viewer gets who comes when the stream is on.
func (h *house) recordFLV(t *testing.T) []byte {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		r, err := http.Get(h.web.URL + "/show.flv")
		if err != nil {
			t.Error(err)
			return nil
		}
		b, err := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode == http.StatusOK {
			if err != nil {
				t.Error(err)
			}
			return b
		}
	}
	t.Error("the stream never came")
	return nil
}

// checkFLV wants every published frame, in order and unchanged.
func checkFLV(t *testing.T, got []byte, tags []flv.Tag) {
	t.Helper()
	in, i := flv.NewReader(bytes.NewReader(got), 0), 0
	for {
		tag, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for i < len(tags) && !bytes.Equal(tags[i].Payload, tag.Payload) {
			if i > 2 {
				t.Fatalf("tag %d of %d is missing", i, len(tags))
			}
			i++
		}
		i++
	}
	if i != len(tags) {
		t.Errorf("%d tags of %d", i, len(tags))
	}
}

var name = regexp.MustCompile(`(?m)^[a-z0-9_]+\.(?:m3u8|mp4)`)

// The playlists say what low-latency players need, are never cached, and what
// they name is there and never changes.
func TestPlaylists(t *testing.T) {
	tags := film(t, "avc1", "mp4a", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
	h := open(t, hls.Limits{})
	h.publish(t, tags)
	for deadline := time.Now().Add(10 * time.Second); h.hub.Info("show").KeyInterval == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no stream")
		}
	}
	index, head := h.get(t, "index.m3u8")
	if head.Get("Cache-Control") != "no-store" || !strings.Contains(index, `CODECS="avc1`) || !strings.Contains(index, "mp4a.40.2") {
		t.Errorf("%v\n%s", head, index)
	}
	if n := h.hub.Info("show").Viewers; n != 1 {
		t.Errorf("%d viewers: the muxer is one", n)
	}
	media := name.FindString(index)
	list, head := h.get(t, media)
	if head.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", head)
	}
	for _, want := range []string{"EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES", "EXT-X-PART:", "EXT-X-PRELOAD-HINT", "EXT-X-PROGRAM-DATE-TIME", "EXT-X-MAP"} {
		if !strings.Contains(list, want) {
			t.Errorf("no %s in\n%s", want, list)
		}
	}
	segment := name.FindString(list[strings.Index(list, "PROGRAM-DATE-TIME"):])
	body, head := h.get(t, segment)
	if len(body) < 1000 || !strings.Contains(head.Get("Cache-Control"), "immutable") {
		t.Errorf("segment %q: %d bytes, %v", segment, len(body), head)
	}
	if again, _ := h.get(t, segment); again != body {
		t.Error("a finished segment changed")
	}
	checkDelay(t, list)
	h.blockedReload(t, media, list)
}

// checkDelay reads the newest segment's date: it is not far in the past, and
// not in the future.
func checkDelay(t *testing.T, list string) {
	t.Helper()
	dates := regexp.MustCompile(`PROGRAM-DATE-TIME:(\S+)`).FindAllStringSubmatch(list, -1)
	date, err := time.Parse("2006-01-02T15:04:05.999Z07:00", dates[len(dates)-1][1])
	if late := time.Since(date); err != nil || late < 0 || late > 4*time.Second {
		t.Errorf("newest segment began %v ago: %v", late, err)
	}
}

// blockedReload asks for a part that does not exist yet: the answer comes when
// it does.
func (h *house) blockedReload(t *testing.T, media, list string) {
	t.Helper()
	sequence := regexp.MustCompile(`MEDIA-SEQUENCE:(\d+)`).FindStringSubmatch(list)
	next := len(regexp.MustCompile(`(?m)^#EXTINF`).FindAllString(list, -1))
	base := 0
	for _, c := range sequence[1] {
		base = base*10 + int(c-'0')
	}
	begun := time.Now()
	newer, _ := h.get(t, media+"?_HLS_msn="+strconv.Itoa(base+next)+"&_HLS_part=2")
	if newer == list {
		t.Error("the same list")
	}
	t.Logf("waited %v for a part", time.Since(begun))
}
