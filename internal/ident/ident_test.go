package ident

import (
	"strings"
	"testing"
)

func TestNewIsValidAndFresh(t *testing.T) {
	seen := map[string]bool{}
	for range 10_000 {
		id := New()
		if !Valid(id) || id[0] == '-' || seen[id] {
			t.Fatalf("bad or repeated id %q", id)
		}
		seen[id] = true
	}
}

func TestValid(t *testing.T) {
	for s, want := range map[string]bool{
		"AbCdEfGhIj0_": true, "------------": true, "": false, "short": false,
		"AbCdEfGhIj0/": false, "AbCdEfGhIj0_x": false, "AbCdEfGhIj0é": false, "../../../etc": false,
	} {
		if Valid(s) != want {
			t.Errorf("Valid(%q) = %v", s, !want)
		}
	}
}

func TestTokens(t *testing.T) {
	a, b := Token(), Token()
	if a == b || len(a) != 32 {
		t.Errorf("tokens %q %q", a, b)
	}
	if hash := Hash(a); hash != Hash(strings.Clone(a)) || hash == Hash(b) || hash == a {
		t.Error("the hash is stable, different per token and not the token")
	}
}
