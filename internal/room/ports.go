package room

import (
	"context"
	"time"

	"synctv/internal/audit"
	"synctv/internal/screen"
	"synctv/internal/talk"
)

// The ports below are what the use cases need of the outside. All may block on
// I/O, are safe for use from many goroutines, and answer with the problems of
// this package where one fits (ErrRoomNotFound, ErrItemNotFound, …); any other
// error means that nothing is known about what happened.

// Rooms stores rooms.
type Rooms interface {
	// CreateRoom stores a room with its creator's membership, its empty
	// playlist and its playback in one transaction. Whoever created limit rooms
	// already gets ErrRoomLimit; a limit of 0 is none.
	CreateRoom(ctx context.Context, r Room, creator Member, p screen.Playback, limit int) error
	Room(ctx context.Context, id string) (Room, error)
	// ListRooms gives a page of rooms, newest first.
	ListRooms(ctx context.Context, q ListQuery) ([]Summary, error)
}

// Members stores who is in a room. Names and colours of people with an
// account are read from the account, those of guests from the membership.
type Members interface {
	Member(ctx context.Context, roomID, personID string) (Member, error)
	Members(ctx context.Context, roomID string) ([]Member, error)
	// AddMember stores a new membership. When limit members are in the same
	// status already nothing is stored and ErrRoomFull is the answer; a
	// membership that is there already is returned as it is.
	AddMember(ctx context.Context, m Member, limit int) (Member, error)
	RemoveMember(ctx context.Context, roomID, personID string) error
	// AddGuest is AddMember with the hash of the guest's token.
	AddGuest(ctx context.Context, m Member, tokenHash string, limit int) error
	// GuestByToken finds a guest of one room.
	GuestByToken(ctx context.Context, roomID, tokenHash string) (Member, error)
}

// Entries finds a room and somebody's place in it: ErrRoomNotFound, or
// ErrMemberNotFound with the room.
type Entries interface {
	Entry(ctx context.Context, roomID, personID string) (Room, Member, error)
	// Glance is Entry as it was, at most, two seconds ago.
	Glance(ctx context.Context, roomID, personID string) (Room, Member, error)
}

// RoomChanges stores what becomes of rooms.
type RoomChanges interface {
	// SwapRoom stores next if the stored version is still from; swapped is
	// false, without an error, when it is not. When next takes no guests, all
	// of them and their tokens are removed with it; gone are their ids.
	SwapRoom(ctx context.Context, from int64, next Room) (gone []string, swapped bool, err error)
	// DeleteRoom removes a room with everything it owns.
	DeleteRoom(ctx context.Context, roomID string) error
	// OwnRooms lists the rooms a person created, oldest first.
	OwnRooms(ctx context.Context, creatorID string) ([]RoomName, error)
	// HandOver makes an active member the creator and the creator an admin. It
	// answers ErrMemberNotFound when either is not that any more.
	HandOver(ctx context.Context, roomID, from, to string) error
	// TouchRoom notes that a room is used.
	TouchRoom(ctx context.Context, roomID string, atMS int64) error
	// IdleRooms lists open rooms not used since, longest idle first.
	IdleRooms(ctx context.Context, sinceMS int64, limit int) ([]Room, error)
}

// MemberChanges stores what becomes of members.
type MemberChanges interface {
	// SwapMember stores next if the stored version is still from. A member who
	// becomes active takes a place: ErrRoomFull when limit are taken.
	SwapMember(ctx context.Context, from int64, next Member, limit int) (swapped bool, err error)
	// Kick removes a member and keeps them from coming back before untilMS.
	Kick(ctx context.Context, roomID, personID string, nowMS, untilMS int64) error
	// KickedUntil is when a person may come back; 0 = now.
	KickedUntil(ctx context.Context, roomID, personID string) (untilMS int64, err error)
	// RoomsOf lists the ids of the rooms a person has a membership in.
	RoomsOf(ctx context.Context, personID string) ([]string, error)
	// Faces finds members by their seats; those who are gone are left out.
	Faces(ctx context.Context, seats []Seat) ([]Member, error)
}

