//go:build !skew

package main

import "time"

// began is the instant from which this replica's own clock counts.
func began() time.Time { return time.Now() }
