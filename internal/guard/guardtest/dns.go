// Package guardtest is a small hostile internet for tests: a resolver, an
// origin that redirects, traps that count who gets through, and the list of
// addresses that no part of the server may fetch from.
package guardtest

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// zone answers names. A name with several turns changes its answer each time.
type zone struct {
	mu    sync.Mutex
	turns map[string][][]netip.Addr // guarded by mu; the last turn stays
}

// next gives the addresses of a name, this time.
func (z *zone) next(name string) []netip.Addr {
	z.mu.Lock()
	defer z.mu.Unlock()
	turns := z.turns[name]
	if len(turns) == 0 {
		return numeric(name)
	}
	if len(turns) > 1 {
		z.turns[name] = turns[1:]
	}
	return turns[0]
}

// numeric reads what C libraries take for an IPv4 address: 127.1, 0x7f000001,
// 017700000001. A resolver that answers such names is the worst case.
func numeric(name string) []netip.Addr {
	parts := strings.Split(name, ".")
	var value uint64
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 0, 32)
		last := i == len(parts)-1
		if err != nil || len(parts) > 4 || !last && n > 255 {
			return nil
		}
		if last {
			value = value<<(8*(4-i)) | n
			break
		}
		value = value<<8 | n
	}
	return []netip.Addr{netip.AddrFrom4([4]byte{byte(value >> 24), byte(value >> 16), byte(value >> 8), byte(value)})}
}

// startDNS answers over UDP until the test ends, and gives its address.
func startDNS(t *testing.T, z *zone) string {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFromUDP(buf)
			if err != nil {
				return // closed
			}
			if reply, ok := z.answer(buf[:n]); ok {
				_, _ = conn.WriteToUDP(reply, from) // the client asks again
			}
		}
	})
	t.Cleanup(func() { _ = conn.Close(); wg.Wait() })
	return conn.LocalAddr().String()
}

func (z *zone) answer(query []byte) ([]byte, bool) {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil, false
	}
	q := m.Questions[0]
	m.Response, m.RecursionAvailable = true, true
	m.Answers, m.Additionals = nil, nil
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	// The question for the other family must not take a turn.
	if q.Type == dnsmessage.TypeA || strings.Contains(name, "six") && q.Type == dnsmessage.TypeAAAA {
		for _, ip := range z.next(name) {
			head := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET}
			if ip.Is4() && q.Type == dnsmessage.TypeA {
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: ip.As4()}})
			}
			if ip.Is6() && q.Type == dnsmessage.TypeAAAA {
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: ip.As16()}})
			}
		}
	}
	raw, err := m.Pack()
	return raw, err == nil
}
