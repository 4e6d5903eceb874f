package guard

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"
)

// idleBody ends a response when nothing comes for idleTimeout. Only time spent
// waiting in Read counts: a slow reader of ours is no fault of the server.
type idleBody struct {
	body   io.ReadCloser
	ctx    context.Context // the request's, for the reason it ended
	cancel context.CancelCauseFunc
	timer  *time.Timer // cancels the request; runs while a Read waits
	idle   atomic.Bool
}

func newIdleBody(body io.ReadCloser, cancel context.CancelCauseFunc, ctx context.Context) *idleBody { //nolint:revive // the context belongs to the body
	b := &idleBody{body: body, ctx: ctx, cancel: cancel}
	b.timer = time.AfterFunc(idleTimeout, func() {
		b.idle.Store(true)
		cancel(ErrTimeout)
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
	b.cancel(nil)
	return err
}
