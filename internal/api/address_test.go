package api

import (
	"net/http"
	"net/netip"
	"testing"
)

func TestClientAddress(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for name, c := range map[string]struct {
		remote    string
		forwarded []string
		trusted   []netip.Prefix
		want      string
	}{
		"direct":                        {"198.51.100.7:1234", nil, proxies, "198.51.100.7"},
		"IPv6":                          {"[2001:db8::7%eth0]:1234", nil, proxies, "2001:db8::7"},
		"IPv4 in IPv6":                  {"[::ffff:198.51.100.7]:1", nil, nil, "198.51.100.7"},
		"no proxy is trusted":           {"10.0.0.1:1", []string{"203.0.113.9"}, nil, "10.0.0.1"},
		"not from a proxy":              {"198.51.100.7:1", []string{"203.0.113.9"}, proxies, "198.51.100.7"},
		"one proxy":                     {"10.0.0.1:1", []string{"203.0.113.9"}, proxies, "203.0.113.9"},
		"client wrote the header":       {"10.0.0.1:1", []string{"1.1.1.1, 203.0.113.9"}, proxies, "203.0.113.9"},
		"client claims to be a proxy":   {"10.0.0.1:1", []string{"1.1.1.1, 10.9.9.9, 203.0.113.9"}, proxies, "203.0.113.9"},
		"two proxies":                   {"10.0.0.1:1", []string{"203.0.113.9,10.0.0.2"}, proxies, "203.0.113.9"},
		"two headers":                   {"10.0.0.1:1", []string{"1.1.1.1", "203.0.113.9"}, proxies, "203.0.113.9"},
		"with a port":                   {"[fd00::1]:1", []string{"203.0.113.9:5555"}, proxies, "203.0.113.9"},
		"IPv6 in brackets":              {"10.0.0.1:1", []string{"[2001:db8::9]"}, proxies, "2001:db8::9"},
		"garbage ends the walk":         {"10.0.0.1:1", []string{"203.0.113.9, unknown"}, proxies, "10.0.0.1"},
		"nobody but proxies":            {"10.0.0.1:1", []string{"10.0.0.3, 10.0.0.2"}, proxies, "10.0.0.3"},
		"a proxy without a header":      {"10.0.0.1:1", nil, proxies, "10.0.0.1"},
		"an address that cannot be one": {"@", []string{"203.0.113.9"}, proxies, "invalid IP"},
	} {
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{"X-Forwarded-For": c.forwarded}}
		if got := clientAddress(r, c.trusted).String(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestLimitKey(t *testing.T) {
	for address, want := range map[string]string{
		"198.51.100.7": "198.51.100.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "::1": "::/64",
	} {
		if got := limitKey(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
	if got := limitKey(netip.Addr{}); got != "" {
		t.Errorf("nothing: %q", got)
	}
}
