package main

import (
	"context"
	"errors"
	"log/slog"

	"synctv/internal/account"
	"synctv/internal/mark"
	"synctv/internal/realtime"
	"synctv/internal/room"
	"synctv/internal/screen"
	"synctv/internal/store"
	"synctv/internal/waiting"
)

// doors is account.Sockets on the node.
type doors struct{ node *realtime.Node }

func (d doors) EndSession(ctx context.Context, personID, sessionID string) {
	d.node.EndSession(ctx, personID, sessionID)
}

func (d doors) EndPerson(ctx context.Context, personID string) {
	d.node.EndPerson(ctx, personID, room.SessionEnded)
}

func (d doors) Renew(ctx context.Context, personID string) { d.node.Renew(ctx, personID) }

// visitors is what sockets ask: the rooms, and the account behind a socket as
// it is now.
type visitors struct {
	*room.Service
	accounts *account.Service
	db       *store.Store
	waits    *waiting.Service
}

// Word implements realtime.Rooms.
func (v visitors) Word(ctx context.Context, roomID string, who room.Person, w screen.Word) error {
	return v.waits.Hear(ctx, roomID, who, w)
}

// Silent implements realtime.Rooms.
func (v visitors) Silent(ctx context.Context, roomID, page string) {
	v.waits.Silent(ctx, roomID, page)
}

// Presence implements realtime.Rooms: nobody waits for who has left.
func (v visitors) Presence(ctx context.Context, roomID, personID string, online bool) error {
	err := v.Service.Presence(ctx, roomID, personID, online)
	if !online {
		err = errors.Join(err, v.waits.Left(ctx, roomID, personID))
	}
	return err
}

// Marks implements realtime.Rooms.
func (v visitors) Marks(ctx context.Context, roomIDs []string) (map[string]mark.Marks, error) {
	return v.db.Marks(ctx, roomIDs)
}

// Standing implements realtime.Rooms.
func (v visitors) Standing(ctx context.Context, who room.Person, sessionID string) (room.Person, error) {
	if sessionID == "" {
		return who, nil // a guest: the room knows them
	}
	u, err := v.accounts.Standing(ctx, sessionID)
	if err != nil {
		return room.Person{}, err
	}
	who.Name, who.Color, who.GlobalAdmin, who.Restricted = u.Name, u.Color, u.GlobalAdmin(), u.Status != account.Active
	return who, nil
}

// tellRooms lets the rooms of a person know that they look different now.
func tellRooms(rooms *room.Service, log *slog.Logger) func(context.Context, string) {
	return func(ctx context.Context, personID string) {
		if err := rooms.PersonChanged(ctx, personID); err != nil {
			log.WarnContext(ctx, "rooms were not told of a new name", "error", err)
		}
	}
}
