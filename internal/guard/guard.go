// Package guard is how this server fetches what people give it addresses of:
// one client for every outbound request of a user's making. Each address a name
// resolves to is checked at the moment it is dialled, on every redirect again,
// so that neither a name that changes its answer nor a redirect leads into the
// operator's own network. It sends no cookies, follows no environment proxy and
// has a limit for everything that could last or grow. It knows nothing of rooms
// or media.
package guard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"code.dny.dev/ssrf"
)

// Places are networks and host names. A name stands for itself; ".lan" for lan
// and everything below it.
type Places struct {
	Networks []netip.Prefix
	Hosts    []string
}

// PortRange is the ports From to To, both included.
type PortRange struct{ From, To uint16 }

// Policy is what an operator sets. Its zero value lets through what is on the
// public internet, on any port of DefaultPorts.
type Policy struct {
	Allow Places       // may be fetched from on any port, even if special; by name: whatever the name resolves to
	Deny  Places       // never; goes before Allow
	Ports []PortRange  // else DefaultPorts
	DNS   string       // host:port of a resolver; empty: the system's
	Log   *slog.Logger // hears of every request at DEBUG; nil: nobody does
}

// DefaultPorts are where media servers are found: the web's own and everything
// that needs no privilege to listen on.
func DefaultPorts() []PortRange { return []PortRange{{80, 80}, {443, 443}, {1024, 65535}} }

// Limits of every fetch. docs/PROXY.md lists them for operators.
const (
	dialTimeout   = 10 * time.Second // all addresses of a name together
	tlsTimeout    = 10 * time.Second
	headerTimeout = 15 * time.Second // from the request's end to the answer's header
	idleTimeout   = 30 * time.Second // between two pieces of a body
	maxHeader     = 64 << 10         // bytes of an answer's header
	maxRedirects  = 5

	maxRunning   = 512 // requests to all hosts, until their bodies are closed
	maxPerHost   = 64
	maxWaiting   = 256
	longestWait  = 10 * time.Second
	retryBudget  = 20 // retries at once; each success earns a tenth of one
	retryTries   = 3
	retryFirst   = 200 * time.Millisecond
	retryLongest = 5 * time.Second
	retryTime    = 20 * time.Second // for all tries of one request
)

// userAgent is how the server introduces itself.
const userAgent = "SyncTV"

// Client fetches. It is safe for concurrent use.
type Client struct {
	policy                                       Policy
	guardian                                     *ssrf.Guardian
	resolver                                     *net.Resolver
	pool                                         *http.Transport
	http                                         *http.Client
	limits                                       *Limiter
	breakers                                     *hosts
	retry                                        Retry
	asked, failed, refusedCount, retried, broken atomic.Int64
}

// Stats is what the client did since the start.
type Stats struct {
	Requests, Failures, Refused, Retries int64
	Broken                               int64 // refused because the host keeps failing
	Opened                               int64 // times that a breaker opened
	OpenHosts, ProbedHosts               int   // hosts whose breaker is not closed right now
	Limits                               LimiterStats
}

// Stats is a snapshot.
func (c *Client) Stats() Stats {
	open, probed := c.breakers.count()
	return Stats{
		Requests: c.asked.Load(), Failures: c.failed.Load(), Refused: c.refusedCount.Load(), Retries: c.retried.Load(),
		Broken: c.broken.Load(), Opened: c.breakers.opened.Load(), OpenHosts: open, ProbedHosts: probed, Limits: c.limits.Stats(),
	}
}

// NewClient makes the client; it opens nothing.
func NewClient(p Policy) *Client {
	if len(p.Ports) == 0 {
		p.Ports = DefaultPorts()
	}
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	// Ports, allowed and denied places are ours to check: they depend on the name.
	c := &Client{
		policy: p, guardian: ssrf.New(ssrf.WithAnyPort()), resolver: resolver(p.DNS),
		limits: NewLimiter(maxRunning, maxPerHost, maxWaiting, longestWait), breakers: &hosts{byID: map[string]*Breaker{}},
		retry: Retry{Tries: retryTries, First: retryFirst, Longest: retryLongest, Deadline: retryTime, Budget: NewBudget(retryBudget)},
	}
	c.pool = &http.Transport{
		Proxy:                  nil, // a proxy would do the dialling, unchecked
		DialContext:            c.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    tlsTimeout,
		ResponseHeaderTimeout:  headerTimeout,
		MaxResponseHeaderBytes: maxHeader,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    16,
		DisableCompression:     true, // ranges count the bytes as they are stored
	}
	c.http = &http.Client{Transport: checked{c}, CheckRedirect: follow}
	return c
}

// resolver asks one server instead of the system's.
func resolver(server string) *net.Resolver {
	if server == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, network, server)
	}}
}

// HTTP is the client for libraries that want one. Its errors name the address
// with its query; show and log those of Do.
func (c *Client) HTTP() *http.Client { return c.http }

// Close closes connections that are idle.
func (c *Client) Close() { c.pool.CloseIdleConnections() }

// Do sends one request and follows its redirects; GET and HEAD are tried again
// while that may help. The caller closes the body, whose reads end with
// ErrTimeout when nothing comes for 30 s. Errors are problems and do not repeat
// the address, which may hold secrets; a status is not an error.
func (c *Client) Do(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodGet && req.Method != http.MethodHead || req.Body != nil {
		return c.once(req)
	}
	var res *http.Response
	first := true
	err := c.retry.Do(req.Context(), func(ctx context.Context) (err error) {
		if !first {
			c.retried.Add(1)
		}
		first = false
		if res != nil {
			_ = res.Body.Close()
		}
		res, err = c.once(req.Clone(ctx)) //nolint:bodyclose // closed above before another try, else the caller's
		if err == nil && temporaryStatus(res.StatusCode) {
			return StatusError{res.StatusCode}
		}
		return err
	})
	if _, ok := errors.AsType[StatusError](err); ok {
		return res, nil // the last answer, such as it is
	}
	return res, err
}

