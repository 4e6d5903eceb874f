package main

import (
	"net"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// control is the congestion control of a connection's socket.
func control(t *testing.T, c net.Conn) (name string) {
	t.Helper()
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if ctl := raw.Control(func(fd uintptr) { name, err = unix.GetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION) }); ctl != nil || err != nil {
		t.Fatal(ctl, err)
	}
	return strings.TrimRight(name, "\x00")
}

func TestConnectionsUseTheChosenCongestionControl(t *testing.T) {
	b, err := os.ReadFile("/proc/sys/net/ipv4/tcp_allowed_congestion_control")
	if err != nil {
		t.Skip("this kernel names no congestion control:", err)
	}
	// Each that may be chosen: at least one of several is not the system's.
	for _, name := range strings.Fields(string(b)) {
		ln, err := listenHTTP("127.0.0.1:0", "", "", name)
		if err != nil {
			t.Fatal(err)
		}
		client, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		server, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if got := control(t, server); got != name {
			t.Errorf("accepted connection uses %q, want %q", got, name)
		}
		for _, c := range []interface{ Close() error }{server, client, ln} {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := listenHTTP("127.0.0.1:0", "", "", "nonsense"); err == nil || !strings.Contains(err.Error(), `"nonsense"`) {
		t.Errorf("a control that does not exist: %v", err)
	}
}
