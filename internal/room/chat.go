package room

import (
	"context"
	"unicode/utf8"

	"synctv/internal/ident"
	"synctv/internal/problem"
	"synctv/internal/text"
)

// MaxMessage is the length of a chat message in characters.
const MaxMessage = 500

// historyPage is how many messages a snapshot carries, and the most a page does.
const (
	historyPage    = 50
	maxHistoryPage = 100
)

// MessageKind tells what people said from what the room says of itself.
type MessageKind string

// The kinds of messages.
const (
	UserMessage   MessageKind = "user"
	SystemMessage MessageKind = "system"
)

// Author is a snapshot of who wrote a message.
type Author struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color"`
}

// Message is one line of a room's talk. Text is text, never HTML.
type Message struct {
	ID        string      `json:"id"`
	Seq       int64       `json:"seq" doc:"number within the room, without gaps"`
	Kind      MessageKind `json:"kind" enum:"user,system"`
	Author    Author      `json:"author"`
	Text      string      `json:"text"`
	ItemID    string      `json:"item_id" doc:"what was playing"`
	PositionS float64     `json:"position_s" doc:"film position in seconds"`
	CreatedMS int64       `json:"created_ms"`
}

// Say stores a message and tells the room.
func (s *Service) Say(ctx context.Context, roomID string, who Person, typed string) (Message, error) {
	a, err := s.require(ctx, roomID, who, SendChat)
	if err != nil {
		return Message{}, err
	}
	if !a.Room.Settings.Chat {
		return Message{}, ErrChatOff
	}
	said, err := checkMessage(typed)
	if err != nil {
		return Message{}, err
	}
	if wait := s.chatFlood.take(roomID+"/"+a.Member.PersonID, s.Now()); wait > 0 {
		return Message{}, problem.New(problem.RateLimited, "too_fast", "Slow down a little.").WithRetryAfter(wait)
	}
	now := s.nowMS()
	m := Message{
		ID: ident.New(), Kind: UserMessage, Text: said, CreatedMS: now,
		Author: Author{ID: a.Member.PersonID, Name: a.Member.Name, Color: a.Member.Color},
	}
	if p, err := s.Playbacks.Playback(ctx, roomID); err == nil {
		m.ItemID, m.PositionS = p.ItemID, p.PositionAt(now)
	}
	if m, err = s.Messages.AddMessage(ctx, roomID, m); err != nil {
		return Message{}, err
	}
	s.Announcer.Announce(ctx, roomID, Event{Type: EventChat, Message: &m})
	return m, nil
}

func checkMessage(typed string) (string, error) {
	lines := text.Lines(typed)
	if lines == "" {
		return "", problem.New(problem.Invalid, "message_empty", "Say something first.")
	}
	if utf8.RuneCountInString(lines) > MaxMessage {
		return "", problem.New(problem.Invalid, "message_too_long", "A message has at most 500 characters.")
	}
	return lines, nil
}

// History is a page of messages before a sequence number (0 = the newest),
// oldest first, and whether there are more before it.
func (s *Service) History(ctx context.Context, roomID string, who Person, before int64, limit int) ([]Message, bool, error) {
	if _, err := s.require(ctx, roomID, who, ViewChatHistory); err != nil {
		return nil, false, err
	}
	if limit <= 0 {
		limit = historyPage
	}
	limit = min(limit, maxHistoryPage)
	page, err := s.Messages.MessagesBefore(ctx, roomID, before, limit+1)
	if err != nil {
		return nil, false, err
	}
	if more := len(page) > limit; more {
		return page[1:], true, nil // the extra one is the oldest
	}
	return page, false, nil
}
