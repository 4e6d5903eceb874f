package proxy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"synctv/internal/guard"
	"synctv/internal/proxy/disk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newProxy(t testing.TB, b *Budgets) *Proxy {
	t.Helper()
	client := guard.NewClient(guard.Policy{Allow: guard.Places{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}})
	cache, err := disk.Open(t.TempDir(), 1<<30, client)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cache.Close(); client.Close() })
	p, err := New(client, cache, bytes.Repeat([]byte{7}, 32), b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func visit(address string, k Kind) Visit {
	return Visit{Room: "room", Item: "item", Session: "session", Person: "person", Base: "/p", URL: address, Kind: k}
}

// through answers one request to the proxy, by a link or for the item itself.
func through(p *Proxy, v Visit, link string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/p/index", nil)
	token, rest := "", ""
	if link != "" {
		r = httptest.NewRequest(http.MethodGet, link, nil)
		token, rest, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/p/"), "/")
	}
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	if err := p.Serve(w, r, v, token, rest); err != nil {
		w = httptest.NewRecorder()
		w.Code = 599
		w.Body.WriteString(err.Error())
	}
	return w
}

// origin demands a Referer of its own, sends no CORS headers, and names files.
func origin(t *testing.T, files map[string]string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := files[r.URL.RequestURI()]
		if r.Header.Get("Referer") != "http://"+r.Host+"/" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("ETag", `"`+r.URL.Path+`"`)
		http.ServeContent(w, r, r.URL.Path, time.Time{}, strings.NewReader(body))
	}))
	t.Cleanup(s.Close)
	return s
}

