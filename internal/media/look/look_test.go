package look

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"synctv/internal/guard"
	"synctv/internal/media/ffmpeg"
	"synctv/internal/screen"
)

// found looks at an address of a server that serves what it is given.
func found(t *testing.T, s *Service, address string) *Found {
	t.Helper()
	policy := guard.Policy{}
	policy.Allow.Networks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	s.client = guard.NewClient(policy)
	t.Cleanup(s.client.Close)
	f := &Found{URL: address}
	s.look(t.Context(), f)
	return f
}

func codes(f *Found) (list string) {
	for _, w := range f.Warnings {
		list += " " + string(w.Code)
		if w.Detail != "" {
			list += "=" + w.Detail
		}
	}
	return strings.TrimSpace(list)
}

func TestWhatIsThere(t *testing.T) {
	mux := http.NewServeMux()
	site := httptest.NewServer(mux)
	defer site.Close()
	for path, text := range map[string]string{
		"/master": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,CODECS=\"avc1.42c01e,mp4a.40.2\"\nlow.m3u8\n" +
			"#EXT-X-STREAM-INF:BANDWIDTH=3000000,RESOLUTION=1920x1080\nhigh.m3u8\n",
		"/low.m3u8":  "#EXTM3U\n#EXTINF:4.5,\n1.ts\n#EXTINF:5.5,x\n2.ts\n#EXT-X-ENDLIST\n",
		"/live.m3u8": "\ufeff#EXTM3U\r\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\r\n#EXTINF:4,\r\n1.ts\r\n",
		"/drm.m3u8":  "#EXTM3U\n#EXT-X-KEY:METHOD=SAMPLE-AES,KEYFORMAT=\"com.apple.streamingkeydelivery\",URI=\"skd://x\"\n#EXTINF:4,\n1.ts\n#EXT-X-ENDLIST\n",
		"/dead":      "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nnowhere.m3u8\n",
		"/film": `<?xml version="1.0"?><MPD type="static" mediaPresentationDuration="PT1H2M3.5S"><Period><AdaptationSet codecs="avc1"><Representation width="1280" height="720" bandwidth="9"/>` +
			`</AdaptationSet><AdaptationSet><Representation bandwidth="5"/></AdaptationSet></Period></MPD>`,
		"/live.mpd": `<MPD type="dynamic"><Period><AdaptationSet><ContentProtection/></AdaptationSet></Period></MPD>`,
		"/page":     "\n<!DOCTYPE html><title>A film</title>",
		"/text":     "nothing of the kind",
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if r.Referer() != site.URL+"/" {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			http.ServeContent(w, r, "x.bin", time.Time{}, strings.NewReader(text))
		})
	}
	mux.HandleFunc("/open.flv", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		_, _ = w.Write([]byte("FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00" + strings.Repeat("x", 5000)))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/gone", http.NotFound)
	for _, c := range []struct {
		path, warns string
		kind        screen.MediaKind
		live        bool
		durationS   float64
		variants    string
	}{
		{"/master", "through", screen.KindHLS, false, 10, "640x360@800000 avc1.42c01e,mp4a.40.2;1920x1080@3000000 ;"},
		{"/live.m3u8", "through", screen.KindHLS, true, 0, ""},
		{"/drm.m3u8", "protected through", screen.KindHLS, false, 4, ""},
		{"/dead", "status=status 404 through", screen.KindHLS, false, 0, "0x0@1 ;"},
		{"/film", "through", screen.KindDASH, false, 3723.5, "1280x720@9 avc1;"},
		{"/live.mpd", "protected through", screen.KindDASH, true, 0, ""},
		{"/open.flv", "", screen.KindFLV, true, 0, ""},
		{"/page", "page", screen.KindFile, false, 0, ""},
		{"/text", "unknown=application/octet-stream", screen.KindFile, false, 0, ""},
		{"/gone", "status=status 404", "", false, 0, ""},
	} {
		f := found(t, &Service{proxy: true}, site.URL+c.path)
		variants := ""
		for _, v := range f.Variants {
			variants += fmt.Sprintf("%dx%d@%d %s;", v.Width, v.Height, v.Bandwidth, v.Codecs)
		}
		if codes(f) != c.warns || f.Kind != c.kind || f.Live != c.live || f.DurationS != c.durationS || variants != c.variants {
			t.Errorf("%s: %+v, warnings %q", c.path, f, codes(f))
		}
	}
	if f := found(t, &Service{}, site.URL+"/film"); codes(f) != "blocked_here" {
		t.Errorf("without the proxy: %s", codes(f))
	}
	if f := found(t, &Service{}, "http://10.0.0.1/x"); codes(f) != "not_looked" {
		t.Errorf("where nothing is fetched: %s", codes(f))
	}
	site.Close()
	if f := found(t, &Service{}, site.URL); codes(f) != "unreachable=upstream_failed" {
		t.Errorf("nobody there: %s", codes(f))
	}
}

