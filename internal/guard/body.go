package guard

import (
	"errors"
	"io"
	"sync/atomic"
	"time"
)

// idleBody ends a response when nothing comes for idleTimeout. Only time spent
// waiting in Read counts: a slow reader of ours is no fault of the server.
type idleBody struct {
	body  io.ReadCloser
	end   func(cause error) // cancels the request and gives its slot back
	timer *time.Timer       // cancels the request; runs while a Read waits
	idle  atomic.Bool
}

func newIdleBody(body io.ReadCloser, end func(cause error)) *idleBody {
	b := &idleBody{body: body, end: end}
	b.timer = time.AfterFunc(idleTimeout, func() {
		b.idle.Store(true)
		end(ErrTimeout)
	})
	b.timer.Stop()
	return b
}

func (b *idleBody) Read(p []byte) (int, error) {
	b.timer.Reset(idleTimeout)
	n, err := b.body.Read(p)
	b.timer.Stop()
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	if b.idle.Load() {
		return n, ErrTimeout.Because(errors.New("the body stopped coming"))
	}
	return n, classify(err)
}

func (b *idleBody) Close() error {
	b.timer.Stop()
	err := b.body.Close()
	b.end(nil)
	return err
}
