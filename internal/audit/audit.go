// Package audit is the record of who did what to whom, in a room and on the
// platform. It knows the shape of an entry and nothing of how it is kept.
package audit

import "context"

// Entry is one act. Names are snapshots: people may be renamed or gone later.
type Entry struct {
	ID        string            `json:"id"`
	AtMS      int64             `json:"at_ms"`
	RoomID    string            `json:"room_id" doc:"empty for acts on the platform"`
	Action    string            `json:"action" doc:"stable code, noun.verb: member.ban, room.settings, user.role"`
	Actor     Party             `json:"actor" doc:"who did it"`
	Target    Party             `json:"target" doc:"to whom or what; empty when to the room itself"`
	Reason    string            `json:"reason" doc:"in the actor's words, may be empty"`
	Detail    map[string]string `json:"detail,omitempty" doc:"what changed, without secrets"`
	RequestID string            `json:"request_id,omitempty"`
}

// Party is a person or thing in an entry.
type Party struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Log keeps entries. Record is called after the act is stored and must not
// fail it: it may block on I/O, and reports its own errors to the operator.
type Log interface {
	Record(ctx context.Context, e Entry)
}

// Query asks for a page of entries, newest first.
type Query struct {
	RoomID string // empty with Everywhere: all there is
	// Everywhere ignores RoomID.
	Everywhere bool
	Before     Cursor // continue after this one
	Limit      int
}

// Cursor marks the last entry of a page (keyset); zero begins with the newest.
type Cursor struct {
	AtMS int64
	ID   string
}

// Reader reads what was recorded. It blocks on I/O.
type Reader interface {
	AuditPage(ctx context.Context, q Query) ([]Entry, error)
}
