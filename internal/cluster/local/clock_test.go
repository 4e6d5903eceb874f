package local

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestClockCountsMonotonically(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewClock()
		before := c.Now()
		time.Sleep(1500 * time.Millisecond)
		if got := c.Now().Sub(before); got != 1500*time.Millisecond {
			t.Errorf("after 1.5 s the clock shows %v more", got)
		}
	})
}

func TestClockIgnoresStepsOfTheWall(t *testing.T) {
	// A start whose wall reading is an hour off, as after a step, still counts on.
	c := &Clock{start: time.Now().Add(-time.Hour)}
	a := c.Now()
	if b := c.Now(); b.Before(a) || b.Sub(a) > time.Minute {
		t.Errorf("went from %v to %v", a, b)
	}
}
