// Package room is the rule book: rooms, who may do what in them, what plays,
// what comes next and what is said. It holds pure rules (functions of value
// and time), the use cases built on them (Service) and the ports they need.
// It knows no HTTP, SQL, socket, logger or clock: time comes in as a value.
package room

import (
	"synctv/internal/problem"
	"synctv/internal/text"
)

// Visibility tells who sees a room without having its link.
type Visibility string

// Listed rooms are found by anyone, hidden ones only by their link.
const (
	Listed Visibility = "listed"
	Hidden Visibility = "hidden"
)

// Status of a room.
type Status string

// The states of a room.
const (
	RoomActive  Status = "active"
	RoomPending Status = "pending" // waits for a platform admin
	RoomBanned  Status = "banned"  // closed by a platform admin
	RoomClosed  Status = "closed"  // closed by its creator
)

// Room is one room as stored. PasswordHash never leaves the server.
type Room struct {
	ID           string
	Name         string
	Description  string
	CreatorID    string
	PasswordHash string // empty: no password
	Visibility   Visibility
	Status       Status
	Settings     Settings
	Version      int64
	CreatedMS    int64
}

// Limits on what people type, in characters.
const (
	MaxRoomName        = 100
	MaxRoomDescription = 500
	MaxPassword        = 128 // bytes; argon2id would take more, an attacker too
	MinGuestName       = 1
	MaxPersonName      = 32
)

// CheckName cleans a room's name and refuses an empty or overlong one.
func CheckName(name string) (string, error) {
	return text.Check("body.name", name, 1, MaxRoomName)
}

// Open tells whether people may come in, and if not, why.
func (r Room) Open() error {
	switch r.Status {
	case RoomActive:
		return nil
	case RoomBanned, RoomClosed, RoomPending:
		return ErrRoomClosed
	}
	return ErrRoomClosed
}

// The answers of the rule book that are not about one field.
var (
	ErrRoomNotFound     = problem.New(problem.NotFound, "room_not_found", "There is no such room.")
	ErrRoomClosed       = problem.New(problem.Forbidden, "room_closed", "This room is closed.")
	ErrRoomLimit        = problem.New(problem.Conflict, "room_limit", "You have as many rooms as one person may have.")
	ErrRoomConflict     = problem.New(problem.Conflict, "room_conflict", "Somebody else changed this room meanwhile.")
	ErrMemberConflict   = problem.New(problem.Conflict, "member_conflict", "Somebody else changed this person meanwhile.")
	ErrKicked           = problem.New(problem.Forbidden, "kicked", "You were sent out of this room; come back later.")
	ErrAlreadyGuest     = problem.New(problem.Conflict, "already_guest", "You are in this room already.")
	ErrRoomFull         = problem.New(problem.Conflict, "room_full", "This room is full.")
	ErrPasswordRequired = problem.New(problem.Forbidden, "room_password_required", "This room asks for a password.")
	ErrPasswordWrong    = problem.New(problem.Forbidden, "room_password_wrong", "That is not the room's password.")
	ErrGuestsNotAllowed = problem.New(problem.Forbidden, "guests_not_allowed", "This room is open to signed-in people only.")
	ErrNotMember        = problem.New(problem.Forbidden, "not_a_member", "You are not in this room.")
	ErrMemberBanned     = problem.New(problem.Forbidden, "member_banned", "You are banned from this room.")
	ErrMemberPending    = problem.New(problem.Forbidden, "member_pending", "Your request to join waits for approval.")
	ErrMemberNotFound   = problem.New(problem.NotFound, "member_not_found", "There is no such person in this room.")
	ErrPlaybackConflict = problem.New(problem.Conflict, "playback_conflict", "Somebody else was faster.")
	ErrNothingToPlay    = problem.New(problem.Conflict, "nothing_to_play", "There is nothing further in that direction.")
	ErrKeyNotFound      = problem.New(problem.NotFound, "key_not_found", "There is no such stream key.")
	ErrKeyRefused       = problem.New(problem.Unauthenticated, "key_refused", "That stream key is not valid.")
	ErrChatOff          = problem.New(problem.Forbidden, "chat_off", "Chat is switched off in this room.")
)