// ffprobe sees films whose index is at the beginning or at the end, by bytes
// that were fetched: a small part of the film.
func TestFilmsAreProbed(t *testing.T) {
	tools := ffmpeg.Find()
	if !tools.Installed() {
		if os.Getenv("CI") == "true" {
			t.Fatal("ffmpeg is not installed")
		}
		t.Skip("needs ffmpeg (Debian package ffmpeg)")
	}
	dir := t.TempDir()
	var sent atomic.Int64
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="The Film.mp4"`)
		c := &counting{ResponseWriter: w}
		http.ServeFile(c, r, filepath.Join(dir, r.URL.Path))
		sent.Add(c.n)
	}))
	defer site.Close()
	for _, c := range []struct {
		name, warns, codecs string
		args                []string
	}{
		{"front.mp4", "", "[h264 aac]", []string{"-c:v", "libx264", "-b:v", "3M", "-c:a", "aac", "-movflags", "+faststart"}},
		{"back.mp4", "", "[h264 aac]", []string{"-c:v", "libx264", "-b:v", "3M", "-c:a", "aac"}},
		{"a.mkv", "container=mkv codec=ac3", "[h264 ac3]", []string{"-c:v", "libx264", "-b:v", "3M", "-c:a", "ac3"}},
		{"a.webm", "", "[vp8 opus]", []string{"-c:v", "libvpx", "-deadline", "realtime", "-b:v", "3M", "-c:a", "libopus"}},
		{"a.mp3", "", "[mp3]", []string{"-vn", "-c:a", "libmp3lame"}},
	} {
		args := append([]string{"-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=20:duration=8,noise=alls=60:allf=t", "-f", "lavfi", "-i", "sine=sample_rate=48000:duration=8",
			"-pix_fmt", "yuv420p", "-preset", "ultrafast"}, c.args...)
		if strings.HasSuffix(c.name, "webm") || strings.HasSuffix(c.name, "mp3") {
			args = append(args[:len(args)-len(c.args)-2], c.args...) // they have no such preset
		}
		if out, err := exec.CommandContext(t.Context(), "ffmpeg", append(args, filepath.Join(dir, c.name))...).CombinedOutput(); err != nil { //nolint:gosec // the test's own
			t.Fatalf("%v: %s", err, out)
		}
		sent.Store(0)
		f := found(t, &Service{tools: tools, proxy: true}, site.URL+"/"+c.name)
		if codes(f) != c.warns || fmt.Sprint(f.Codecs) != c.codecs || f.DurationS < 7.9 || f.DurationS > 8.5 || f.Title != "The Film" {
			t.Errorf("%s: %v %.1f s %q, warnings %q", c.name, f.Codecs, f.DurationS, f.Title, codes(f))
		}
		if film := c.codecs != "[mp3]"; film && (!strings.HasPrefix(f.Poster, "data:image/jpeg;base64,/9j/") || f.SizeBytes < 2<<20) || sent.Load() > 3<<19 {
			t.Errorf("%s: %d bytes fetched of %d, poster %.40q", c.name, sent.Load(), f.SizeBytes, f.Poster)
		}
	}
}

type counting struct {
	http.ResponseWriter
	n int64
}

func (c *counting) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.n += int64(n)
	return n, err
}

func box(name string, n int) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(n)), append([]byte(name), make([]byte, n-8)...)...) //nolint:gosec // small
}

func TestWhereTheIndexIs(t *testing.T) {
	ftyp := box("ftyp", 24)
	for _, c := range []struct {
		name string
		head []byte
		size int64
		at   int64
		ok   bool
	}{
		{"all there", append(bytes.Clone(ftyp), box("moov", 100)...), 1000, 124, false},
		{"cut off", append(bytes.Clone(ftyp), box("moov", 100)[:50]...), 1000, 74, true},
		{"behind the film", append(bytes.Clone(ftyp), box("mdat", 500)[:60]...), 1000, 524, true},
		{"a long box", append(bytes.Clone(ftyp), "\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x00\x02\x00"...), 1000, 24 + 512, true},
		{"a box longer than the file", append(bytes.Clone(ftyp), box("mdat", 500)[:60]...), 100, 0, false},
		{"a box of no length", append(bytes.Clone(ftyp), make([]byte, 32)...), 1000, 0, false},
		{"a negative length", append(bytes.Clone(ftyp), "\x00\x00\x00\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff"...), 1000, 0, false},
		{"nothing", nil, 0, 0, false},
	} {
		if at, ok := indexAt(c.head, c.size); ok != c.ok || ok && at != c.at {
			t.Errorf("%s: %d %v", c.name, at, ok)
		}
	}
}

// Whatever a server sends, reading it ends and finds no nonsense.
func FuzzLists(f *testing.F) {
	f.Add([]byte("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"a,b\"\nx\n#EXTINF:9,\nx\n#EXT-X-ENDLIST"))
	f.Add([]byte(`<MPD mediaPresentationDuration="PT1S"><Representation width="1" height="2"/></MPD>`))
	f.Add(append(box("ftyp", 24), box("mdat", 64)...))
	f.Fuzz(func(t *testing.T, raw []byte) {
		h := readHLS(raw)
		m, _ := readDASH(raw)
		if len(h.variants) > maxVariants || len(m.variants) > maxVariants || h.durationS < 0 || m.durationS < 0 {
			t.Fatalf("%+v %+v", h, m)
		}
		if at, ok := indexAt(raw, int64(len(raw))+1000); ok && (at < 0 || at > int64(len(raw))+1000) {
			t.Fatal(at)
		}
		sniff(raw, "")
	})
}
