package guard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"

	"synctv/internal/problem"
)

// What can go wrong. Each may be shown to the person who gave the address.
var (
	// ErrRefused is for places this server does not fetch from.
	ErrRefused = problem.New(problem.Forbidden, "address_refused", "This server does not fetch from that address.")
	// ErrTimeout is a dial, handshake, header or body that took too long.
	ErrTimeout = problem.New(problem.Unavailable, "upstream_timeout", "The other server took too long to answer.")
	// ErrFailed is a name that does not resolve, or a connection that fails or ends early.
	ErrFailed = problem.New(problem.Unavailable, "upstream_failed", "The other server could not be reached.")
	// ErrBusy is for when too much is fetched already.
	ErrBusy = problem.New(problem.Unavailable, "upstream_busy", "Too much is being fetched right now; try again.")
	// ErrFailing is a host that failed too often; it is asked again in some seconds.
	ErrFailing = problem.New(problem.Unavailable, "upstream_failing", "The other server keeps failing; it is asked again soon.")
	// ErrStatus is an answer that says no; StatusError in its chain holds which.
	ErrStatus = problem.New(problem.Unavailable, "upstream_status", "The other server refused the request.")
	// ErrTooLarge is an answer of more bytes than asked for.
	ErrTooLarge = problem.New(problem.TooLarge, "upstream_too_large", "What the other server sent is too large.")
)

// StatusError is an answer other than what was asked for.
type StatusError struct{ Code int }

func (e StatusError) Error() string { return fmt.Sprintf("status %d", e.Code) }

func refused(why string, args ...any) error {
	return ErrRefused.Because(fmt.Errorf(why, args...))
}

// classify makes a problem of whatever the standard client says, without the
// address that it repeats. A request that its caller gave up stays that.
func classify(err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err
	}
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		return p
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	if n, ok := errors.AsType[net.Error](err); ok && n.Timeout() {
		return ErrTimeout.Because(err)
	}
	return ErrFailed.Because(err)
}
