//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// megabytes of a film, as fast as the line lets it.
const film = 12 << 20

// congestion prints how fast a film goes to somebody far away, by loss and by
// congestion control.
func congestion(runs int) error {
	known, err := os.ReadFile("/proc/sys/net/ipv4/tcp_available_congestion_control")
	if err != nil {
		return err
	}
	names := strings.Fields(string(known))
	fmt.Println("One film of 12 MB over 40 Mbit/s, 80 ms there and back, a queue of 100 ms: Mbit/s, by congestion control")
	fmt.Println()
	fmt.Println("| lost | " + strings.Join(names, " | ") + " |")
	fmt.Println("|---|" + strings.Repeat("---|", len(names)))
	for _, loss := range []float64{0, 0.001, 0.01} {
		fmt.Printf("| %.1f %% |", 100*loss)
		for _, name := range names {
			v, err := median(runs, func() (v float64, err error) {
				l := line{delay: 40 * time.Millisecond, loss: loss, rate: 40e6 / 8, queue: 100 * time.Millisecond}
				err = on(l, func(s *street) (err error) { v, err = send(s, name); return err })
				return v, err
			})
			if err != nil {
				return err
			}
			fmt.Printf(" %.1f |", v)
		}
		fmt.Println()
	}
	fmt.Println()
	return nil
}

// send is the Mbit/s at which a film arrives.
func send(s *street, control string) (float64, error) {
	server, client, err := s.connect(func(fd int) error {
		return syscall.SetsockoptString(fd, syscall.IPPROTO_TCP, syscall.TCP_CONGESTION, control)
	})
	if err != nil {
		return 0, err
	}
	defer func() { _, _ = server.Close(), client.Close() }()
	began := time.Now()
	deadline := began.Add(2 * time.Minute)
	_, _ = server.SetDeadline(deadline), client.SetDeadline(deadline)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { _, _ = server.Write(make([]byte, film)) })
	if _, err := io.CopyN(io.Discard, client, film); err != nil {
		return 0, err
	}
	return film * 8 / 1e6 / time.Since(began).Seconds(), nil
}

// nagle prints how late small messages arrive that are written one after the
// other, as events of a room are: with TCP_NODELAY (Go's default) and without.
func nagle(runs int) error {
	fmt.Println("Pairs of messages of 200 bytes, 2 ms apart, over 80 ms there and back: ms from the second's write to its arrival, median")
	fmt.Println()
	for _, noDelay := range []bool{true, false} {
		v, err := median(runs, func() (v float64, err error) {
			err = on(line{delay: 40 * time.Millisecond, rate: 40e6 / 8, queue: time.Second}, func(s *street) (err error) {
				v, err = pairs(s, noDelay)
				return err
			})
			return v, err
		})
		if err != nil {
			return err
		}
		fmt.Printf("- TCP_NODELAY %v: %.1f\n", noDelay, v)
	}
	fmt.Println()
	return nil
}

func pairs(s *street, noDelay bool) (float64, error) {
	server, client, err := s.connect(func(int) error { return nil })
	if err != nil {
		return 0, err
	}
	defer func() { _, _ = server.Close(), client.Close() }()
	deadline := time.Now().Add(time.Minute)
	_, _ = server.SetDeadline(deadline), client.SetDeadline(deadline)
	if err := server.(*net.TCPConn).SetNoDelay(noDelay); err != nil {
		return 0, err
	}
	message := make([]byte, 200)
	var late []float64
	for range 20 {
		if _, err := server.Write(message); err != nil {
			return 0, err
		}
		time.Sleep(2 * time.Millisecond)
		written := time.Now()
		if _, err := server.Write(message); err != nil {
			return 0, err
		}
		if _, err := io.CopyN(io.Discard, client, int64(2*len(message))); err != nil {
			return 0, err
		}
		late = append(late, ms(time.Since(written)))
		time.Sleep(200 * time.Millisecond) // until everything is acknowledged
	}
	slices.Sort(late)
	return late[len(late)/2], nil
}

// storm is how many come at once while the server is busy for so long.
const (
	storm = 1000
	busy  = 300 * time.Millisecond
)

// backlog prints how long the slowest of many waits for its connection, by how
// many may wait to be accepted.
func backlog(runs int) error {
	fmt.Printf("%d people connect at once to a server that accepts nobody for %v, 10 ms there and back: ms until the slowest is connected\n\n", storm, busy)
	for _, most := range []int{128, 511, 4096} {
		v, err := median(runs, func() (v float64, err error) {
			err = on(line{delay: 5 * time.Millisecond, rate: 1e9 / 8, queue: time.Second}, func(s *street) (err error) {
				v, err = rush(s, most)
				return err
			})
			return v, err
		})
		if err != nil {
			return err
		}
		fmt.Printf("- %d may wait: %.0f\n", most, v)
	}
	return nil
}

// rush is how long the slowest waits for the answer to its first byte: a
// connection that the server has no room for looks open to the one who called.
func rush(s *street, most int) (slowest float64, err error) {
	var ln net.Listener
	err = s.at(0, func() (err error) { ln, err = net.Listen("tcp", address(0)+":80"); return err })
	if err != nil {
		return 0, err
	}
	if err := withFD(ln.(*net.TCPListener), func(fd int) error { return syscall.Listen(fd, most) }); err != nil {
		return 0, err
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer func() { _ = ln.Close() }()
	wg.Go(func() { greet(ln) })
	err = s.at(1, func() (err error) { slowest, err = callAll(ln.Addr().(*net.TCPAddr)); return err })
	return slowest, err
}

// greet accepts after a while, and answers everybody.
func greet(ln net.Listener) {
	time.Sleep(busy)
	var in []net.Conn
	for {
		c, err := ln.Accept()
		if err != nil {
			break
		}
		_, _ = c.Write([]byte{1})
		in = append(in, c)
	}
	for _, c := range in {
		_ = c.Close()
	}
}

// callAll opens all connections from this thread's namespace.
func callAll(to *net.TCPAddr) (slowest float64, err error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return 0, err
	}
	defer func() { _ = syscall.Close(epoll) }()
	addr := &syscall.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())}
	began := time.Now()
	for range storm {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			return 0, err
		}
		defer func() { _ = syscall.Close(fd) }()
		if err := syscall.Connect(fd, addr); err != nil && !errors.Is(err, syscall.EINPROGRESS) {
			return 0, err
		}
		if err := await(epoll, syscall.EPOLL_CTL_ADD, fd, syscall.EPOLLOUT); err != nil {
			return 0, err
		}
	}
	got := make([]syscall.EpollEvent, 256)
	for greeted := 0; greeted < storm; {
		if time.Since(began) > time.Minute {
			return 0, fmt.Errorf("%d of %d were not served within a minute", storm-greeted, storm)
		}
		n, err := syscall.EpollWait(epoll, got, 1000)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return 0, err
		}
		for _, e := range got[:max(n, 0)] {
			if e.Events&syscall.EPOLLIN != 0 {
				greeted++
				continue
			}
			_, _ = syscall.Write(int(e.Fd), []byte{1})
			if err := await(epoll, syscall.EPOLL_CTL_MOD, int(e.Fd), syscall.EPOLLIN); err != nil {
				return 0, err
			}
		}
	}
	return ms(time.Since(began)), nil
}

// await has epoll say once when fd can be written to or read.
func await(epoll, op, fd int, what uint32) error {
	e := syscall.EpollEvent{Events: what | syscall.EPOLLONESHOT, Fd: int32(fd)} //nolint:gosec // small
	return syscall.EpollCtl(epoll, op, fd, &e)
}
