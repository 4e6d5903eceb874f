package main

import (
	"fmt"
	"syscall"
)

// withCongestion has a port's connections use a congestion control by name:
// those that are accepted take it from the port. Empty: the system's.
func withCongestion(name string) func(network, address string, c syscall.RawConn) error {
	if name == "" {
		return nil
	}
	return func(_, _ string, c syscall.RawConn) error {
		var refused error
		if err := c.Control(func(fd uintptr) {
			refused = syscall.SetsockoptString(int(fd), syscall.IPPROTO_TCP, syscall.TCP_CONGESTION, name)
		}); err != nil {
			return err
		}
		if refused != nil {
			return fmt.Errorf("tcp-congestion: this system does not let the program use %q (see net.ipv4.tcp_allowed_congestion_control): %w", name, refused)
		}
		return nil
	}
}
