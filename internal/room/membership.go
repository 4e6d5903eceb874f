package room

import (
	"context"
	"errors"
	"time"

	"synctv/internal/right"
	"synctv/internal/talk"
)

// Limits of what is done to members.
const (
	defaultCooldown = 5 * time.Minute
	maxCooldown     = 24 * time.Hour
	maxMute         = 30 * 24 * time.Hour
	maxReason       = 200
	maxPending      = 200 // how many may wait to be let in
)

// MemberAct is one decision about one member.
type MemberAct struct {
	PersonID string
	Version  *int64 // of the membership it is based on; nil = whatever there is
	Reason   string // in the actor's words, may be empty
}

// memberRule says what becomes of a member, or why not.
type memberRule func(a Access, m Member) (Member, error)

// SetRole makes a member an admin or an admin a member.
func (s *Service) SetRole(ctx context.Context, roomID string, who Person, act MemberAct, role Role) (MemberView, error) {
	return s.decide(ctx, roomID, who, act, right.ManageAdmin, "member.role", func(a Access, m Member) (Member, error) {
		if m.Status != MemberActive {
			return m, ErrMemberNotFound
		}
		return a.withRole(m, role)
	})
}

// SetRights sets what a member may do beyond, and not do within, their role.
func (s *Service) SetRights(ctx context.Context, roomID string, who Person, act MemberAct, added, removed []string) (MemberView, error) {
	return s.decide(ctx, roomID, who, act, right.SetMemberPermissions, "member.permissions", func(a Access, m Member) (Member, error) {
		if m.Status != MemberActive {
			return m, ErrMemberNotFound
		}
		return a.withRights(m, added, removed)
	})
}

// Mute keeps a member from talking for a while; 0 lets them talk again.
func (s *Service) Mute(ctx context.Context, roomID string, who Person, act MemberAct, length time.Duration) (MemberView, error) {
	until := int64(0)
	if length > 0 {
		until = s.nowMS() + min(length, maxMute).Milliseconds()
	}
	return s.decide(ctx, roomID, who, act, right.KickMember, "member.mute", func(_ Access, m Member) (Member, error) {
		if m.Status != MemberActive {
			return m, ErrMemberNotFound
		}
		m.MutedUntilMS = until
		return m, nil
	})
}

// Approve lets somebody in who waits.
func (s *Service) Approve(ctx context.Context, roomID string, who Person, act MemberAct) (v MemberView, err error) {
	err = s.withPlace(ctx, roomID, func() error {
		v, err = s.decide(ctx, roomID, who, act, right.ApproveMember, "member.approve", func(_ Access, m Member) (Member, error) {
			if m.Status != MemberPending {
				return m, ErrMemberNotFound
			}
			m.Status = MemberActive
			return m, nil
		})
		return err
	})
	if err == nil {
		s.noteMember(ctx, Member{RoomID: roomID, PersonID: v.ID, Name: v.Name, Color: v.Color}, talk.LineJoined)
	}
	return v, err
}

// BanMember keeps somebody out until they are let back in.
func (s *Service) BanMember(ctx context.Context, roomID string, who Person, act MemberAct) (MemberView, error) {
	return s.decide(ctx, roomID, who, act, right.BanMember, "member.ban", func(a Access, m Member) (Member, error) {
		if m.Status == MemberBanned {
			return m, nil
		}
		m.Status, m.Role, m.Added, m.Removed = MemberBanned, lowest(m), 0, 0
		m.Ban = Ban{Reason: checkReason(act.Reason), ByName: a.Member.Name, AtMS: s.nowMS()}
		return m, nil
	})
}

// lowest is the role somebody comes back with.
func lowest(m Member) Role {
	if m.Kind == KindGuest {
		return RoleGuest
	}
	return PlainUser
}

// Unban forgets somebody's ban, and with it their membership: they come in by
// the gate again, past password and approval like everybody.
func (s *Service) Unban(ctx context.Context, roomID string, who Person, act MemberAct) error {
	return s.remove(ctx, roomID, who, act, removal{
		need: right.BanMember, action: "member.unban", status: MemberBanned,
	})
}

