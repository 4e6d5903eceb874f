package guard

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// DialContext connects over TCP for what is not HTTP, and for the client
// itself: every address that the name resolves to is checked right before it
// is connected to, so the answer that was checked is the one that is used.
func (c *Client) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := hostPort(address)
	if err != nil {
		return nil, ErrRefused.Because(err)
	}
	if err := c.checkName(host, port); err != nil {
		return nil, err
	}
	d := net.Dialer{
		Timeout: dialTimeout, KeepAlive: 30 * time.Second, Resolver: c.resolver,
		ControlContext: func(_ context.Context, network, address string, _ syscall.RawConn) error {
			if network != "tcp4" && network != "tcp6" {
				return refused("network %q", network)
			}
			at, err := netip.ParseAddrPort(address)
			if err != nil {
				return ErrRefused.Because(err)
			}
			return c.checkAddress(host, at)
		},
	}
	return d.DialContext(ctx, network, address)
}
