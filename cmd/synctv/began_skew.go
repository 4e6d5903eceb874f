//go:build skew

package main

import (
	"os"
	"time"
)

// began puts this replica's own clock off by SYNCTV_SKEW: a build for the test
// of clocks that are apart.
func began() time.Time {
	off, err := time.ParseDuration(os.Getenv("SYNCTV_SKEW"))
	if err != nil {
		panic("SYNCTV_SKEW: " + err.Error())
	}
	return time.Now().Add(off)
}
