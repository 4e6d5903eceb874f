//go:build unix && cluster

package cluster

import (
	"testing"
	"time"
)

// Many members in many rooms, a third of them on a replica that is killed: how
// long until each is in its room again elsewhere, and how far the film is off
// there. A page sees at once that its connection is gone.
func TestKill(t *testing.T) {
	r := newRig(t, 3)
	c := r.gather(number("ROOMS", 30), number("MEMBERS", 10), time.Duration(number("EVERY_MS", 10_000))*time.Millisecond)
	<-time.After(calm)
	c.reset()
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
	off := time.Duration(0)
	for _, m := range c.members {
		m.mu.Lock()
		off = max(off, m.moved)
		m.mu.Unlock()
	}
	t.Logf("%d of %d members in %d rooms were interrupted: longest %v, all back after %v, %d commands refused; a film at most %v off (the network's share included)",
		interrupted, len(c.members), len(c.rooms), longest, all, refused, off)
	if longest > 5*time.Second || off > 250*time.Millisecond {
		t.Error("too long, or too far off")
	}
	r.replicas[1].start(t)
	c.finish()
}
