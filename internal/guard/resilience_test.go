package guard

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// openBreaker fails until the breaker refuses, then waits for the time of the probe.
func openBreaker(t *testing.T, b *Breaker) {
	t.Helper()
	for range breakerLeast {
		done, ok := b.Allow()
		if !ok {
			t.Fatal("refused while closed")
		}
		done(Failure)
	}
	if _, ok := b.Allow(); ok {
		t.Fatal("still closed")
	}
	time.Sleep(breakerOpen)
}

func TestHalfOpenBreakerLetsExactlyOneProbeThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Breaker
		openBreaker(t, &b)
		var wg sync.WaitGroup
		var probes atomic.Int64
		var probe atomic.Pointer[func(Outcome)]
		for range 1000 {
			wg.Go(func() {
				if done, ok := b.Allow(); ok {
					probes.Add(1)
					probe.Store(&done)
				}
			})
		}
		wg.Wait()
		if n := probes.Load(); n != 1 {
			t.Fatalf("%d probes", n)
		}
		(*probe.Load())(Ignored) // cancelled: the place is free again, at once
		done, ok := b.Allow()
		if !ok {
			t.Fatal("a cancelled probe keeps its place")
		}
		if _, ok := b.Allow(); ok {
			t.Fatal("a second probe beside the first")
		}
		done(Failure)
		if _, ok := b.Allow(); ok {
			t.Fatal("closed after a failed probe")
		}
		time.Sleep(breakerOpen)
		done, _ = b.Allow()
		done(Success)
		for range 1000 {
			if done, ok := b.Allow(); !ok {
				t.Fatal("still refusing after a good probe")
			} else {
				done(Success)
			}
		}
	})
}

func TestLateResultsOfAnEarlierGenerationChangeNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Breaker
		late, _ := b.Allow()
		openBreaker(t, &b)
		probe, _ := b.Allow()
		late(Success) // began while closed; must not close it now
		if _, ok := b.Allow(); ok {
			t.Fatal("a late success closed the breaker")
		}
		probe(Success)
		late(Failure)
		probe(Failure) // a second result of one call counts for nothing
		if _, ok := b.Allow(); !ok {
			t.Fatal("a late failure opened the breaker")
		}
	})
}

func TestCancelledAndOldCallsAreNotCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Breaker
		for range 100 {
			done, ok := b.Allow()
			if !ok {
				t.Fatal("opened by cancelled calls")
			}
			done(Ignored)
		}
		for range 20 { // failures far apart say nothing about now
			done, ok := b.Allow()
			if !ok {
				t.Fatal("opened by old failures")
			}
			done(Failure)
			time.Sleep(breakerWindow)
		}
	})
}

func TestLimiterNeverExceedsAndForgetsWhoLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(8, 5, 1000, time.Minute)
		var running, most, perKey, mostPerKey atomic.Int64
		var wg sync.WaitGroup
		for i := range 300 {
			key, weight := "a", int64(1+i%3)
			if i%2 == 0 {
				key = "b"
			}
			wg.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				if i%7 == 0 {
					time.AfterFunc(time.Duration(i)*time.Millisecond, cancel)
				}
				defer cancel()
				release, err := l.Acquire(ctx, key, weight)
				if err != nil {
					return
				}
				raise(&most, running.Add(weight))
				if key == "a" {
					raise(&mostPerKey, perKey.Add(weight))
				}
				time.Sleep(10 * time.Millisecond)
				if key == "a" {
					perKey.Add(-weight)
				}
				running.Add(-weight)
				release()
				release() // twice is once
			})
		}
		wg.Wait()
		if most.Load() > 8 || mostPerKey.Load() > 5 || most.Load() < 5 {
			t.Errorf("most %d, of one key %d", most.Load(), mostPerKey.Load())
		}
		if s := l.Stats(); s.Running != 0 || s.Waiting != 0 || len(l.keys) != 0 {
			t.Errorf("left behind: %+v, %d keys", s, len(l.keys))
		}
		release, err := l.Acquire(t.Context(), "a", 5) // all of it is there again
		if err != nil {
			t.Fatal(err)
		}
		release()
	})
}

func raise(most *atomic.Int64, n int64) {
	for {
		was := most.Load()
		if n <= was || most.CompareAndSwap(was, n) {
			return
		}
	}
}

func TestWaitingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(1, 1, 2, time.Second)
		release, _ := l.Acquire(t.Context(), "a", 1)
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if _, err := l.Acquire(t.Context(), "a", 1); !errors.Is(err, ErrBusy) {
					t.Errorf("waited for ever: %v", err)
				}
			})
		}
		synctest.Wait()
		began := time.Now()
		if _, err := l.Acquire(t.Context(), "a", 1); !errors.Is(err, ErrBusy) || time.Since(began) > 0 {
			t.Errorf("a third waiter: %v", err)
		}
		wg.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() {
			if _, err := l.Acquire(ctx, "a", 1); !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled: %v", err)
			}
		})
		synctest.Wait()
		cancel()
		wg.Wait()
		release()
		if again, err := l.Acquire(t.Context(), "a", 1); err != nil {
			t.Errorf("a cancelled waiter kept its place: %v", err)
		} else {
			again()
		}
		if s := l.Stats(); s.Refused != 3 {
			t.Errorf("%+v", s)
		}
	})
}

