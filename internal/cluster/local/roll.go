package local

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// Roll is the roll of a cluster of one: nobody else has names on it, and none
// runs out while the process lives.
type Roll struct {
	mu   sync.Mutex
	sets map[string]map[string]bool // guarded by mu; no set is empty
}

// NewRoll makes an empty one.
func NewRoll() *Roll { return &Roll{sets: map[string]map[string]bool{}} }

// Enter implements cluster.Roll.
func (r *Roll) Enter(_ context.Context, set, name string) (first bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sets[set] == nil {
		r.sets[set] = map[string]bool{}
	}
	first = !r.sets[set][name]
	r.sets[set][name] = true
	return first, nil
}

// Leave implements cluster.Roll.
func (r *Roll) Leave(_ context.Context, set, name string) (last bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last = r.sets[set][name]
	delete(r.sets[set], name)
	if len(r.sets[set]) == 0 {
		delete(r.sets, set)
	}
	return last, nil
}

// Names implements cluster.Roll.
func (r *Roll) Names(_ context.Context, set string) ([]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(r.sets[set])), nil
}

// Renew implements cluster.Roll.
func (r *Roll) Renew(ctx context.Context, set string, names []string) (gone []string, err error) {
	for _, name := range names {
		if _, err := r.Enter(ctx, set, name); err != nil {
			return nil, err
		}
	}
	return nil, nil
}
