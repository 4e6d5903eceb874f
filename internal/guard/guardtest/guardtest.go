package guardtest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// The two ways to be allowed: by name, and by address.
const (
	AllowedHost    = "allowed.test"
	AllowedAddress = "127.0.0.77"
)

// World is the hostile internet of one test.
type World struct {
	DNS    string // host:port of its resolver
	Origin string // http://allowed.test:port, which may be fetched from; serves Files
	Trap   string // port on which the forbidden loopback addresses listen
	caught atomic.Int64
	zone   *zone
	mu     sync.Mutex
	leads  map[string]string // guarded by mu
	Files  *http.ServeMux    // what Origin serves besides redirects
}

// Lead serves a text and gives its address, a new one each time.
func (w *World) Lead(file, text string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	address := fmt.Sprintf("/lead/%d/%s", len(w.leads), file)
	w.leads[address] = text
	return w.Origin + address
}

func (w *World) lead(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, _ = io.WriteString(rw, w.leads[r.URL.Path])
}

// Target is one address that must be refused. Its URL ends in Path.
type Target struct{ Name, URL string }

// Start runs the world until the test ends.
func Start(t *testing.T) *World {
	t.Helper()
	w := &World{zone: &zone{turns: map[string][][]netip.Addr{}}, Files: http.NewServeMux(), leads: map[string]string{}}
	w.Files.HandleFunc("/redirect/{status}/{rest...}", w.redirect)
	w.Files.HandleFunc("/lead/{n}/{file}", w.lead)
	w.Names(AllowedHost, AllowedAddress)
	w.DNS = startDNS(t, w.zone)
	ln, err := net.Listen("tcp", AllowedAddress+":0")
	if err != nil {
		t.Skip("needs all of 127.0.0.0/8 on the loopback interface: " + err.Error())
	}
	origin := &httptest.Server{Listener: ln, Config: &http.Server{Handler: w.Files}}
	origin.Start()
	t.Cleanup(origin.Close)
	w.Origin = "http://" + net.JoinHostPort(AllowedHost, port(ln))
	w.trap(t)
	return w
}

func port(ln net.Listener) string {
	_, p, _ := net.SplitHostPort(ln.Addr().String())
	return p
}

// Names sets what a name resolves to, always.
func (w *World) Names(name string, addresses ...string) { w.Turns(name, addresses) }

// Turns sets what a name resolves to, first, second and so on.
func (w *World) Turns(name string, turns ...[]string) {
	w.zone.mu.Lock()
	defer w.zone.mu.Unlock()
	w.zone.turns[name] = nil
	for _, turn := range turns {
		var list []netip.Addr
		for _, a := range turn {
			list = append(list, netip.MustParseAddr(a))
		}
		w.zone.turns[name] = append(w.zone.turns[name], list)
	}
}

// Caught is how many connections reached a trap.
func (w *World) Caught() int64 { return w.caught.Load() }

// trap listens on every address of this machine, IPv6 too where there is any.
func (w *World) trap(t *testing.T) {
	t.Helper()
	ln, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	w.Trap = port(ln)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return // closed
			}
			w.caught.Add(1)
			_, _ = fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret")
			_ = conn.Close()
		}
	})
	t.Cleanup(func() { _ = ln.Close(); wg.Wait() })
}

// redirect sends to ?to=, and closes the connection so that the next request dials.
func (w *World) redirect(rw http.ResponseWriter, r *http.Request) {
	status := http.StatusFound
	_, _ = fmt.Sscan(r.PathValue("status"), &status)
	rw.Header().Set("Location", r.URL.Query().Get("to"))
	rw.Header().Set("Connection", "close")
	rw.WriteHeader(status)
}

// RedirectTo is an allowed address that redirects; its path ends in path.
func (w *World) RedirectTo(status int, path, to string) string {
	return fmt.Sprintf("%s/redirect/%d/%s?to=%s", w.Origin, status, strings.TrimPrefix(path, "/"), url.QueryEscape(to))
}

// Targets is every address that must be refused; path is what each ends in, so
// that an entry point takes it for what it fetches.
func (w *World) Targets(path string) []Target {
	var list []Target
	add := func(name, format string, args ...any) {
		list = append(list, Target{name, fmt.Sprintf(format, args...)})
	}
	for _, ip := range special4() {
		add("literal "+ip, "http://%s:%s%s", ip, w.Trap, path)
		name := "to-" + strings.ReplaceAll(ip, ".", "-") + ".test"
		w.Names(name, ip)
		add("name of "+ip, "http://%s:%s%s", name, w.Trap, path)
		add("redirect to "+ip, "%s", w.RedirectTo(http.StatusFound, path, "http://"+ip+":"+w.Trap+path))
	}
	for _, ip := range special6() {
		add("literal "+ip, "http://[%s]:%s%s", strings.ReplaceAll(ip, "%", "%25"), w.Trap, path)
	}
	for _, host := range notations() {
		add("notation "+host, "http://%s:%s%s", host, w.Trap, path)
	}
	w.Names("localhost", "127.0.0.1")
	w.Names("six-loop.test", "::1")
	w.Names("six-mapped.test", "::ffff:127.0.0.1")
	w.Names("six-private.test", "fd00:ec2::254")
	w.Names("both.test", "127.0.0.1", "10.0.0.1", "169.254.169.254")
	w.Names("metadata.google.internal", "169.254.169.254")
	for _, name := range []string{"localhost", "LOCALHOST", "localhost.", "six-loop.test", "six-mapped.test", "six-private.test", "both.test", "metadata.google.internal"} {
		add("name "+name, "http://%s:%s%s", name, w.Trap, path)
		add("https "+name, "https://%s:%s%s", name, w.Trap, path)
	}
	w.deceit(add, path)
	return list
}