// RoomName is a room by id and name.
type RoomName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Seat is one person's place in one room.
type Seat struct{ RoomID, PersonID string }

// Playbacks stores the playback of each room.
type Playbacks interface {
	Playback(ctx context.Context, roomID string) (screen.Playback, error)
	// SwapPlayback stores next if the stored version is still from; swapped
	// is false, without an error, when it is not.
	SwapPlayback(ctx context.Context, roomID string, from int64, next screen.Playback) (swapped bool, err error)
}

// Playlists stores items. Every change makes a new version of the whole list.
type Playlists interface {
	Playlist(ctx context.Context, roomID string) (screen.Playlist, error)
	Item(ctx context.Context, roomID, itemID string) (screen.Item, error)
	// ItemByStream finds a live item; an empty roomID means any room.
	ItemByStream(ctx context.Context, roomID, stream string) (screen.Item, error)
	// ChangePlaylist gives a rule the list as it is, with what can still be
	// brought back, and stores the edit it makes; nobody else changes the list
	// meanwhile. An empty edit makes no new version. The rule must not block.
	ChangePlaylist(ctx context.Context, roomID string, rule func(screen.Playlist) (screen.Edit, error)) (version int64, err error)
	// PurgeDeleted removes at most limit items and folders that were deleted
	// before an instant for good, and says how many.
	PurgeDeleted(ctx context.Context, beforeMS int64, limit int) (removed int, err error)
}

// Endings stores what autoplay needs to know.
type Endings interface {
	// DuePlaybacks lists rooms whose playback will ever be due, the earliest first.
	DuePlaybacks(ctx context.Context, limit int) ([]screen.Due, error)
	// PutReport keeps a person's last word about what plays in a room.
	PutReport(ctx context.Context, roomID string, r screen.Report) error
	// Reports lists what people said about one epoch.
	Reports(ctx context.Context, roomID string, epoch int64) ([]screen.Report, error)
}

// Messages stores what is said.
type Messages interface {
	// AddMessage stores a message and returns it with its sequence number.
	AddMessage(ctx context.Context, roomID string, m talk.Message) (talk.Message, error)
	// MessagesBefore gives at most limit messages below seq (0 = the newest),
	// oldest first.
	MessagesBefore(ctx context.Context, roomID string, seq int64, limit int) ([]talk.Message, error)
	// MessagesAfter is the other direction: above seq, oldest first.
	MessagesAfter(ctx context.Context, roomID string, seq int64, limit int) ([]talk.Message, error)
	// Message answers ErrMessageNotFound when the room has none of this id.
	Message(ctx context.Context, roomID, messageID string) (talk.Message, error)
	// AddMessageAfter is AddMessage for slow mode: when the author's last
	// message is younger than gap, nothing is stored and wait is above zero.
	AddMessageAfter(ctx context.Context, roomID string, m talk.Message, gap time.Duration) (stored talk.Message, wait time.Duration, err error)
	// ChangeMessage stores what change makes of a message. Changes of one
	// message happen one after the other; change is called once and must not
	// block. When it answers an error nothing is stored, and the message as it
	// is comes back with that error.
	ChangeMessage(ctx context.Context, roomID, messageID string, change func(talk.Message) (talk.Message, error)) (talk.Message, error)
	// TrimMessages deletes at most limit of the oldest messages said before an
	// instant, in any room, and tells how many.
	TrimMessages(ctx context.Context, beforeMS int64, limit int) (int, error)
}

// Danmakus stores the comments over films.
type Danmakus interface {
	AddDanmaku(ctx context.Context, roomID string, d talk.Danmaku) error
	// DanmakuBetween gives at most limit comments of an item with
	// fromS <= position < toS, by position.
	DanmakuBetween(ctx context.Context, roomID, itemID string, fromS, toS float64, limit int) ([]talk.Danmaku, error)
	// RemoveDanmaku deletes one; with an author only if it is theirs. Else
	// ErrDanmakuNotFound.
	RemoveDanmaku(ctx context.Context, roomID, danmakuID, authorID string) error
	// TrimDanmaku is TrimMessages for comments.
	TrimDanmaku(ctx context.Context, beforeMS int64, limit int) (int, error)
}

