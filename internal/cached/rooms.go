package cached

import (
	"context"
	"strings"
	"time"

	"synctv/internal/cluster"
	"synctv/internal/room"
)

// memoryOf is how much each of the two caches may take: some ten thousand
// copies.
const memoryOf = 16 << 20

// Stored is what the store says and does about rooms and who is in them.
type Stored interface {
	room.Rooms
	room.Members
	room.RoomChanges
	room.MemberChanges
	Entry(ctx context.Context, roomID, personID string) (room.Room, room.Member, error)
}

// Rooms is the store with copies of rooms and members before it. Everything asks
// the store itself but Glance; what changes something forgets the copies once it
// is done, here and on all replicas.
type Rooms struct {
	Stored
	rooms   *Cache[room.Room]
	members *Cache[room.Member]
	tell    func(ctx context.Context, what string)
}

// NewRooms puts caches before a store. tell says to the other replicas what they
// must Forget; nil: alone.
func NewRooms(s Stored, shelf cluster.Shelf, now func() time.Time, tell func(ctx context.Context, what string)) *Rooms {
	return &Rooms{
		Stored: s, tell: tell,
		rooms:   New[room.Room](Options{Name: "room1", Missing: room.ErrRoomNotFound, Weight: memoryOf, Shelf: shelf, Now: now}),
		members: New[room.Member](Options{Name: "member1", Missing: room.ErrMemberNotFound, Weight: memoryOf, Shelf: shelf, Now: now}),
	}
}

// Glance implements room.Entries. The room's password hash stays in the store.
func (r *Rooms) Glance(ctx context.Context, roomID, personID string) (room.Room, room.Member, error) {
	of, err := r.rooms.Get(ctx, roomID, func(ctx context.Context) (room.Room, error) {
		of, err := r.Stored.Room(ctx, roomID)
		of.PasswordHash = ""
		return of, err
	})
	if err != nil {
		return room.Room{}, room.Member{}, err
	}
	m, err := r.members.Get(ctx, place(roomID, personID), func(ctx context.Context) (room.Member, error) {
		return r.Stored.Member(ctx, roomID, personID)
	})
	return of, m, err
}

// place names somebody's place in a room, and with nobody the room itself: ids
// have no slash.
func place(roomID, personID string) string { return roomID + "/" + personID }

// Forget drops what this replica knows of a place, as another one says.
func (r *Rooms) Forget(place string) {
	roomID, personID, _ := strings.Cut(place, "/")
	if personID == "" {
		r.rooms.ForgetHere(roomID)
	} else {
		r.members.ForgetHere(place)
	}
}

// changed forgets a room (no person) or places in it, everywhere. It is called
// whether or not the change succeeded: it may have, without our hearing of it.
func (r *Rooms) changed(ctx context.Context, roomID string, people ...string) {
	if len(people) == 0 {
		people = []string{""}
	}
	for _, id := range people {
		if id == "" {
			r.rooms.Forget(ctx, roomID)
		} else {
			r.members.Forget(ctx, place(roomID, id))
		}
		if r.tell != nil {
			r.tell(ctx, place(roomID, id))
		}
	}
}

// AddMember implements room.Members: that somebody was not in may be known.
func (r *Rooms) AddMember(ctx context.Context, m room.Member, limit int) (room.Member, error) {
	defer r.changed(ctx, m.RoomID, m.PersonID)
	return r.Stored.AddMember(ctx, m, limit)
}

// RemoveMember implements room.Members.
func (r *Rooms) RemoveMember(ctx context.Context, roomID, personID string) error {
	defer r.changed(ctx, roomID, personID)
	return r.Stored.RemoveMember(ctx, roomID, personID)
}

// SwapRoom implements room.RoomChanges.
func (r *Rooms) SwapRoom(ctx context.Context, from int64, next room.Room) (gone []string, swapped bool, err error) {
	defer func() { r.changed(ctx, next.ID, append([]string{""}, gone...)...) }()
	return r.Stored.SwapRoom(ctx, from, next)
}

// DeleteRoom implements room.RoomChanges.
func (r *Rooms) DeleteRoom(ctx context.Context, roomID string) error {
	defer r.changed(ctx, roomID)
	return r.Stored.DeleteRoom(ctx, roomID)
}

// HandOver implements room.RoomChanges.
func (r *Rooms) HandOver(ctx context.Context, roomID, from, to string) error {
	defer r.changed(ctx, roomID, "", from, to)
	return r.Stored.HandOver(ctx, roomID, from, to)
}

// SwapMember implements room.MemberChanges.
func (r *Rooms) SwapMember(ctx context.Context, from int64, next room.Member, limit int) (bool, error) {
	defer r.changed(ctx, next.RoomID, next.PersonID)
	return r.Stored.SwapMember(ctx, from, next, limit)
}

// Kick implements room.MemberChanges.
func (r *Rooms) Kick(ctx context.Context, roomID, personID string, nowMS, untilMS int64) error {
	defer r.changed(ctx, roomID, personID)
	return r.Stored.Kick(ctx, roomID, personID, nowMS, untilMS)
}

// Count is a number that one of the caches keeps.
type Count struct {
	Cache string
	Level string // empty: the weight
	Read  func() int64
}

// Counts is all of them.
func (r *Rooms) Counts() []Count {
	return append(counts("rooms", r.rooms), counts("members", r.members)...)
}

func counts[V any](name string, c *Cache[V]) []Count {
	list := []Count{{Cache: name, Read: func() int64 { return int64(c.Weight()) }}} //nolint:gosec // at most memoryOf
	for l := range levels {
		list = append(list, Count{Cache: name, Level: l.String(), Read: func() int64 { return c.Answered(l) }})
	}
	return list
}
