package api

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"synctv/internal/problem"
)

var errOften = problem.New(problem.RateLimited, "often", "")

// What refuses too many tries says so after a second, or not to somebody who
// went away; the answer to anything else goes out at once.
func TestRefusalsAreSlow(t *testing.T) {
	wrong := problem.New(problem.Unauthenticated, "wrong", "")
	for name, c := range map[string]struct {
		err    error
		leaves time.Duration
		wait   time.Duration
	}{
		"refused":     {errOften, time.Hour, tarpitTime},
		"goes away":   {errOften, time.Millisecond, time.Millisecond},
		"mistyped":    {wrong, time.Hour, 0},
		"all right":   {nil, time.Hour, 0},
		"our failure": {errors.New("x"), time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), c.leaves)
				defer cancel()
				s, began := &Server{}, time.Now()
				_, err := tried(s, func(context.Context, *int) (*int, error) { return nil, c.err })(ctx, nil)
				if took := time.Since(began); took != c.wait || !errors.Is(err, c.err) {
					t.Errorf("%v after %v, want %v", err, took, c.wait)
				}
				if n := s.tarpit.held.Load(); n != 0 {
					t.Errorf("%d are still held", n)
				}
			})
		})
	}
}

// Beyond a number of held answers they go out at once, and end their connection.
func TestTheTarpitIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, began := &Server{}, time.Now()
		refuse := tried(s, func(context.Context, *int) (*int, error) { return nil, errOften })
		var wg sync.WaitGroup
		for range mostHeld {
			wg.Go(func() { _, _ = refuse(t.Context(), nil) })
		}
		synctest.Wait()
		ctx := context.WithValue(t.Context(), callerKey{}, &caller{})
		_, err := refuse(ctx, nil)
		if time.Since(began) != 0 {
			t.Errorf("one too many was held for %v", time.Since(began))
		}
		w := httptest.NewRecorder()
		s.answer(ctx, err).write(w)
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Connection") != "close" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
		wg.Wait()
	})
}