// LiveKeys stores stream keys, by their hash.
type LiveKeys interface {
	AddLiveKey(ctx context.Context, k screen.LiveKey) error
	LiveKeys(ctx context.Context, roomID string) ([]screen.LiveKey, error)
	RemoveLiveKey(ctx context.Context, roomID, keyID string) error
	// LiveKeyByHash answers ErrKeyRefused when there is none.
	LiveKeyByHash(ctx context.Context, hash string) (screen.LiveKey, error)
}

// Announcer tells everybody in a room what happened, on every replica, after
// it is stored. It does not block on receivers and has no error to return: a
// message that is lost is repaired by the next state or by a refresh.
type Announcer interface {
	Announce(ctx context.Context, roomID string, e Event)
	// Online lists the people with an open socket in a room.
	Online(ctx context.Context, roomID string) map[string]bool
	// Tell is Announce to the pages of one person in one room only.
	Tell(ctx context.Context, roomID, personID string, e Event)
	// Retune makes the pages of one person in one room receive these topics
	// and no others: their rights have changed.
	Retune(ctx context.Context, roomID, personID string, topics []Topic)
	// Disconnect ends every socket of one person in one room.
	Disconnect(ctx context.Context, roomID, personID string, why Farewell)
	// Empty ends every socket in a room.
	Empty(ctx context.Context, roomID string, why Farewell)
}

// Farewell says why a socket is ended, so that the page can tell the person.
type Farewell string

// The reasons to end a socket.
const (
	SessionEnded Farewell = "session_ended"
	Removed      Farewell = "removed"
	Kicked       Farewell = "kicked"
	Banned       Farewell = "banned"
	RoomGone     Farewell = "room_gone"
)

// Description is what a source says about an address or a path.
type Description struct {
	Source    screen.Source
	Title     string
	Live      bool
	DurationS float64 // 0 = unknown
}

// Media knows the sources.
type Media interface {
	// Describe looks at what a person wants to add. It refuses what no source
	// knows, and what this person may not reach.
	Describe(ctx context.Context, who Person, n NewItem) (Description, error)
	// Play says what a player opens for an item. It does not block.
	Play(it screen.Item) screen.Play
}

// Streams is the live relay of all replicas, as far as rooms need it.
type Streams interface {
	// Cut ends a stream by its public name, CutKey what a key publishes.
	Cut(stream string)
	CutKey(keyID string)
	// StreamInfo tells about a stream; ok is false when nobody publishes it. It
	// may ask other replicas.
	StreamInfo(stream string) (st screen.Stream, ok bool)
}

// Passwords makes and checks slow hashes. Both block while too many others
// hash, and end with the context.
type Passwords interface {
	HashPassword(ctx context.Context, password string) (string, error)
	CheckPassword(ctx context.Context, password, hash string) (bool, error)
}

// Locks serialises the commands that would contend (SPEC §3). Correctness does
// not rest on them: versions and unique constraints hold without.
type Locks interface {
	// WithLock waits for the lock, runs work while holding it and gives work's
	// own result; cluster.ErrLocked when ctx ended first.
	WithLock(ctx context.Context, key string, ttl time.Duration, work func(context.Context) error) error
}

// Ports is everything the use cases stand on.
type Ports struct {
	Entries   Entries
	Rooms     Rooms
	Members   Members
	Playbacks Playbacks
	Playlists Playlists
	Endings   Endings
	Messages  Messages
	Danmakus  Danmakus
	LiveKeys  LiveKeys
	Announcer Announcer
	Media     Media
	Streams   Streams
	Passwords Passwords
	Locks     Locks
	Audit     audit.Log
	Records   audit.Reader

	RoomChanges   RoomChanges
	MemberChanges MemberChanges
	// RoomQuota is how many rooms one person may create; 0 = no limit.
	RoomQuota func() int

	Now func() time.Time // the cluster's time
}
