//go:build unix

package clustertest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Redis is a server of the test's own. Its data lives as long as it does.
type Redis struct {
	URL  string
	Addr string
	bin  string
	dir  string
	port int
	more []string // options
	out  bytes.Buffer
	cmd  *exec.Cmd
}

// StartRedis starts a server on a free loopback port for the rest of the test.
// It skips where Redis is not installed, and fails there in CI.
func StartRedis(t testing.TB) *Redis {
	t.Helper()
	return startRedis(t)
}

func startRedis(t testing.TB, options ...string) *Redis {
	t.Helper()
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is not installed, and this is CI")
		}
		t.Skip("redis-server is not installed (Debian: apt-get install redis-server)")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	r := &Redis{
		Addr: fmt.Sprintf("127.0.0.1:%d", port), URL: fmt.Sprintf("redis://127.0.0.1:%d", port),
		bin: bin, dir: t.TempDir(), port: port, more: options,
	}
	t.Cleanup(r.end)
	r.start(t)
	return r
}

func (r *Redis) start(t testing.TB) {
	t.Helper()
	r.cmd = exec.Command(r.bin, "--port", strconv.Itoa(r.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", r.dir)
	r.cmd.Args = append(r.cmd.Args, r.more...)
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.out
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		conn, err := net.DialTimeout("tcp", r.Addr, time.Second)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("redis-server did not start: %v", err)
		}
		<-time.After(10 * time.Millisecond)
	}
}

func (r *Redis) end() {
	r.Thaw() // a stopped process cannot end
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}

// Restart ends the server and starts it again on the same port, without data.
func (r *Redis) Restart(t testing.TB) {
	t.Helper()
	r.end()
	r.start(t)
}

// Freeze stops the server in its tracks (SIGSTOP), as a network that swallows
// everything would; Thaw lets it go on.
func (r *Redis) Freeze() { _ = r.cmd.Process.Signal(syscall.SIGSTOP) }

// Thaw ends a Freeze.
func (r *Redis) Thaw() { _ = r.cmd.Process.Signal(syscall.SIGCONT) }