// Decline refuses somebody who waits to be let in.
func (s *Service) Decline(ctx context.Context, roomID string, who Person, act MemberAct) error {
	return s.remove(ctx, roomID, who, act, removal{
		need: right.ApproveMember, action: "member.decline", status: MemberPending, cooldown: defaultCooldown,
	})
}

// Kick sends somebody out, for a while. A guest's token dies with it.
func (s *Service) Kick(ctx context.Context, roomID string, who Person, act MemberAct, cooldown time.Duration) error {
	if cooldown <= 0 {
		cooldown = defaultCooldown
	}
	return s.remove(ctx, roomID, who, act, removal{
		need: right.KickMember, action: "member.kick", status: MemberActive, cooldown: min(cooldown, maxCooldown),
	})
}

// decide is the way every change of a member goes: lock, look who asks, apply
// the rules, compare-and-swap, tell, record.
func (s *Service) decide(ctx context.Context, roomID string, who Person, act MemberAct,
	need right.Permissions, action string, rule memberRule,
) (view MemberView, err error) {
	err = s.locked(ctx, "member_perm:"+roomID+":"+act.PersonID, memberLock, func(ctx context.Context) error {
		a, m, err := s.aim(ctx, roomID, who, act, need)
		if err != nil {
			return err
		}
		next, err := rule(a, m)
		if err != nil {
			return err
		}
		if next == m {
			view = m.View(Effective(a.Room.Settings, m), s.Announcer.Online(ctx, roomID)[m.PersonID])
			return nil
		}
		next.Version = m.Version + 1
		if err := s.swapMember(ctx, a.Room, m, next); err != nil {
			return err
		}
		view = s.tellMember(ctx, a.Room, next)
		s.record(ctx, roomID, action, a.By(), next.by(), checkReason(act.Reason), next.changes(m))
		return nil
	})
	return view, err
}

// aim finds who asks and whom it is about, and checks the rules that hold for
// every decision.
func (s *Service) aim(ctx context.Context, roomID string, who Person, act MemberAct, need right.Permissions) (Access, Member, error) {
	a, err := s.require(ctx, roomID, who, need)
	if err != nil {
		return Access{}, Member{}, err
	}
	m, err := s.Members.Member(ctx, roomID, act.PersonID)
	if err != nil {
		return Access{}, Member{}, err
	}
	if err := a.mayTouch(m); err != nil {
		return Access{}, Member{}, err
	}
	if act.Version != nil && *act.Version != m.Version {
		return Access{}, Member{}, s.memberConflict(a.Room, m)
	}
	return a, m, nil
}

func (s *Service) memberConflict(r Room, now Member) error {
	return ErrMemberConflict.WithCurrent(now.View(Effective(r.Settings, now), false))
}

func (s *Service) swapMember(ctx context.Context, r Room, was, next Member) error {
	swapped, err := s.MemberChanges.SwapMember(ctx, was.Version, next, r.Settings.MaxMembers)
	if err != nil || swapped {
		return err
	}
	now, err := s.Members.Member(ctx, r.ID, was.PersonID)
	if err != nil {
		return err
	}
	return s.memberConflict(r, now)
}

// tellMember makes a change of a member reach everybody it concerns at once:
// their own pages, the room, and the stream they may no longer publish.
func (s *Service) tellMember(ctx context.Context, r Room, m Member) MemberView {
	s.dropStreams(ctx, r, m)
	v := m.View(Effective(r.Settings, m), s.Announcer.Online(ctx, r.ID)[m.PersonID])
	if m.Status == MemberBanned {
		s.sendAway(ctx, r.ID, m.PersonID, Banned)
		return v
	}
	s.tellRights(ctx, r, m)
	s.Announcer.Announce(ctx, r.ID, Event{Type: EventMember, Member: &v})
	return v
}

