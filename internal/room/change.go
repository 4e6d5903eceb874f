package room

import (
	"context"
	"strings"

	"synctv/internal/ident"
	"synctv/internal/problem"
	"synctv/internal/right"
	"synctv/internal/text"
)

// Change is what somebody wants different about a room; nil leaves it. A
// preset is applied first.
type Change struct {
	Version     *int64 // the one the change is based on; nil = whatever there is
	Name        *string
	Description *string
	Visibility  *Visibility
	Preset      Preset
	Settings    []byte // JSON merge patch of the settings
}

// apply is the rule: the room as this person would have it, or why not.
func (c Change) apply(a Access) (Room, error) {
	next, err := c.Preset.apply(a.Room)
	if err != nil {
		return Room{}, err
	}
	if c.Name != nil {
		if next.Name, err = CheckName(*c.Name); err != nil {
			return Room{}, err
		}
	}
	if c.Description != nil {
		if next.Description, err = text.Check("body.description", *c.Description, 0, MaxRoomDescription); err != nil {
			return Room{}, err
		}
	}
	if c.Visibility != nil {
		if next.Visibility = *c.Visibility; next.Visibility != Listed && next.Visibility != Hidden {
			return Room{}, problem.InvalidField("body.visibility", "unknown", "A room is listed or hidden.")
		}
	}
	if c.Settings != nil {
		if next.Settings, err = next.Settings.Merge(c.Settings); err != nil {
			return Room{}, err
		}
	}
	return next, a.maySet(next.Settings)
}

// ChangeRoom changes what a room is called and how it is run.
func (s *Service) ChangeRoom(ctx context.Context, roomID string, who Person, c Change) (RoomDetails, error) {
	enter := func(ctx context.Context) (Access, error) { return s.require(ctx, roomID, who, right.SetRoomSettings) }
	return s.changeRoom(ctx, roomID, "room.settings", c.Version, enter, c.apply)
}

// SetPassword sets, changes or (empty) removes a room's password. Whoever is
// in stays in. Hashing is done before anything is locked.
func (s *Service) SetPassword(ctx context.Context, roomID string, who Person, password string) (RoomDetails, error) {
	enter := func(ctx context.Context) (Access, error) { return s.require(ctx, roomID, who, right.SetRoomPassword) }
	if _, err := enter(ctx); err != nil {
		return RoomDetails{}, err
	}
	hash, err := s.hashRoomPassword(ctx, password)
	if err != nil {
		return RoomDetails{}, err
	}
	return s.changeRoom(ctx, roomID, "room.password", nil, enter, func(a Access) (Room, error) {
		a.Room.PasswordHash = hash
		return a.Room, nil
	})
}

// changeRoom is the way every change of a room's record goes: lock, look who
// asks, apply the rule, compare-and-swap, tell, record.
func (s *Service) changeRoom(ctx context.Context, roomID, action string, version *int64,
	enter func(context.Context) (Access, error), rule func(Access) (Room, error),
) (RoomDetails, error) {
	var out Room
	err := s.locked(ctx, "room_settings:"+roomID, settingsLock, func(ctx context.Context) error {
		a, err := enter(ctx)
		if err != nil {
			return err
		}
		if version != nil && *version != a.Room.Version {
			return ErrRoomConflict.WithCurrent(a.Room.Details())
		}
		next, err := rule(a)
		if err != nil {
			return err
		}
		out, err = s.swapRoom(ctx, a.Room, next, action, a.By())
		return err
	})
	return out.Details(), err
}

// swapRoom stores a changed room if nobody was faster, then tells everybody
// whom it concerns.
func (s *Service) swapRoom(ctx context.Context, was, next Room, action string, by ident.By) (Room, error) {
	changed := next.changedFrom(was)
	if len(changed) == 0 {
		return was, nil
	}
	next.Version = was.Version + 1
	gone, swapped, err := s.RoomChanges.SwapRoom(ctx, was.Version, next)
	if err != nil {
		return Room{}, err
	}
	if !swapped {
		now, err := s.Rooms.Room(ctx, was.ID)
		if err != nil {
			return Room{}, err
		}
		return Room{}, ErrRoomConflict.WithCurrent(now.Details())
	}
	details := next.Details()
	s.Announcer.Announce(ctx, next.ID, Event{Type: EventRoom, Room: &details, Changed: changed})
	for _, id := range gone {
		s.sendAway(ctx, next.ID, id, Removed)
	}
	if next.Settings.setsDiffer(was.Settings) {
		err = s.retune(ctx, next)
	}
	s.record(ctx, next.ID, action, by, ident.By{}, "", map[string]string{"changed": strings.Join(changed, " ")})
	return next, err
}

// changedFrom names the fields that differ, as the API names them.
func (r Room) changedFrom(was Room) []string {
	names := []string{}
	for _, f := range []struct {
		name    string
		differs bool
	}{
		{"name", r.Name != was.Name}, {"description", r.Description != was.Description},
		{"visibility", r.Visibility != was.Visibility}, {"status", r.Status != was.Status},
		{"password", r.PasswordHash != was.PasswordHash},
	} {
		if f.differs {
			names = append(names, f.name)
		}
	}
	for _, name := range r.Settings.changedFrom(was.Settings) {
		names = append(names, "settings."+name)
	}
	return names
}

// setsDiffer tells whether what a role may do has changed.
func (s Settings) setsDiffer(was Settings) bool {
	return roleSet(s.MemberPermissions, right.DefaultMember) != roleSet(was.MemberPermissions, right.DefaultMember) ||
		roleSet(s.AdminPermissions, right.DefaultAdmin) != roleSet(was.AdminPermissions, right.DefaultAdmin) ||
		roleSet(s.GuestPermissions, right.DefaultGuest) != roleSet(was.GuestPermissions, right.DefaultGuest)
}

// retune tells everybody who is here what they may do from now on.
func (s *Service) retune(ctx context.Context, r Room) error {
	members, err := s.Members.Members(ctx, r.ID)
	if err != nil {
		return err
	}
	online := s.Announcer.Online(ctx, r.ID)
	for _, m := range members {
		if m.Status != MemberActive {
			continue
		}
		s.dropStreams(ctx, r, m)
		if online[m.PersonID] {
			s.tellRights(ctx, r, m)
		}
	}
	return nil
}

// tellRights makes the pages of one member know and receive what their rights
// allow from now on.
func (s *Service) tellRights(ctx context.Context, r Room, m Member) {
	can := Effective(r.Settings, m)
	v := m.View(can, true)
	s.Announcer.Retune(ctx, r.ID, m.PersonID, Access{Can: can}.Topics())
	s.Announcer.Tell(ctx, r.ID, m.PersonID, Event{Type: EventMe, Member: &v})
}
