package account

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"golang.org/x/crypto/argon2"
)

// The same keys as the library's, whoever had the memory before, also at once.
func TestTheArenaChangesNothing(t *testing.T) {
	p := NewPasswords(2, nil)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n, h := range []phc{
				{argonMemoryKiB, argonPasses, argonLanes, []byte("salt of sixteen."), make([]byte, argonKeyBytes)},
				{argonMemoryKiB, 1, argonLanes, []byte("short"), make([]byte, 16)},
				{argonMemoryKiB, 3, argonLanes, nil, make([]byte, 64)},
				{64, 3, 1, []byte("from elsewhere"), make([]byte, 24)},
				{argonMemoryKiB, 1, 2, []byte("two lanes"), make([]byte, 32)},
			} {
				password := fmt.Sprint("password ", i)
				got := p.key(password, h, func() {})
				if want := argon2.IDKey([]byte(password), h.salt, h.passes, h.memoryKiB, h.lanes, uint32(len(h.key))); !bytes.Equal(got, want) {
					t.Errorf("%d, %d: %x, want %x", i, n, got, want)
				}
			}
		})
	}
	all.Wait()
}

func BenchmarkHashPassword(b *testing.B) {
	p := NewPasswords(1, nil)
	for b.Loop() {
		if _, err := p.HashPassword(b.Context(), "a password"); err != nil {
			b.Fatal(err)
		}
	}
}