func TestRetryOnlyWhatMayHelp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			err   error
			tries int
		}{
			{ErrTimeout, 3}, {ErrFailed, 3}, {StatusError{503}, 3}, {StatusError{429}, 3}, {ErrStatus.Because(StatusError{502}), 3},
			{ErrRefused, 1}, {StatusError{404}, 1}, {StatusError{403}, 1}, {ErrTooLarge, 1}, {ErrFailing, 1}, {context.Canceled, 1}, {errors.New("other"), 1},
		} {
			tries := 0
			err := Retry{Tries: 3, First: time.Second, Longest: time.Minute}.Do(t.Context(), func(context.Context) error { tries++; return c.err })
			if tries != c.tries || !errors.Is(err, c.err) {
				t.Errorf("%v: %d tries, want %d", c.err, tries, c.tries)
			}
		}
	})
}

func TestRetryPausesDeadlineAndBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := Retry{Tries: 100, First: time.Second, Longest: 8 * time.Second}
		low, high := time.Hour, time.Duration(0)
		for range 2000 {
			for n, bound := range []int{1, 2, 4, 8, 8, 8} {
				if p := r.Pause(n + 1); p < 0 || p >= time.Duration(bound)*time.Second {
					t.Fatalf("pause %d is %v", n+1, p)
				}
			}
			low, high = min(low, r.Pause(90)), max(high, r.Pause(90))
		}
		if low > time.Second || high < 7*time.Second {
			t.Errorf("no full jitter: %v to %v", low, high)
		}
		r.Deadline = 20 * time.Second
		began := time.Now()
		_ = r.Do(t.Context(), func(context.Context) error { return ErrFailed })
		if took := time.Since(began); took > r.Deadline {
			t.Errorf("went on for %v", took)
		}
		r = Retry{Tries: 3, First: time.Second, Longest: time.Second, Budget: NewBudget(5)}
		tries := 0
		for range 100 {
			_ = r.Do(t.Context(), func(context.Context) error { tries++; return ErrFailed })
		}
		if tries != 105 {
			t.Errorf("%d tries of 100 failing calls with a budget of 5", tries)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		began = time.Now()
		_ = Retry{Tries: 9, First: time.Hour, Longest: time.Hour}.Do(ctx, func(context.Context) error { return ErrFailed })
		if time.Since(began) > time.Second {
			t.Error("the pause outlived its caller")
		}
	})
}

func TestBuffersAreNeverHandedOutWhileShared(t *testing.T) {
	var p Buffers
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 2000 {
				b := p.Get()
				b.Bytes[0], b.Bytes[BufferSize-1] = byte(i), byte(i)
				other := b.Share()
				done := make(chan struct{})
				go func() {
					defer close(done)
					if other.Bytes[0] != byte(i) || other.Bytes[BufferSize-1] != byte(i) {
						t.Error("somebody else wrote into a shared buffer")
					}
					other.Release()
				}()
				b.Release()
				<-done
			}
		})
	}
	wg.Wait()
	b := p.Get()
	b.Bytes = append(b.Bytes, 1)
	b.Release()
	if s := p.Stats(); s.Dropped != 1 || s.Lent != s.Returned+1 || cap(p.Get().Bytes) != BufferSize {
		t.Errorf("%+v", s)
	}
	b = p.Get()
	b.Release()
	defer func() {
		if recover() == nil {
			t.Error("released twice without notice")
		}
	}()
	b.Release()
}

// origin is a server on loopback that the client may reach.
func origin(t *testing.T, serve http.HandlerFunc) (*Client, string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: serve, ReadHeaderTimeout: time.Minute}
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Serve(ln) })
	c := NewClient(Policy{Allow: Places{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}})
	c.retry.First = time.Millisecond
	t.Cleanup(func() { c.Close(); _ = s.Close(); wg.Wait() })
	return c, "http://" + ln.Addr().String()
}

func TestClientRetriesConnectsAndNeverRepeatsAPost(t *testing.T) {
	var asked atomic.Int64
	c, address := origin(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) < 3 {
			panic(http.ErrAbortHandler) // the connection is cut
		}
		_, _ = io.WriteString(w, "fine")
	})
	if d, err := c.Fetch(t.Context(), address, nil, 10); err != nil || string(d.Body) != "fine" {
		t.Fatalf("%v after %d", err, asked.Load())
	}
	asked.Store(0)
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, address, http.NoBody)
	if _, err := c.Do(req); !errors.Is(err, ErrFailed) || asked.Load() != 1 {
		t.Errorf("a post was sent %d times: %v", asked.Load(), err)
	}
	// The connect itself: nobody listens there.
	ln, _ := net.Listen("tcp", "127.0.0.1:0")
	_ = ln.Close()
	before := c.Stats().Retries
	if _, err := c.Fetch(t.Context(), "http://"+ln.Addr().String(), nil, 10); !errors.Is(err, ErrFailed) || c.Stats().Retries != before+retryTries-1 {
		t.Errorf("%v, %d retries", err, c.Stats().Retries-before)
	}
}

