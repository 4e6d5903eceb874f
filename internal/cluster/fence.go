package cluster

import (
	"context"
	"slices"
)

// Fence is the number of one holding of a lock. Whoever stores something under
// the lock stores it only while no later holder has stored anything: a process
// that slept through its lock's lifetime is stopped there and nowhere else.
type Fence struct {
	Key    string
	Number int64
}

type fencesKey struct{}

// WithFence carries a fence along with the work it stands for.
func WithFence(ctx context.Context, f Fence) context.Context {
	return context.WithValue(ctx, fencesKey{}, append(slices.Clip(Fences(ctx)), f))
}

// Fences are those of every lock the work is done under, outermost first.
func Fences(ctx context.Context) []Fence {
	all, _ := ctx.Value(fencesKey{}).([]Fence)
	return all
}