// deceit is addresses that read differently than they lead.
func (w *World) deceit(add func(name, format string, args ...any), path string) {
	allowed := strings.TrimPrefix(w.Origin, "http://")
	for _, user := range []string{"user", "user:secret", allowed, "allowed.test", "a%40allowed.test", "%2F%2Fallowed.test", ""} {
		add("userinfo "+user+" before a trap", "http://%s@127.0.0.1:%s%s", user, w.Trap, path)
	}
	add("userinfo before what is allowed", "http://user:secret@%s%s", allowed, path)
	add("fragment hides the host", "http://127.0.0.1:%s#@%s%s", w.Trap, allowed, path)
	add("backslash", `http://127.0.0.1:%s\@%s%s`, w.Trap, allowed, path)
	add("allowed name as a prefix", "http://allowed.test.evil.test:%s%s", w.Trap, path)
	w.Names("allowed.test.evil.test", "127.0.0.1")
	w.Names("evil-allowed.test", "127.0.0.1")
	add("allowed name as a suffix", "http://evil-allowed.test:%s%s", w.Trap, path)
	for _, status := range []int{301, 302, 303, 307, 308} {
		add(fmt.Sprint("redirect by ", status), "%s", w.RedirectTo(status, path, "http://127.0.0.1:"+w.Trap+path))
	}
	for _, to := range []string{"file:///etc/passwd", "gopher://127.0.0.1:6379/_x", "ftp://127.0.0.1/x", "data:,x", "//127.0.0.1:" + w.Trap + path, "http://user@" + allowed + path} {
		add("redirect to "+to, "%s", w.RedirectTo(http.StatusFound, path, to))
	}
	twice := w.RedirectTo(http.StatusFound, path, w.RedirectTo(http.StatusMovedPermanently, path, "http://[::1]:"+w.Trap+path))
	add("redirect twice", "%s", twice)
	// The first answer is allowed by its address, the next, after a redirect to
	// the same name, is not.
	w.Turns("rebind.test", []string{AllowedAddress}, []string{"127.0.0.1"})
	again := fmt.Sprintf("http://rebind.test:%s%s", strings.TrimPrefix(allowed, AllowedHost+":"), path)
	add("name that changes its answer", "http://rebind.test:%s/redirect/302%s?to=%s", strings.TrimPrefix(allowed, AllowedHost+":"), path, url.QueryEscape(again))
	for _, scheme := range []string{"file:///etc/passwd", "ftp://203.0.113.7/x", "gopher://127.0.0.1:6379/_x", "unix:///run/x", "javascript:alert(1)", "//127.0.0.1/x", "http:///x", "http:127.0.0.1"} {
		add("scheme "+scheme, "%s", scheme)
	}
	for _, p := range []string{"22", "25", "0", "65536", "-1", "6a"} {
		add("port "+p, "http://1.1.1.1:%s%s", p, path)
	}
}

// special4 has one address of each range that is not the public internet.
func special4() []string {
	return []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
		"169.254.0.1", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1",
		"192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "192.175.48.1", "198.18.0.1", "198.19.255.255",
		"198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
	}
}

// special6 likewise, and IPv4 in IPv6's clothes.
func special6() []string {
	return []string{
		"::", "::1", "0:0:0:0:0:0:0:1", "0000::0001", "::ffff:127.0.0.1", "::ffff:7f00:1", "0:0:0:0:0:ffff:7f00:0001", "::ffff:10.0.0.1",
		"::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "::127.0.0.1", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::169.254.169.254", "64:ff9b:1::1",
		"100::1", "100:0:0:1::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1",
		"2002:7f00:1::", "2002:a9fe:a9fe::1", "2620:4f:8000::1", "3fff::1", "5f00::1", "fc00::1", "fd00::1", "fd00:ec2::254", "fe80::1",
		"fe80::1%lo", "febf::1", "fec0::1", "ff01::1", "ff02::1", "ff0e::1",
	}
}

// notations are forms of 127.0.0.1 and of a metadata address that some part
// between here and the kernel may understand.
func notations() []string {
	return []string{
		"2130706433", "0x7f000001", "0x7F.0.0.1", "0x7f.1", "017700000001", "0177.0.0.1", "0177.1", "127.1", "127.0.1", "127.0.0.1.",
		"00000177.0.0.01", "0x7f.0x0.0x0.0x1", "2852039166", "0xa9fea9fe", "025177524776", "0xa9.0xfe.0xa9.0xfe", "0", "0x0",
		"①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.0.0.1", "%31%32%37.0.0.1", "127.0.0.1%2e",
	}
}
