package clustertest

import (
	"slices"
	"testing"

	"synctv/internal/cluster"
)

// Roll runs the suite of rolls on one replica's.
func Roll(t *testing.T, r cluster.Roll) {
	ctx := t.Context()
	enter := func(set, name string, want bool) {
		t.Helper()
		if first, err := r.Enter(ctx, set, name); err != nil || first != want {
			t.Errorf("%s enters %s: first %v, %v", name, set, first, err)
		}
	}
	leave := func(set, name string, want bool) {
		t.Helper()
		if last, err := r.Leave(ctx, set, name); err != nil || last != want {
			t.Errorf("%s leaves %s: last %v, %v", name, set, last, err)
		}
	}
	names := func(set string, want ...string) {
		t.Helper()
		got, err := r.Names(ctx, set)
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("in %s: %v, %v; want %v", set, got, err, want)
		}
	}
	names("none")
	enter("a", "ada", true)
	enter("a", "ada", false)
	enter("a", "bob", true)
	enter("b", "ada", true)
	names("a", "ada", "bob")
	if gone, err := r.Renew(ctx, "a", []string{"ada", "bob", "eve"}); err != nil || len(gone) != 0 {
		t.Errorf("renewed: gone %v, %v", gone, err)
	}
	names("a", "ada", "bob", "eve")
	leave("a", "ada", true)
	leave("a", "ada", false)
	names("a", "bob", "eve")
	leave("a", "bob", true)
	leave("a", "eve", true)
	names("a")
	names("b", "ada")
}