// dropStreams ends the keys of somebody who may not publish any more.
func (s *Service) dropStreams(ctx context.Context, r Room, m Member) {
	if !Effective(r.Settings, m).Has(right.PublishLive) {
		s.dropKeys(ctx, r.ID, m.PersonID)
	}
}

// dropKeys ends all stream keys one person made in a room. What cannot be
// ended now is refused when it is shown: see AdmitPublisher.
func (s *Service) dropKeys(ctx context.Context, roomID, personID string) {
	keys, err := s.LiveKeys.LiveKeys(ctx, roomID)
	if err != nil {
		return
	}
	for _, k := range keys {
		if k.CreatedBy.ID != personID {
			continue
		}
		s.Streams.CutKey(k.ID)
		_ = s.LiveKeys.RemoveLiveKey(ctx, roomID, k.ID) // see above
	}
}

// sendAway makes a room forget somebody and ends their pages.
func (s *Service) sendAway(ctx context.Context, roomID, personID string, why Farewell) {
	s.dropKeys(ctx, roomID, personID)
	s.Announcer.Announce(ctx, roomID, Event{Type: EventMemberGone, ID: personID})
	s.Announcer.Disconnect(ctx, roomID, personID, why)
}

// removal is a decision that ends a membership.
type removal struct {
	need     right.Permissions
	action   string
	status   MemberStatus  // in which it may be ended this way
	cooldown time.Duration // before they may come back
}

func (s *Service) remove(ctx context.Context, roomID string, who Person, act MemberAct, how removal) error {
	return s.locked(ctx, "member_perm:"+roomID+":"+act.PersonID, memberLock, func(ctx context.Context) error {
		a, m, err := s.aim(ctx, roomID, who, act, how.need)
		if err != nil {
			return err
		}
		if m.Status != how.status {
			return ErrMemberNotFound
		}
		now := s.nowMS()
		if err := s.MemberChanges.Kick(ctx, roomID, m.PersonID, now, now+how.cooldown.Milliseconds()); err != nil {
			return err
		}
		s.sendAway(ctx, roomID, m.PersonID, Kicked)
		s.record(ctx, roomID, how.action, a.By(), m.by(), checkReason(act.Reason), nil)
		return nil
	})
}

// ReadBans lists who is kept out of a room, and why.
func (s *Service) ReadBans(ctx context.Context, roomID string, who Person) ([]BannedView, error) {
	if _, err := s.require(ctx, roomID, who, right.BanMember); err != nil {
		return nil, err
	}
	members, err := s.Members.Members(ctx, roomID)
	if err != nil {
		return nil, err
	}
	bans := []BannedView{}
	for _, m := range members {
		if m.Status == MemberBanned {
			bans = append(bans, BannedView{ID: m.PersonID, Kind: m.Kind, Name: m.Name, Color: m.Color, Ban: m.Ban})
		}
	}
	return bans, nil
}

// kickedOut tells whether somebody was sent out and has to wait.
func (s *Service) kickedOut(ctx context.Context, roomID, personID string) error {
	until, err := s.MemberChanges.KickedUntil(ctx, roomID, personID)
	if err != nil {
		return err
	}
	if wait := until - s.nowMS(); wait > 0 {
		return ErrKicked.WithRetryAfter(time.Duration(wait) * time.Millisecond)
	}
	return nil
}

// keptOut tells whether somebody who would come in as a new guest is known
// here already: banned, waiting, sent out or in as a guest.
func (s *Service) keptOut(ctx context.Context, roomID string, who Person) error {
	if who.ID == "" {
		return nil
	}
	m, err := s.Members.Member(ctx, roomID, who.ID)
	if errors.Is(err, ErrMemberNotFound) {
		return s.kickedOut(ctx, roomID, who.ID)
	}
	if err != nil {
		return err
	}
	switch {
	case m.Status == MemberBanned:
		return ErrMemberBanned
	case m.Status == MemberPending:
		return ErrMemberPending
	case m.Kind == KindGuest:
		return ErrAlreadyGuest
	}
	return nil
}
