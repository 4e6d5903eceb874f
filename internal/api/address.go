package api

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientAddress is where a request really comes from. Behind proxies that the
// operator named, X-Forwarded-For is walked from the right, where each proxy
// adds whom it heard: the first address that is not a named proxy is the
// client. What stands further left anybody can have written. An entry that is
// no address ends the walk at the proxy that passed it on. The zero Addr means
// that it is not known.
func clientAddress(r *http.Request, trusted []netip.Prefix) netip.Addr {
	at := parseAddress(r.RemoteAddr)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !isTrusted(at, trusted) {
			return at
		}
		next := parseAddress(strings.TrimSpace(hop))
		if !next.IsValid() {
			return at
		}
		at = next
	}
	return at
}

func isTrusted(a netip.Addr, trusted []netip.Prefix) bool {
	return a.IsValid() && slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(a) })
}

// parseAddress reads an address with or without a port. IPv4 in IPv6 is IPv4,
// zones are dropped.
func parseAddress(s string) netip.Addr {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone("")
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

// limitKey is an address as limits count it: IPv4 whole, IPv6 by its /64,
// because one line has all of that. Empty when it is not known.
func limitKey(a netip.Addr) string {
	switch {
	case !a.IsValid():
		return ""
	case a.Is4():
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return ""
	}
	return p.String()
}
