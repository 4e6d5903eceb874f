package account

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
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

// While somebody waits, a slot rests as long as the hash before took; alone,
// nobody waits for anything.
func TestHashesLeaveTimeToRooms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPasswords(1, func() func(func()) {
			began := time.Now()
			return func(free func()) { time.AfterFunc(time.Since(began), free) }
		})
		enter := func() func() {
			leave, err := p.enter(t.Context())
			if err != nil {
				t.Error(err)
			}
			return leave
		}
		began := time.Now()
		leave := enter()
		var second time.Duration
		go func() {
			leave := enter()
			second = time.Since(began)
			leave()
		}()
		synctest.Wait()
		time.Sleep(30 * time.Millisecond) // the first one's hash
		leave()
		time.Sleep(time.Second)
		synctest.Wait()
		if second != 60*time.Millisecond {
			t.Errorf("the second began after %v", second)
		}
		began = time.Now()
		enter()()
		enter()()
		if d := time.Since(began); d != 0 {
			t.Errorf("without a queue, %v were waited", d)
		}
	})
}