func TestHLSLinksLeadThroughTheProxy(t *testing.T) {
	files := map[string]string{
		"/a/master.m3u8?token=1": "\ufeff#EXTM3U\r\n#EXT-X-VERSION:9\r\n#EXT-X-DEFINE:NAME=\"dir\",VALUE=\"low\"\r\n" +
			"#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a, b\",NAME=\"x=y\",URI=\"audio/index.m3u8\"\r\n" +
			"#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"/key.bin\"\r\n" +
			"#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"iframes.m3u8\"\r\n" +
			"#EXT-X-STREAM-INF:BANDWIDTH=100000,CODECS=\"avc1.640028,mp4a.40.2\"\r\n{$dir}/index.m3u8?x=1#f\r\n",
		"/a/low/index.m3u8?x=1": "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI=\"init.mp4\",BYTERANGE=\"100@0\"\n" +
			"#EXT-X-KEY:METHOD=AES-128,URI=\"/key.bin\",IV=0x1\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"data:text/plain;base64,AAAA\"\n" +
			"#EXTINF:4,\n#EXT-X-BYTERANGE:10@5\n../seg.m4s\n#EXT-X-PART:DURATION=0.3,URI=\"p1.m4s\",BYTERANGE=\"3@1\"\n" +
			"#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p2.m4s\"\n#EXT-X-RENDITION-REPORT:URI=\"../audio/index.m3u8\",LAST-MSN=1\n#EXT-X-ENDLIST\n",
		"/key.bin":        "0123456789abcdef",
		"/a/seg.m4s":      "the bytes of a segment",
		"/a/low/init.mp4": "init",
	}
	s := origin(t, files)
	p := newProxy(t, unlimited())
	v := visit(s.URL+"/a/master.m3u8?token=1", HLS)
	master := through(p, v, "", nil)
	text := master.Body.String()
	if strings.Contains(text, s.URL) || strings.Contains(text, "audio/index.m3u8") || strings.Contains(text, "low/") {
		t.Fatalf("an address is left:\n%s", text)
	}
	if master.Header().Get("Content-Type") != "application/vnd.apple.mpegurl" || master.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Error(master.Header())
	}
	if !strings.Contains(text, `GROUP-ID="a, b"`) || !strings.Contains(text, `CODECS="avc1.640028,mp4a.40.2"`) {
		t.Errorf("other attributes changed:\n%s", text)
	}
	links := regexp.MustCompile(`/p/[^"\s]+`)
	all := links.FindAllString(text, -1)
	if len(all) != 4 {
		t.Fatalf("%d links: %v", len(all), all)
	}
	media := through(p, v, all[3], nil).Body.String()
	parts := links.FindAllString(media, -1)
	if len(parts) != 6 || !strings.Contains(media, `URI="data:text/plain;base64,AAAA"`) || !strings.Contains(media, "#EXT-X-BYTERANGE:10@5") {
		t.Fatalf("%d links in\n%s", len(parts), media)
	}
	for i, want := range []string{"init", files["/key.bin"], files["/a/seg.m4s"]} {
		if got := through(p, v, parts[i], nil); got.Body.String() != want {
			t.Errorf("%s: %d %q", parts[i], got.Code, got.Body)
		}
	}
	part := through(p, v, parts[2], func(r *http.Request) { r.Header.Set("Range", "bytes=4-8") })
	if part.Code != 206 || part.Body.String() != "bytes" || part.Header().Get("Content-Range") != "bytes 4-8/22" {
		t.Errorf("range: %d %q %v", part.Code, part.Body, part.Header())
	}
	if again := through(p, v, all[3], nil).Body.String(); again != media {
		t.Error("the same playlist twice has different links")
	}
	head := through(p, v, parts[2], func(r *http.Request) { r.Method = http.MethodHead })
	if head.Body.Len() != 0 || head.Header().Get("Content-Length") != "22" {
		t.Errorf("HEAD: %q %v", head.Body, head.Header())
	}
	for _, other := range []Visit{{Room: "other", Item: "item", Session: "session"}, {Room: "room", Item: "other", Session: "session"}, {Room: "room", Item: "item", Session: "other"}} {
		other.Base, other.URL = "/p", v.URL
		if got := through(p, other, parts[0], nil); got.Code != 599 || !strings.Contains(got.Body.String(), "link_expired") {
			t.Errorf("a link of another room, item or session: %d", got.Code)
		}
	}
	if _, err := p.seal.open(v, strings.Split(parts[0], "/")[2], time.Now().Add(2*linkLife+time.Second)); !errors.Is(err, ErrLink) {
		t.Errorf("an old link: %v", err)
	}
}

func TestDASHAddressesLeadThroughTheProxy(t *testing.T) {
	mpd := `<?xml version="1.0"?><!-- made --><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:xlink="http://www.w3.org/1999/xlink" type="static">
<Period><AdaptationSet><SegmentTemplate media="seg-$RepresentationID$-$Number%05d$.m4s?a=1&amp;b=2" initialization="/root/init-$RepresentationID$.mp4"/>
<Representation id="1"><BaseURL>video/</BaseURL><BaseURL>http://%s/other/</BaseURL></Representation>
<Representation id="2"><BaseURL>whole.mp4</BaseURL><SegmentBase indexRange="0-10"><Initialization range="0-5"/></SegmentBase></Representation>
</AdaptationSet></Period></MPD>`
	files := map[string]string{"/d/video/seg-1-00007.m4s?a=1&b=2": "seven", "/d/whole.mp4": "whole", "/root/init-1.mp4": "init"}
	s := origin(t, files)
	files["/d/x.mpd"] = strings.ReplaceAll(mpd, "%s", strings.TrimPrefix(s.URL, "http://"))
	p := newProxy(t, unlimited())
	v := visit(s.URL+"/d/x.mpd", DASH)
	text := through(p, v, "", nil).Body.String()
	if strings.Contains(text, s.URL) {
		t.Fatalf("an address is left:\n%s", text)
	}
	bases := regexp.MustCompile(`<BaseURL>([^<]*)</BaseURL>`).FindAllStringSubmatch(text, -1)
	if len(bases) != 4 {
		t.Fatalf("%d BaseURLs in\n%s", len(bases), text)
	}
	init := regexp.MustCompile(`initialization="([^"]*)"`).FindStringSubmatch(text)[1]
	for link, want := range map[string]string{
		bases[1][1] + "seg-1-00007.m4s?a=1&b=2":             "seven",
		bases[3][1]:                                         "whole",
		strings.ReplaceAll(init, "$RepresentationID$", "1"): "init",
		bases[0][1] + "whole.mp4":                           "whole",
	} {
		if got := through(p, v, link, nil); got.Body.String() != want {
			t.Errorf("%s: %d %q", link, got.Code, got.Body)
		}
	}
	for _, climb := range []string{"../x.mpd", "..%2fx.mpd", "a/../../x.mpd", "..\\x.mpd", "//127.0.0.1/x", ""} {
		if got := through(p, v, bases[1][1]+climb, nil); got.Code != 599 {
			t.Errorf("%q climbed out: %d", climb, got.Code)
		}
	}
	for _, bad := range []string{"", "no xml", "<a/>", `<!DOCTYPE x [<!ENTITY a "b">]><MPD/>`, "<MPD><Period></MPD>", strings.Repeat("<MPD>", 100)} {
		if _, err := p.rewriteDASH(v, &url.URL{Scheme: "http", Host: "x"}, []byte(bad)); !errors.Is(err, errList) {
			t.Errorf("%q was taken: %v", bad, err)
		}
	}
}

