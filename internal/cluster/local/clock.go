// Package local is what one process needs where several replicas would need
// each other. It stands in for them when there is only one.
package local

import "time"

// Clock is the time of a cluster of one: the wall clock at the start plus what
// the monotonic clock has counted since, so that a step of the wall clock moves
// no film.
type Clock struct {
	start time.Time // with its monotonic reading
}

// NewClock starts from the wall clock.
func NewClock() *Clock { return &Clock{start: time.Now()} }

// Now is the cluster's time. It never goes back.
func (c *Clock) Now() time.Time {
	return c.start.Round(0).Add(time.Since(c.start)) // Round(0) drops the monotonic reading
}
