package live

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"
)

// sink is where one viewer's bytes go. It belongs to the viewer's goroutine.
type sink interface {
	// write sends head and body (either may be empty) and says how many bytes
	// were taken. It blocks for as long as the viewer makes progress:
	// errStalled when it took nothing for the whole stall time. The bytes stay
	// the caller's and are not changed. The end of the response's context ends
	// a blocked write.
	write(head, body []byte) (int, error)
	// end ends the response cleanly; close then lets go of it.
	end()
	close()
}

var errStalled = errors.New("live: viewer takes no bytes")

// newSink begins the response: over the bare connection if w lets go of it.
// Not so under TLS, whose connections cannot go on after a missed deadline,
// unless a WebSocket leaves no choice: then a slow viewer's write must end
// within one deadline.
func newSink(w http.ResponseWriter, r *http.Request, limits Limits) (sink, error) {
	rc := http.NewResponseController(w)
	if r.ProtoMajor == 1 && (r.TLS == nil || wantsSocket(r)) {
		conn, _, err := rc.Hijack()
		if err == nil {
			return newBareSink(conn, w.Header(), r, limits), nil
		}
		if !errors.Is(err, http.ErrNotSupported) || wantsSocket(r) {
			return nil, err
		}
	}
	w.WriteHeader(http.StatusOK)
	s := &responseSink{w: w, rc: rc}
	s.deadline.init(r.Context(), rc.SetWriteDeadline, limits.Stall)
	return s, nil
}

// deadline is the write deadline of one response: always a stall time away,
// and in the past for ever once the response's context ended.
type deadline struct {
	set     func(time.Time) error
	stall   time.Duration
	renewed time.Time
	cut     atomic.Bool
	stop    func() bool
}

func (d *deadline) init(ctx context.Context, set func(time.Time) error, stall time.Duration) {
	d.set, d.stall = set, stall
	d.stop = context.AfterFunc(ctx, func() {
		d.cut.Store(true)
		_ = set(longAgo())
	})
}

func longAgo() time.Time { return time.Unix(1, 0) }

// renew moves the deadline on, at most ten times within a stall time unless
// asked to: setting it costs as much as a tenth of a write. Writers without
// deadlines (tests, exotic wrappers) have to do without.
func (d *deadline) renew(now bool) {
	t := time.Now()
	if !now && t.Sub(d.renewed) <= d.stall/10 {
		return
	}
	d.renewed = t
	_ = d.set(t.Add(d.stall))
	if d.cut.Load() {
		// The context ended meanwhile, and its deadline may have been
		// overwritten just now.
		_ = d.set(longAgo())
	}
}

// pause lifts the deadline until the next renew.
func (d *deadline) pause() {
	d.renewed = time.Time{}
	_ = d.set(time.Time{})
	if d.cut.Load() {
		_ = d.set(longAgo())
	}
}

// explain tells a viewer who took nothing for a stall time from one who left or
// was cut. The clock says so better than the error: HTTP/2 reports a reset, and
// net/http ends the context itself when a write fails.
func (d *deadline) explain(err error) error {
	if err != nil && time.Since(d.renewed) >= d.stall {
		return errStalled
	}
	return err
}

// responseSink writes through net/http, for HTTP/2 and for writers that do not
// give up their connection.
type responseSink struct {
	w        http.ResponseWriter
	rc       *http.ResponseController
	deadline deadline
}

// piece is how much is written under one deadline here: net/http cannot go on
// after a deadline, so a slow viewer must get through a piece within one.
const piece = 32 << 10

func (s *responseSink) write(head, body []byte) (total int, err error) {
	for _, b := range [...][]byte{head, body} {
		for len(b) > 0 && err == nil {
			var n int
			s.deadline.renew(true)
			n, err = s.w.Write(b[:min(len(b), piece)])
			total += n
			b = b[n:]
		}
	}
	if err == nil {
		err = s.rc.Flush()
	}
	if errors.Is(err, http.ErrNotSupported) {
		err = nil // a writer without Flush sends when it likes
	}
	return total, s.deadline.explain(err)
}

func (s *responseSink) end() {}

func (s *responseSink) close() {
	if s.deadline.stop() {
		_ = s.deadline.set(time.Time{})
	}
}
