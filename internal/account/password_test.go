package account

import (
	"context"
	"errors"
	"runtime"
	"testing"
)

// A flood of sign-ins waits in a bounded queue, and nothing of it stays behind.
func TestWaitingForPasswordsIsBounded(t *testing.T) {
	p := NewPasswords(1)
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