func TestUpstreamEndsWithItsViewer(t *testing.T) {
	gone := make(chan struct{})
	var once sync.Once
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil { // endless, like live FLV
			_, _ = w.Write(make([]byte, 1000))
			_ = http.NewResponseController(w).Flush()
			time.Sleep(time.Millisecond)
		}
		once.Do(func() { close(gone) })
	}))
	defer s.Close()
	p := newProxy(t, unlimited())
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = p.Serve(w, r, visit(s.URL+"/live.flv", File), "", "")
	}))
	defer front.Close()
	ctx, cancel := context.WithCancel(t.Context())
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, front.URL, nil)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(res.Body, make([]byte, 5000)); err != nil || res.Header.Get("Content-Type") != "video/x-flv" {
		t.Errorf("%v %v", err, res.Header)
	}
	cancel()
	_ = res.Body.Close()
	<-gone
	http.DefaultClient.CloseIdleConnections()
}

func TestTypesAreMediaOrNothing(t *testing.T) {
	for _, c := range [][3]string{
		{"video/mp4", "/x", "video/mp4"}, {"text/html", "/x.html", "application/octet-stream"}, {"text/html", "/x.ts", "video/mp2t"},
		{"image/svg+xml", "/x.svg", "application/octet-stream"}, {"application/javascript", "/x.js", "application/octet-stream"},
		{"text/vtt; charset=utf-8", "/x", "text/vtt; charset=utf-8"}, {"bad;;", "/a.webm?x=1", "video/webm"}, {"application/octet-stream", "/a.m4s", "video/iso.segment"},
	} {
		if got := contentType(c[0], "http://h"+c[1]); got != c[2] {
			t.Errorf("%v: %s", c, got)
		}
	}
}

func TestBudgets(t *testing.T) {
	s := origin(t, map[string]string{"/f": strings.Repeat("x", 300_000)})
	var most atomic.Int64
	most.Store(1 << 20)
	p := newProxy(t, NewBudgets(func() (room, person int64) { return 0, most.Load() }))
	v := visit(s.URL+"/f", File)
	codes := ""
	for range 6 {
		if w := through(p, v, "", nil); w.Code == 200 {
			codes += "."
		} else if strings.Contains(w.Body.String(), "proxy_budget") {
			codes += "x"
		}
	}
	other := v
	other.Person = "other"
	if w := through(p, other, "", nil); codes != "....xx" || w.Code != 200 {
		t.Errorf("%s, another person %d", codes, w.Code)
	}
	most.Store(0)
	if w := through(p, v, "", nil); w.Code != 200 {
		t.Errorf("the limit was lifted, and the answer is %d", w.Code)
	}
	// A lower one holds at once for whom there was a higher one, and what he used stays used.
	most.Store(200 << 10)
	if w := through(p, other, "", nil); !strings.Contains(w.Body.String(), "proxy_budget") {
		t.Errorf("the limit was lowered below what was used, and the answer is %d", w.Code)
	}
}

