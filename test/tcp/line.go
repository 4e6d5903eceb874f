//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// line is how packets go from one namespace to the other, each way.
type line struct {
	delay time.Duration
	loss  float64 // of all packets
	rate  float64 // bytes a second
	queue time.Duration
}

// street is two namespaces, each with one end of a line.
type street struct {
	ends   [2]*os.File // what the kernel sends into the line, and takes from it
	houses [2]chan func()
	wg     sync.WaitGroup // houses and the four goroutines of the line
}

// address of one of the two; the first is the server's.
func address(i int) string { return fmt.Sprintf("10.77.0.%d", i+1) }

func build(l line) (*street, error) {
	s := &street{}
	for i := range s.houses {
		s.houses[i] = make(chan func())
		s.wg.Go(func() { house(s.houses[i]) })
	}
	for i := range s.ends {
		if err := s.at(i, func() (err error) { s.ends[i], err = tunnel(address(i)); return err }); err != nil {
			s.close()
			return nil, err
		}
	}
	s.carry(l, s.ends[0], s.ends[1])
	s.carry(l, s.ends[1], s.ends[0])
	return s, nil
}

func (s *street) close() {
	for _, h := range s.houses {
		close(h)
	}
	for _, end := range s.ends {
		if end != nil {
			_ = end.Close()
		}
	}
	s.wg.Wait()
}

// house is a thread in a namespace of its own. Its thread is not used again:
// the goroutine ends locked to it.
func house(work chan func()) {
	runtime.LockOSThread()
	for do := range work {
		do()
	}
}

// at does something in one of the namespaces. Sockets stay where they were made.
func (s *street) at(i int, do func() error) error {
	done := make(chan error, 1)
	s.houses[i] <- func() { done <- do() }
	return <-done
}

// tunnel moves the calling thread into a new namespace that reaches the world
// by a tunnel only, and returns the tunnel's other end.
func tunnel(address string) (*os.File, error) {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return nil, fmt.Errorf("a network namespace (needs root): %w", err)
	}
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open the tunnel: %w", err)
	}
	ask, err := unix.NewIfreq("line")
	if err != nil {
		return nil, err
	}
	ask.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, ask); err != nil {
		return nil, fmt.Errorf("make the tunnel: %w", err)
	}
	for _, args := range [][]string{{"addr", "add", address + "/24", "dev", "line"}, {"link", "set", "line", "up", "txqueuelen", "2000"}} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil { //nolint:gosec,noctx // ends at once
			return nil, fmt.Errorf("ip: %w: %s", err, out)
		}
	}
	return os.NewFile(uintptr(fd), "line"), nil
}

type packet struct {
	bytes []byte
	when  time.Time
}

// carry takes packets from one end to the other until the ends are closed. One
// that would wait longer than the queue is lost, as in a router.
func (s *street) carry(l line, from io.Reader, to io.Writer) {
	way := make(chan packet, 1<<14)
	s.wg.Go(func() {
		defer close(way)
		dice := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same losses in each run are wanted
		for free := time.Now(); ; {
			b := make([]byte, 1600)
			n, err := from.Read(b)
			if err != nil {
				return
			}
			now := time.Now()
			if free.Before(now) {
				free = now
			}
			if dice.Float64() < l.loss || free.Sub(now) > l.queue {
				continue
			}
			free = free.Add(time.Duration(float64(n) / l.rate * float64(time.Second)))
			select {
			case way <- packet{b[:n], free.Add(l.delay)}:
			default: // more than the line can hold
			}
		}
	})
	s.wg.Go(func() {
		for p := range way {
			time.Sleep(time.Until(p.when))
			_, _ = to.Write(p.bytes) // an end that is closed takes nothing
		}
	})
}

// connect opens a connection between the two, the listener's options set first.
func (s *street) connect(prepare func(fd int) error) (server, client net.Conn, err error) {
	var ln net.Listener
	err = s.at(0, func() (err error) { ln, err = net.Listen("tcp", address(0)+":80"); return err })
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = ln.Close() }()
	if err := withFD(ln.(*net.TCPListener), prepare); err != nil {
		return nil, nil, err
	}
	caller := net.Dialer{Timeout: 10 * time.Second}
	err = s.at(1, func() (err error) {
		client, err = caller.DialContext(context.Background(), "tcp", ln.Addr().String())
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	server, err = ln.Accept()
	return server, client, err
}

func withFD(c *net.TCPListener, do func(fd int) error) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = do(int(fd)) }); err != nil {
		return err
	}
	return inner
}
