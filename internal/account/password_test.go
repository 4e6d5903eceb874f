package account

import (
	"context"
	"errors"
	"runtime"
	"testing"
)

// A flood of sign-ins waits in a bounded queue, and nothing of it stays behind.
func TestWaitingForPasswordsIsBounded(t *testing.T) {
	p := NewPasswords(1, nil)
	ctx, cancel := context.WithCancel(t.Context())
	waited := make(chan error)
	leave, err := p.enter(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for range maxWaiting - 1 {
		go func() { _, err := p.enter(ctx); waited <- err }()
	}
	for p.waiting.Load() < maxWaiting {
		runtime.Gosched()
	}
	if _, err := p.HashPassword(ctx, "one too many"); !errors.Is(err, ErrPasswordsBusy) {
		t.Errorf("got %v", err)
	}
	cancel()
	for range maxWaiting - 1 {
		if err := <-waited; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	leave()
	if n := p.waiting.Load(); n != 0 {
		t.Errorf("%d still counted", n)
	}
}

// A hash pauses after each small piece of its work, both passes alike.
func TestHashesLeaveTimeToRooms(t *testing.T) {
	pauses, begun := 0, 0
	p := NewPasswords(1, func() func() {
		begun++
		return func() { pauses++ }
	})
	hash, err := p.HashPassword(t.Context(), "a password")
	if want := argonPasses * argonMemoryKiB / piece; err != nil || begun != 1 || pauses != want {
		t.Errorf("%d hashes paused %d times, want %d: %v", begun, pauses, want, err)
	}
	if ok, err := p.CheckPassword(t.Context(), "a password", hash); !ok || err != nil || begun != 2 {
		t.Errorf("%v, %v; %d hashes", ok, err, begun)
	}
}