func unlimited() *Budgets { return NewBudgets(func() (room, person int64) { return 0, 0 }) }

func TestRanges(t *testing.T) {
	for _, c := range []struct {
		header string
		want   span
		bad    bool
	}{
		{"", span{0, 100, false}, false}, {"bytes=0-", span{0, 100, true}, false}, {"bytes=0-0", span{0, 1, true}, false},
		{"bytes=10-19", span{10, 20, true}, false}, {"bytes=90-200", span{90, 100, true}, false}, {"bytes=-10", span{90, 100, true}, false},
		{"bytes=-200", span{0, 100, true}, false}, {"bytes=100-", span{}, true}, {"bytes=-0", span{}, true}, {"bytes=5-4", span{0, 100, false}, false},
		{"bytes=0-1,5-6", span{0, 100, false}, false}, {"items=0-1", span{0, 100, false}, false}, {"bytes=+1-2", span{0, 100, false}, false},
		{"bytes=99999999999999999999-", span{0, 100, false}, false},
	} {
		got, err := parseRange(c.header, 100)
		if got != c.want || (err != nil) != c.bad {
			t.Errorf("%q: %+v %v", c.header, got, err)
		}
	}
}

func FuzzRange(f *testing.F) {
	f.Add("bytes=0-1", int64(5))
	f.Add("bytes=-9223372036854775807", int64(1))
	f.Fuzz(func(t *testing.T, header string, size int64) {
		if size < 0 {
			return
		}
		s, err := parseRange(header, size)
		if err == nil && (s.from < 0 || s.to > size || s.from > s.to || !s.part && (s.from != 0 || s.to != size) || s.part && s.from == s.to) {
			t.Errorf("%q of %d: %+v", header, size, s)
		}
	})
}

// FuzzManifests: no input breaks the rewriters, and no http address of the
// playlist itself comes out of them unsealed in a place that players load from.
func FuzzManifests(f *testing.F) {
	f.Add("#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXTINF:1,\nhttp://up.test/a.ts\n")
	f.Add("#EXTM3U\n#EXT-X-STREAM-INF:X=\"a\nURI=b\n../x?{$y}\n")
	f.Add(`<MPD><BaseURL>a/</BaseURL><Period><SegmentTemplate media="../$Number$" xlink:href="/x"/></Period></MPD>`)
	p := newProxy(f, unlimited())
	base := &url.URL{Scheme: "http", Host: "up.test", Path: "/dir/x"}
	v := visit(base.String(), HLS)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 20_000 {
			return
		}
		if out, err := p.rewriteHLS(v, base, []byte(text)); err == nil {
			for line := range strings.SplitSeq(string(out), "\n") {
				if u, err := url.Parse(strings.TrimSpace(line)); err == nil && !strings.HasPrefix(line, "#") && isHTTP(u) && len(line) < maxTarget {
					t.Errorf("unsealed: %q", line)
				}
			}
		}
		if out, err := p.rewriteDASH(v, base, []byte(text)); err == nil && !bytes.Contains(out, []byte("BaseURL")) {
			t.Errorf("no BaseURL in %q", out)
		}
	})
}

func BenchmarkPassThrough(b *testing.B) {
	p := newProxy(b, unlimited())
	body := make([]byte, 16<<20)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		p.pump(b.Context(), httptest.NewRecorder(), bytes.NewReader(body), Visit{})
	}
}
