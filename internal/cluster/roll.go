package cluster

import (
	"context"
	"errors"
	"time"
)

// ErrAway says that what replicas share cannot be reached now. Whoever gets it
// goes on with what this replica knows by itself.
var ErrAway = errors.New("cluster: the other replicas cannot be reached")

// RollLife is how long a name stays on a roll without being renewed: a replica
// that dies leaves its people on it for so long. Renew at a third of it.
const RollLife = 30 * time.Second

// Roll is who is where: names in sets, noted by each replica for itself, with a
// lifetime. A name is in a set while any replica has it there. All methods may
// fail with ErrAway, and are safe for use from many goroutines.
type Roll interface {
	// Enter notes a name; first is true when no replica had it.
	Enter(ctx context.Context, set, name string) (first bool, err error)
	// Leave takes this replica's note away; last is true when no replica has
	// the name any more.
	Leave(ctx context.Context, set, name string) (last bool, err error)
	// Names are those in a set, each once, in any order.
	Names(ctx context.Context, set string) ([]string, error)
	// Renew notes names again, all that this replica has in a set, and clears
	// away what ran out. gone are names that nobody has any more; each is told
	// to one caller only.
	Renew(ctx context.Context, set string, names []string) (gone []string, err error)
}
