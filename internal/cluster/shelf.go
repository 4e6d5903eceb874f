package cluster

import (
	"context"
	"time"
)

// DropLife is how long a dropped key takes no copy. It is longer than anybody
// takes to read the store and put down what they found.
const DropLife = 5 * time.Second

// Shelf is where replicas leave copies of what is stored for each other. It is a
// help, never the truth: a copy may be missing, and any call may fail with
// ErrAway. Safe for use from many goroutines.
type Shelf interface {
	// Get is the copy under a key; ok is false when there is none.
	Get(ctx context.Context, key string) (value []byte, ok bool, err error)
	// Put leaves a copy, not empty, where there is none. Nothing is left under a
	// key that was dropped within DropLife: what was read before a change must
	// not come back after it.
	Put(ctx context.Context, key string, value []byte, life time.Duration) error
	// Drop takes a copy away.
	Drop(ctx context.Context, key string) error
}
