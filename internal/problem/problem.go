// Package problem says what can go wrong, in a form every transport can map:
// a kind (what class of failure), a code (which one, stable, for programs and
// translations) and words a person may read. It knows nothing of HTTP, SQL or
// sockets; each transport maps kinds to its own status once.
package problem

import (
	"errors"
	"fmt"
	"time"
)

// Kind is the class of a failure. Transports map it to a status.
type Kind string

// The kinds. Anything that is not a *Problem counts as Internal.
const (
	Invalid         Kind = "invalid"         // the request cannot be understood or breaks a limit
	Unauthenticated Kind = "unauthenticated" // nobody is signed in, or the token is no good
	Forbidden       Kind = "forbidden"       // known person, not allowed
	NotFound        Kind = "not_found"       // no such thing, or not visible to this person
	Conflict        Kind = "conflict"        // the state moved on, or the name is taken
	TooLarge        Kind = "too_large"       // more bytes than the limit
	RateLimited     Kind = "rate_limited"    // too often; RetryAfter says when
	Unavailable     Kind = "unavailable"     // something we need is away; try again
	Internal        Kind = "internal"        // our fault
)

// Field names one bad part of the input.
type Field struct {
	Location string // where, dotted: "body.name", "path.room"
	Code     string // stable word: "too_long"
	Message  string // for people, English
}

// Problem is an error that may be shown to the person who caused it.
// Message never holds secrets, paths of this machine or SQL.
type Problem struct {
	Kind       Kind
	Code       string        // stable, snake_case: "room_not_found"
	Message    string        // for people, English; clients translate by Code
	Fields     []Field       // what is wrong with the input, if that is it
	RetryAfter time.Duration // for RateLimited and Unavailable; 0 = unknown
	Current    any           // on Conflict: the state as it is now, ready to encode
	cause      error
}

// New makes a problem of a kind with a code and words for people.
func New(kind Kind, code, message string) *Problem {
	return &Problem{Kind: kind, Code: code, Message: message}
}

// Error is for logs: code, message and the cause.
func (p *Problem) Error() string {
	if p.cause != nil {
		return fmt.Sprintf("%s: %s: %v", p.Code, p.Message, p.cause)
	}
	return p.Code + ": " + p.Message
}

// Unwrap gives the cause, which is for logs only.
func (p *Problem) Unwrap() error { return p.cause }

// Is makes errors.Is match two problems by kind and code, so that a problem
// with details still equals the plain one it was made from.
func (p *Problem) Is(target error) bool {
	t, ok := target.(*Problem)
	return ok && t.Kind == p.Kind && t.Code == p.Code
}

// Because returns a copy that carries the cause for the log.
func (p *Problem) Because(err error) *Problem {
	c := *p
	c.cause = err
	return &c
}

// With returns a copy that carries details on the input.
func (p *Problem) With(fields ...Field) *Problem {
	c := *p
	c.Fields = append(append([]Field(nil), p.Fields...), fields...)
	return &c
}

// WithCurrent returns a copy that carries the state as it is now.
func (p *Problem) WithCurrent(state any) *Problem {
	c := *p
	c.Current = state
	return &c
}

// WithRetryAfter returns a copy that says when to try again.
func (p *Problem) WithRetryAfter(d time.Duration) *Problem {
	c := *p
	c.RetryAfter = d
	return &c
}

// From finds the problem in err's chain; any other error becomes an internal
// problem that hides its words and keeps it as the cause.
func From(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	return New(Internal, "internal", "Something went wrong on our side.").Because(err)
}

// KindOf is From(err).Kind, and "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	return From(err).Kind
}

// InvalidField is the common case: one field, one reason.
func InvalidField(location, code, message string) *Problem {
	return New(Invalid, "validation", message).With(Field{Location: location, Code: code, Message: message})
}
