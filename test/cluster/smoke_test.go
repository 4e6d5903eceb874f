//go:build unix

package cluster

import (
	"testing"
	"time"
)

// Two replicas, one dies: everybody is back on the other, and nothing that was
// acknowledged is lost. The faults that take longer are in "make cluster".
func TestSmoke(t *testing.T) {
	r := newRig(t, 2)
	c := r.gather(2, 4, 300*time.Millisecond)
	r.replicas[1].kill()
	back := c.await("everybody is back", 20*time.Second, func() bool {
		interrupted, _, _ := c.account()
		return interrupted > 0 && c.allOpen()
	})
	t.Logf("everybody is back after %v", back)
	r.replicas[1].start(t)
	c.finish()
}
