// Package setting is what admins change while the server runs, for all replicas
// together. It knows the keys, their defaults and what values they take, and
// nothing of where they are kept.
package setting

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"synctv/internal/problem"
)

// Settings are those that hold.
type Settings struct {
	Signup       string // open, approval or closed
	RoomQuota    int    // most rooms of one person; 0 = no limit
	ChatDays     int    // messages older than so many days are deleted; 0 = never
	Announcement string // stands on the first page; empty: nothing
}

// MaxAnnouncement is in characters.
const MaxAnnouncement = 500

// Key is one of them.
type Key struct {
	Name string // as in the configuration, where it is there, too
	Help string
	get  func(Settings) string
	set  func(s *Settings, value string) error
}

// Keys lists them all.
func Keys() []Key {
	return []Key{
		{
			"announcement", "a line on the first page, for everybody",
			func(s Settings) string { return s.Announcement },
			func(s *Settings, v string) error {
				if utf8.RuneCountInString(v) > MaxAnnouncement {
					return fmt.Errorf("at most %d characters", MaxAnnouncement)
				}
				s.Announcement = v
				return nil
			},
		},
		{
			"chat-retention", "delete messages and comments over films after so many days; 0 = never",
			func(s Settings) string { return strconv.Itoa(s.ChatDays) },
			func(s *Settings, v string) error { return number(&s.ChatDays, v, 36500) },
		},
		{
			"room-quota", "most rooms one person may create; 0 = no limit",
			func(s Settings) string { return strconv.Itoa(s.RoomQuota) },
			func(s *Settings, v string) error { return number(&s.RoomQuota, v, 1_000_000) },
		},
		{
			"signup", "new accounts: open, approval or closed",
			func(s Settings) string { return s.Signup },
			func(s *Settings, v string) error {
				switch v {
				case "open", "approval", "closed":
					s.Signup = v
					return nil
				}
				return fmt.Errorf("%q is none of open, approval, closed", v)
			},
		},
	}
}

func number(to *int, v string, most int) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > most {
		return fmt.Errorf("%q is not a number from 0 to %d", v, most)
	}
	*to = n
	return nil
}

// ErrUnknown is for a name that is none.
var ErrUnknown = problem.New(problem.NotFound, "setting_not_found", "There is no such setting.")

// Check says whether a value may be given to a key.
func Check(name, value string) error {
	for _, k := range Keys() {
		if k.Name != name {
			continue
		}
		if err := k.set(&Settings{}, value); err != nil {
			return problem.InvalidField("body.value", "invalid", err.Error())
		}
		return nil
	}
	return ErrUnknown
}

// Over puts what is stored over the configuration's values. What is stored and
// cannot be read (an older program's, a newer one's) is passed over.
func Over(base Settings, stored map[string]string) Settings {
	for _, k := range Keys() {
		if v, ok := stored[k.Name]; ok {
			_ = k.set(&base, v) // on an error nothing has changed
		}
	}
	return base
}

// Line is one setting as people see it.
type Line struct {
	Key     string `json:"key"`
	Value   string `json:"value" doc:"what holds"`
	Default string `json:"default" doc:"of the configuration: what holds when it is taken back"`
	Set     bool   `json:"set" doc:"it was set here, over the configuration"`
	Help    string `json:"help"`
}

// Lines shows all of them, by name.
func Lines(base Settings, stored map[string]string) []Line {
	now := Over(base, stored)
	list := make([]Line, 0, len(Keys()))
	for _, k := range Keys() {
		_, set := stored[k.Name]
		list = append(list, Line{k.Name, k.get(now), k.get(base), set, k.Help})
	}
	return list
}
