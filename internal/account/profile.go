package account

import (
	"context"
	"fmt"

	"synctv/internal/audit"
	"synctv/internal/problem"
	"synctv/internal/text"
)

// maxTokenName is the longest name of an access token, in characters.
const maxTokenName = 60

func checkTokenName(name string) (string, error) {
	name = text.Line(name)
	switch n := len([]rune(name)); {
	case n == 0:
		return "", problem.InvalidField("body.name", "required", "Give the token a name.")
	case n > maxTokenName:
		return "", problem.InvalidField("body.name", "too_long", "This name is too long.")
	}
	return name, nil
}

// Profile is what a person may change about themselves; nil stays.
type Profile struct {
	Name, Color *string
}

// UpdateProfile changes a person's own name and colour, and tells the rooms
// they are in.
func (s *Service) UpdateProfile(ctx context.Context, who User, p Profile) (User, error) {
	u, err := s.change(ctx, who.ID, func(u User) (User, error) { return p.apply(u) })
	if err != nil {
		return User{}, err
	}
	if s.AccountChanged != nil && (u.Name != who.Name || u.Color != who.Color) {
		s.AccountChanged(ctx, u.ID)
	}
	if u.Name != who.Name {
		s.record(ctx, audit.Entry{Action: "user.rename", Actor: party(who), Target: party(u), Detail: map[string]string{"from": who.Name}})
	}
	return u, nil
}

func (p Profile) apply(u User) (User, error) {
	var err error
	if p.Name != nil {
		if u.Name, err = checkUserName(*p.Name); err != nil {
			return u, err
		}
	}
	if p.Color != nil {
		u.Color, err = checkColor(*p.Color)
	}
	return u, err
}

// changeTries bounds how often a change is made again on a newer account.
const changeTries = 5

// change loads an account, applies a rule to it and stores the result; when
// somebody else was faster, again. An account that a rule leaves as it is is
// not stored.
func (s *Service) change(ctx context.Context, id string, rule func(User) (User, error)) (User, error) {
	for range changeTries {
		u, err := s.Users.User(ctx, id)
		if err != nil {
			return User{}, err
		}
		next, err := rule(u)
		if err != nil || next == u {
			return next, err
		}
		next.Version++
		swapped, err := s.Users.SwapUser(ctx, next, u.Version)
		if err != nil || swapped {
			return next, err
		}
	}
	return User{}, problem.New(problem.Conflict, "conflict", "Somebody else changed this at the same time; try again.")
}

// ChangePassword wants the old one, and ends every session but the one in use.
func (s *Service) ChangePassword(ctx context.Context, who User, keep, old, password string, d Device) error {
	if err := checkPassword("body.new_password", password); err != nil {
		return err
	}
	if err := s.confirm(ctx, who, old, d); err != nil {
		return err
	}
	if err := s.setPassword(ctx, who, keep, password); err != nil {
		return err
	}
	s.record(ctx, audit.Entry{Action: "user.password", Actor: party(who), Target: party(who)})
	return nil
}

// setPassword stores a new password over the one u has, and ends all sessions
// but one (empty: all).
func (s *Service) setPassword(ctx context.Context, u User, keep, password string) error {
	hash, err := s.Passwords.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	ended, swapped, err := s.Lists.SwapPassword(ctx, u.ID, u.PasswordHash, hash, keep)
	if err != nil {
		return fmt.Errorf("store a password: %w", err)
	}
	if !swapped {
		return problem.New(problem.Conflict, "conflict", "Somebody else changed this at the same time; try again.")
	}
	s.endSockets(ctx, u.ID, ended)
	return nil
}

// confirm makes sure that it is the person who asks, and not somebody at their
// unlocked computer. Wrong tries count like those of signing in.
func (s *Service) confirm(ctx context.Context, who User, password string, d Device) error {
	attempt, err := s.Limits.begin(s.Now(), who.NameKey(), d.Address, func() (bool, error) { return true, nil })
	if err != nil {
		return err
	}
	ok, err := s.matches(ctx, password, who.PasswordHash)
	if err != nil {
		return err
	}
	if !ok {
		return ErrWrongPassword
	}
	attempt.succeeded()
	return nil
}

func (s *Service) matches(ctx context.Context, password, hash string) (bool, error) {
	if len(password) > maxPassword {
		return false, nil
	}
	return s.Passwords.CheckPassword(ctx, password, hash)
}

// Delete forgets a person who proves it is them. Their rooms pass on first.
func (s *Service) Delete(ctx context.Context, who User, password string, d Device) error {
	if who.Role == Root {
		return ErrRootStays
	}
	if err := s.confirm(ctx, who, password, d); err != nil {
		return err
	}
	if s.AccountGone != nil {
		if err := s.AccountGone(ctx, who.ID); err != nil {
			return fmt.Errorf("hand on the rooms of %s: %w", who.ID, err)
		}
	}
	if err := s.Users.RemoveUser(ctx, who.ID); err != nil {
		return err
	}
	s.Sockets.EndPerson(ctx, who.ID)
	s.record(ctx, audit.Entry{Action: "user.delete", Actor: party(who), Target: party(who)})
	return nil
}
