package cluster

import (
	"context"
	"time"
)

// Owner is who holds a claim, and where it can be asked.
type Owner struct {
	Fence   int64  `json:"-"`       // grows with every claim of the same name
	Key     string `json:"-"`       // by which the claim was made; no spaces
	Replica string `json:"replica"` // id of the process
	URL     string `json:"url"`     // of its internal listener
	Token   string `json:"token"`   // what the listener wants to be shown
	SinceMS int64  `json:"since"`
}

// ClaimLife is how long a claim outlives its owner.
const ClaimLife = 4 * time.Second

// Claims says who may do what only one replica may, for as long as it does it.
// Unlike a lock, a claim survives the loss of what stores it: its owner goes on
// and claims again. When two find that they hold the same, the later keeps it.
type Claims interface {
	// Claim takes a name: a free one, or one that was claimed by the same key,
	// whose owner then loses it. ErrLocked when another key has it. While the
	// others cannot be asked it is taken for granted.
	Claim(ctx context.Context, name string, o Owner) (Claim, error)
	// Owner is who has a name; ok is false when nobody has.
	Owner(ctx context.Context, name string) (o Owner, ok bool, err error)
}

// Claim is held until released or lost. Release may be called twice.
type Claim interface {
	Lost() <-chan struct{}
	Release()
}
