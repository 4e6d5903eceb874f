package account

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"synctv/internal/problem"
)

func stranger() (bool, error) { return false, nil }
func resident() (bool, error) { return true, nil }

func start() time.Time { return time.Unix(1_700_000_000, 0) }

func TestFiveTriesThenTwoAMinute(t *testing.T) {
	l, now := NewLimits(), start()
	try := func() error { _, err := l.begin(now, "ada", "192.0.2.1", stranger); return err }
	for i := range 5 {
		if err := try(); err != nil {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	err := try()
	if !errors.Is(err, ErrTooManyAttempts) || problem.From(err).RetryAfter != 30*time.Second {
		t.Fatalf("the sixth: %v, wait %v", err, problem.From(err).RetryAfter)
	}
	now = now.Add(29 * time.Second)
	if try() == nil {
		t.Error("let through too early")
	}
	now = now.Add(time.Second)
	if err := try(); err != nil {
		t.Errorf("after 30 s: %v", err)
	}
	if try() == nil {
		t.Error("one in 30 s, not two")
	}
	now = now.Add(time.Hour)
	for i := range 5 {
		if err := try(); err != nil {
			t.Errorf("rested, try %d: %v", i, err)
		}
	}
}

func TestRightPasswordsCostNothing(t *testing.T) {
	l, now := NewLimits(), start()
	for range 1000 {
		a, err := l.begin(now, "ada", "192.0.2.1", stranger)
		if err != nil {
			t.Fatal(err)
		}
		a.succeeded()
	}
}

// One address cannot use up what the account has, however long it tries.
func TestOneAddressLocksNobodyOut(t *testing.T) {
	l, now := NewLimits(), start()
	for range 600 {
		_, _ = l.begin(now, "ada", "198.51.100.1", stranger)
		now = now.Add(time.Second)
	}
	if _, err := l.begin(now, "ada", "192.0.2.1", stranger); err != nil {
		t.Errorf("the owner from a new address: %v", err)
	}
}

func TestManyAddressesLockOutStrangersOnly(t *testing.T) {
	l, now := NewLimits(), start()
	for i := range 20 {
		if _, err := l.begin(now, "ada", fmt.Sprint("198.51.100.", i), stranger); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.begin(now, "ada", "203.0.113.1", stranger); !errors.Is(err, ErrTooManyAttempts) {
		t.Errorf("the 21st stranger: %v", err)
	}
	if _, err := l.begin(now, "ada", "192.0.2.1", resident); err != nil {
		t.Errorf("from home: %v", err)
	}
	if _, err := l.begin(now, "bob", "203.0.113.1", stranger); err != nil {
		t.Errorf("another account: %v", err)
	}
	broken := errors.New("store away")
	if _, err := l.begin(now, "ada", "203.0.113.1", func() (bool, error) { return false, broken }); !errors.Is(err, broken) {
		t.Errorf("not known: %v", err)
	}
}

func TestOneAddressMayNotTryEverybody(t *testing.T) {
	l, now := NewLimits(), start()
	passed := 0
	for i := range 100 {
		if _, err := l.begin(now, fmt.Sprint("user", i), "198.51.100.1", stranger); err == nil {
			passed++
		}
	}
	if passed != 30 {
		t.Errorf("%d accounts tried at once", passed)
	}
}

func TestTriesInParallelDoNotOvertakeTheCount(t *testing.T) {
	l, now := NewLimits(), start()
	var wg sync.WaitGroup
	var mu sync.Mutex
	passed := 0
	for range 64 {
		wg.Go(func() {
			if _, err := l.begin(now, "ada", "192.0.2.1", stranger); err == nil {
				mu.Lock()
				passed++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if passed != 5 {
		t.Errorf("%d tries passed", passed)
	}
}

func TestLimitsAreBounded(t *testing.T) {
	l, now := NewLimits(), start()
	for i := range maxBuckets {
		_, _ = l.begin(now, fmt.Sprint("user", i), fmt.Sprint("address", i), stranger)
	}
	if n := len(l.fullAt); n > maxBuckets {
		t.Errorf("%d buckets", n)
	}
	for range 5 {
		_, _ = l.begin(now, "ada", "192.0.2.1", stranger)
	}
	if _, err := l.begin(now, "ada", "192.0.2.1", stranger); err == nil {
		t.Error("a full table forgets the newest")
	}
}

func TestAccountsFromOneAddress(t *testing.T) {
	l, now := NewLimits(), start()
	sign := func(address string) error { return l.signup(now, address, 6) }
	for i := range 6 {
		if err := sign("192.0.2.1"); err != nil {
			t.Fatalf("account %d: %v", i, err)
		}
	}
	err := sign("192.0.2.1")
	if !errors.Is(err, ErrTooManyAccounts) || problem.From(err).RetryAfter != 10*time.Minute {
		t.Errorf("the seventh: %v, wait %v", err, problem.From(err).RetryAfter)
	}
	if err := sign("192.0.2.2"); err != nil {
		t.Errorf("another address: %v", err)
	}
	now = now.Add(10 * time.Minute)
	if sign("192.0.2.1") != nil || sign("192.0.2.1") == nil {
		t.Error("not one more after ten minutes")
	}
	for range 100 {
		if err := l.signup(now, "192.0.2.3", 0); err != nil {
			t.Fatalf("no limit: %v", err)
		}
	}
}

func TestGuessingARoom(t *testing.T) {
	l, now := NewLimits(), start()
	guess := func(room, address string) (func(), error) { return l.Guess(now, room, address) }
	for range 100 {
		right, err := guess("a", "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		right()
	}
	for i := range 30 {
		if _, err := guess("a", "192.0.2.1"); err != nil {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	if _, err := guess("a", "192.0.2.1"); !errors.Is(err, ErrTooManyAttempts) || problem.From(err).RetryAfter != 5*time.Second {
		t.Errorf("the 31st: %v", err)
	}
	for _, other := range [][2]string{{"a", "192.0.2.2"}, {"b", "192.0.2.1"}} {
		if _, err := guess(other[0], other[1]); err != nil {
			t.Errorf("%v: %v", other, err)
		}
	}
}