func (c *Client) once(req *http.Request) (*http.Response, error) {
	res, err := c.http.Do(req)
	if err != nil {
		return nil, classify(err)
	}
	return res, nil
}

func follow(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return ErrFailed.Because(fmt.Errorf("more than %d redirects", maxRedirects))
	}
	// An address in a Referer made by us would hand its secrets to the next host.
	if via[0].Header.Get("Referer") == "" {
		req.Header.Del("Referer")
	}
	return nil
}

// checked looks at each request, the redirected ones too, before it is sent.
type checked struct{ c *Client }

func (t checked) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := t.c.Check(req.URL); err != nil {
		t.c.refusedCount.Add(1)
		return nil, err
	}
	t.c.asked.Add(1)
	done, ok := t.c.breakers.of(req.URL.Host).Allow()
	if !ok {
		t.c.broken.Add(1)
		t.c.policy.Log.DebugContext(req.Context(), "a host keeps failing and is left alone", "host", req.URL.Host)
		return nil, ErrFailing
	}
	release, err := t.c.limits.Acquire(req.Context(), req.URL.Host, 1)
	if err != nil {
		done(Ignored)
		return nil, err
	}
	res, err := t.send(req, release)
	if err != nil {
		release()
		t.c.policy.Log.DebugContext(req.Context(), "another server did not answer", "host", req.URL.Host, "error", err)
	} else {
		t.c.policy.Log.DebugContext(req.Context(), "another server answered", "host", req.URL.Host, "status", res.StatusCode)
	}
	done(t.c.judge(req.Context(), res, err))
	return res, err
}

// send gives the slot back when the body is closed.
func (t checked) send(req *http.Request, release func()) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	req = req.Clone(ctx)
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", userAgent)
	}
	req.Header.Set("Accept-Encoding", "identity")
	res, err := t.c.pool.RoundTrip(req)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	res.Body = newIdleBody(res.Body, func(cause error) { cancel(cause); release() })
	return res, nil
}

// judge says what a result tells about the host.
func (c *Client) judge(ctx context.Context, res *http.Response, err error) Outcome {
	switch {
	case err == nil && res.StatusCode < http.StatusInternalServerError:
		return Success
	case errors.Is(err, ErrRefused):
		c.refusedCount.Add(1)
		return Ignored
	case ctx.Err() != nil:
		return Ignored
	}
	c.failed.Add(1)
	return Failure
}

// Check tells from the address alone whether it is refused, so that one can say
// so before anything is stored. What passes is still checked when it is dialled.
func (c *Client) Check(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return refused("scheme %q", u.Scheme)
	case u.User != nil:
		return refused("a name or password in the address")
	case u.Host == "" || u.Opaque != "":
		return refused("no host")
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return c.checkName(u.Hostname(), port)
}

// checkName is what can be said before a name is resolved.
func (c *Client) checkName(host, port string) error {
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return refused("port %q", port)
	}
	if c.policy.Deny.host(host) {
		return refused("host on the deny list")
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return c.checkAddress(host, netip.AddrPortFrom(a, uint16(n)))
	}
	return nil
}

// checkAddress decides on one resolved address of a host.
func (c *Client) checkAddress(host string, at netip.AddrPort) error {
	ip := at.Addr().Unmap()
	if c.policy.Deny.address(ip) {
		return refused("address on the deny list")
	}
	if c.policy.Allow.host(host) || c.policy.Allow.address(ip) {
		return nil
	}
	if !slices.ContainsFunc(c.policy.Ports, func(r PortRange) bool { return r.From <= at.Port() && at.Port() <= r.To }) {
		return refused("port %d", at.Port())
	}
	if err := c.guardian.SafeAddr(ip); err != nil {
		return ErrRefused.Because(err)
	}
	if ip == azureHost() {
		return refused("a cloud's metadata")
	}
	return notOurs(ip)
}

// azureHost serves metadata to every machine of that cloud although its
// address is a public one.
func azureHost() netip.Addr { return netip.AddrFrom4([4]byte{168, 63, 129, 16}) }

// notOurs refuses the public addresses of this machine: from itself it may be
// able to reach what its firewall hides from others.
func notOurs(ip netip.Addr) error {
	ours, err := net.InterfaceAddrs()
	if err != nil {
		return ErrRefused.Because(fmt.Errorf("this machine's addresses: %w", err))
	}
	for _, a := range ours {
		if n, ok := a.(*net.IPNet); ok {
			if own, ok := netip.AddrFromSlice(n.IP); ok && own.Unmap() == ip {
				return refused("an address of this machine")
			}
		}
	}
	return nil
}

func (p Places) host(name string) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return slices.ContainsFunc(p.Hosts, func(h string) bool {
		return name == strings.TrimPrefix(h, ".") || strings.HasPrefix(h, ".") && strings.HasSuffix(name, h)
	})
}

func (p Places) address(ip netip.Addr) bool {
	return slices.ContainsFunc(p.Networks, func(n netip.Prefix) bool { return n.Contains(ip) })
}

// hostPort splits what is dialled.
func hostPort(address string) (host, port string, err error) {
	host, port, err = net.SplitHostPort(address)
	if err == nil && host == "" {
		err = errors.New("no host")
	}
	return host, port, err
}
