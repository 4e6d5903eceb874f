//go:build unix && cluster

package cluster

import (
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// calm is how long everything runs undisturbed between two faults.
const calm = 2 * time.Second

// A script of faults under load. Each line of the log is what members saw.
func TestFaults(t *testing.T) {
	r := newRig(t, 3)
	c := r.gather(number("ROOMS", 6), number("MEMBERS", 5), 500*time.Millisecond)
	fault := func(name string, lasts time.Duration, hurt, heal func()) {
		t.Helper()
		c.reset()
		hurt()
		<-time.After(lasts)
		heal()
		back := c.await("everybody is back after: "+name, 40*time.Second, c.allOpen)
		<-time.After(calm)
		interrupted, longest, refused := c.account()
		t.Logf("%-42s %3d pages interrupted, longest %6.2f s; %3d commands refused; all open %.2f s after the end of it",
			name, interrupted, longest.Seconds(), refused, back.Seconds())
	}
	a, b, z := r.replicas[0], r.replicas[1], r.replicas[2]
	fault("a replica is killed", 5*time.Second, b.kill, func() { b.start(t) })
	fault("a replica stops for 30 s", 30*time.Second, func() { z.signal(syscall.SIGSTOP) }, func() { z.signal(syscall.SIGCONT) })
	fault("a replica is cut off Redis for 10 s", 10*time.Second, func() { a.redis.set(true) }, func() { a.redis.set(false) })
	fault("a replica is cut off PostgreSQL for 10 s", 10*time.Second, func() { a.postgres.set(true) }, func() { a.postgres.set(false) })
	fault("Redis restarts without its data", time.Second, func() { r.redis.Restart(t) }, func() {})
	fault("Redis stops for 10 s", 10*time.Second, r.redis.Freeze, r.redis.Thaw)
	fault("rolling restart of all three", 0, func() {
		for _, p := range r.replicas {
			p.signal(syscall.SIGTERM)
			<-p.ended
			p.start(t)
		}
	}, func() {})
	c.finish()
}

// number is a size from the environment.
func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}
