//go:build unix && cluster

package cluster

import (
	"testing"
	"time"
)

// Many members in many rooms, a third of them on a replica that is killed: how
// long until each is in its room again elsewhere, how far the clocks of the two
// replicas are apart there, which is what a film would be off by, and that those
// on the other replicas keep their sockets. Real films in real pages are in
// test/e2e/replicas.spec.ts. A page sees at once that its connection is gone.
func TestKill(t *testing.T) {
	r := newRig(t, 3)
	c := r.gather(number("ROOMS", 30), number("MEMBERS", 10), time.Duration(number("EVERY_MS", 10_000))*time.Millisecond)
	<-time.After(calm)
	c.reset()
	homes := c.homes()
	began := time.Now()
	r.replicas[1].kill()
	<-r.replicas[1].ended
	c.await("everybody is back", 30*time.Second, func() bool {
		interrupted, _, _ := c.account()
		return interrupted >= len(c.members)/4 && c.allOpen()
	})
	all := time.Since(began)
	<-time.After(calm)
	interrupted, longest, refused := c.account()
	stepped, strangers := time.Duration(0), 0
	for i, m := range c.members {
		m.mu.Lock()
		stepped = max(stepped, m.stepped)
		if m.breaks > 0 && homes[i] != 1 {
			strangers++
		}
		m.mu.Unlock()
	}
	t.Logf("%d of %d members in %d rooms were interrupted: longest %v, all back after %v, %d commands refused; the server's time stepped by %v at most (the network's share included)",
		interrupted, len(c.members), len(c.rooms), longest, all, refused, stepped)
	if longest > 5*time.Second || stepped > 250*time.Millisecond {
		t.Error("too long, or too far off")
	}
	if strangers > 0 {
		t.Errorf("%d members on other replicas were interrupted", strangers)
	}
	r.replicas[1].start(t)
	c.finish()
}

// homes are the replicas that members' sockets are on.
func (c *cast) homes() []int {
	homes := make([]int, len(c.members))
	for i, m := range c.members {
		m.mu.Lock()
		homes[i] = m.on
		m.mu.Unlock()
	}
	return homes
}