func TestTimeoutIsItsOwnKind(t *testing.T) {
	end := make(chan struct{})
	c, address := origin(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			_, _ = io.WriteString(w, "begin")
			_ = http.NewResponseController(w).Flush()
		}
		select {
		case <-end:
		case <-r.Context().Done():
		}
	})
	defer close(end)
	c.pool.ResponseHeaderTimeout = 20 * time.Millisecond
	_, err := c.Fetch(t.Context(), address, nil, 10)
	if !errors.Is(err, ErrTimeout) || errors.Is(err, ErrFailed) {
		t.Errorf("no header: %v", err)
	}
	res, err := c.once(mustGet(t, address+"/body"))
	if err != nil {
		t.Fatal(err)
	}
	body := res.Body.(*idleBody)
	body.idle.Store(true) // what the timer does after 30 s
	body.end(ErrTimeout)
	if _, err := io.ReadAll(body); !errors.Is(err, ErrTimeout) {
		t.Errorf("a body that stops: %v", err)
	}
	_ = body.Close()
	if s := c.Stats().Limits; s.Running != 0 {
		t.Errorf("a slot is still held: %+v", s)
	}
}

func mustGet(t *testing.T, address string) *http.Request {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestFailingHostIsLeftAloneAndClientErrorsDoNotCount(t *testing.T) {
	status := http.StatusNotFound
	var asked atomic.Int64
	c, address := origin(t, func(w http.ResponseWriter, _ *http.Request) { asked.Add(1); w.WriteHeader(status) })
	for range 3 * breakerLeast {
		if _, err := c.Fetch(t.Context(), address, nil, 10); !errors.Is(err, ErrStatus) {
			t.Fatal(err)
		}
	}
	status = http.StatusInternalServerError
	var err error
	for range 100 { // the good answers before weigh too
		if _, err = c.Fetch(t.Context(), address, nil, 10); errors.Is(err, ErrFailing) {
			break
		}
	}
	before := asked.Load()
	if _, err = c.Fetch(t.Context(), address, nil, 10); !errors.Is(err, ErrFailing) || asked.Load() != before {
		t.Errorf("still asked: %v", err)
	}
	if s := c.Stats(); s.OpenHosts != 1 || s.ProbedHosts != 0 || s.Opened != 1 || s.Broken == 0 {
		t.Errorf("%+v", s)
	}
}

// What every outside call passes: pooled buffers, breaker and limits.
func TestGuardsAllocateLittle(t *testing.T) {
	var (
		buffers Buffers
		breaker Breaker
	)
	limiter := NewLimiter(8, 8, 8, time.Second)
	for what, c := range map[string]struct {
		most float64
		work func()
	}{
		"a buffer": {0, func() { buffers.Get().Release() }},
		"a breaker": {2, func() {
			if done, ok := breaker.Allow(); ok {
				done(Success)
			}
		}},
		"a limit": {6, func() {
			if release, err := limiter.Acquire(t.Context(), "a", 1); err == nil {
				release()
			}
		}},
	} {
		if n := testing.AllocsPerRun(200, c.work); n > c.most {
			t.Errorf("%s: %v allocations", what, n)
		} else {
			t.Logf("%s: %v allocations", what, n)
		}
	}
}

// BenchmarkOverhead: what a call that succeeds at once pays for its guards.
func BenchmarkOverhead(b *testing.B) {
	var breaker Breaker
	limiter := NewLimiter(8, 8, 8, time.Second)
	retry := Retry{Tries: 3, First: time.Millisecond, Longest: time.Second, Budget: NewBudget(10)}
	work := func(context.Context) error { return nil }
	guarded := func(ctx context.Context) error {
		done, ok := breaker.Allow()
		if !ok {
			return ErrFailing
		}
		err := work(ctx)
		done(Success)
		return err
	}
	limited := func(ctx context.Context, work func(context.Context) error) error {
		release, err := limiter.Acquire(ctx, "a", 1)
		if err != nil {
			return err
		}
		defer release()
		return work(ctx)
	}
	for _, c := range []struct {
		name string
		call func(context.Context) error
	}{
		{"bare", work},
		{"breaker", guarded},
		{"retry", func(ctx context.Context) error { return retry.Do(ctx, work) }},
		{"limit", func(ctx context.Context) error { return limited(ctx, work) }},
		{"all", func(ctx context.Context) error {
			return limited(ctx, func(ctx context.Context) error { return retry.Do(ctx, guarded) })
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := c.call(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkBuffers: a buffer lent, touched and given back, on all cores.
func BenchmarkBuffers(b *testing.B) {
	b.Run("pooled", func(b *testing.B) {
		var p Buffers
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				buf := p.Get()
				buf.Bytes[4096]++
				buf.Release()
			}
		})
	})
	b.Run("fresh", func(b *testing.B) {
		b.ReportAllocs()
		var kept atomic.Pointer[[]byte]
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				buf := make([]byte, BufferSize)
				buf[4096]++
				kept.Store(&buf) // or the compiler would do without
			}
		})
	})
}
