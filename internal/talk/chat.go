// Package talk is what people say in a room: messages and what becomes of them,
// who they call, and comments over the film. Pure rules; who may talk, and what
// is stored and told, is the room's business.
package talk

import (
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"synctv/internal/problem"
	"synctv/internal/right"
	"synctv/internal/text"
)

// MaxMessage is the length of a chat message in characters.
const MaxMessage = 500

// Limits of what may hang on one message.
const (
	editWindow   = 15 * time.Minute
	quoteLength  = 120 // characters of the quoted message
	maxReactions = 12  // different emoji
	maxReactors  = 200 // people per emoji
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

// Message is one line of a room's talk. Text is text, never HTML. A deleted
// message keeps its place and loses everything that was said.
type Message struct {
	ID        string            `json:"id"`
	Seq       int64             `json:"seq" doc:"number within the room, without gaps as they are given"`
	Version   int64             `json:"version" doc:"grows with every change of this message"`
	Kind      MessageKind       `json:"kind" enum:"user,system"`
	Author    Author            `json:"author"`
	Text      string            `json:"text"`
	Code      LineCode          `json:"code,omitempty" doc:"system: what happened; the page has the words"`
	Params    map[string]string `json:"params,omitempty" doc:"system: names for the words"`
	ReplyTo   *Quote            `json:"reply_to,omitempty" doc:"the message this one answers"`
	Mentions  []string          `json:"mentions,omitempty" doc:"ids of the people named with @"`
	Reactions []Reaction        `json:"reactions,omitempty"`
	ItemID    string            `json:"item_id" doc:"what was playing"`
	PositionS float64           `json:"position_s" doc:"film position in seconds"`
	CreatedMS int64             `json:"created_ms"`
	EditedMS  int64             `json:"edited_ms,omitempty" doc:"when its author changed it last"`
	DeletedMS int64             `json:"deleted_ms,omitempty" doc:"when it was taken away; then it has no text"`
	DeletedBy string            `json:"deleted_by,omitempty" doc:"id of who took it away"`
}

// Quote is what an answer shows of the message it answers, as that is now.
type Quote struct {
	ID     string `json:"id"`
	Seq    int64  `json:"seq"`
	Author Author `json:"author"`
	Text   string `json:"text" doc:"its beginning; empty when it was deleted"`
}

// Reaction is one emoji under a message.
type Reaction struct {
	Emoji  string   `json:"emoji"`
	People []string `json:"people" doc:"ids of who chose it, in that order"`
}

// The answers of the talk that are not about one field.
var (
	ErrMessageNotFound = problem.New(problem.NotFound, "message_not_found", "There is no such message.")
	ErrMessageDeleted  = problem.New(problem.Conflict, "message_deleted", "This message was deleted.")
	ErrEditTooLate     = problem.New(problem.Conflict, "edit_too_late", "A message can be changed for 15 minutes.")
	ErrReactionsFull   = problem.New(problem.Conflict, "reactions_full", "This message has no room for more reactions.")
	ErrEmoji           = problem.InvalidField("body.emoji", "emoji", "A reaction is one emoji.")
	ErrDanmakuNotFound = problem.New(problem.NotFound, "danmaku_not_found", "There is no such comment.")
	ErrDanmakuOff      = problem.New(problem.Forbidden, "danmaku_off", "Comments over the film are switched off in this room.")
)

// ErrUnchanged is what a change of a message answers that changes nothing:
// nothing is stored and nobody is told.
var ErrUnchanged = errors.New("room: nothing to change")

// Quote is what an answer to m shows.
func (m Message) Quote() *Quote {
	return &Quote{ID: m.ID, Seq: m.Seq, Author: m.Author, Text: text.Truncate(text.Line(m.Text), quoteLength)}
}

// Edited is m with another text. Only its author may, and for a while.
func (m Message) Edited(by, said string, mentions []string, nowMS int64) (Message, error) {
	switch {
	case m.DeletedMS != 0:
		return m, ErrMessageDeleted
	case m.Kind != UserMessage || m.Author.ID != by:
		return m, right.ErrMissing
	case nowMS-m.CreatedMS > editWindow.Milliseconds():
		return m, ErrEditTooLate
	case m.Text == said:
		return m, ErrUnchanged
	}
	m.Text, m.Mentions, m.EditedMS = said, mentions, nowMS
	m.Version++
	return m, nil
}

// Deleted is what is left of m: its place, its author and when. Its author
// may take it away, and whoever has delete_chat.
func (m Message) Deleted(by string, any bool, nowMS int64) (Message, error) {
	switch {
	case m.DeletedMS != 0:
		return m, ErrUnchanged
	case m.Author.ID != by && !any, m.Kind != UserMessage && !any:
		return m, right.ErrMissing
	}
	m.Text, m.Mentions, m.Reactions, m.ReplyTo, m.Code, m.Params = "", nil, nil, nil, "", nil
	m.DeletedMS, m.DeletedBy = nowMS, by
	m.Version++
	return m, nil
}

// Reacted is m with one person's emoji set or taken back.
func (m Message) Reacted(by, emoji string, on bool) (Message, error) {
	if m.DeletedMS != 0 {
		return m, ErrMessageDeleted
	}
	at := slices.IndexFunc(m.Reactions, func(r Reaction) bool { return r.Emoji == emoji })
	has := at >= 0 && slices.Contains(m.Reactions[at].People, by)
	if has == on {
		return m, ErrUnchanged
	}
	m.Reactions = slices.Clone(m.Reactions)
	m.Version++
	if !on {
		people := slices.DeleteFunc(slices.Clone(m.Reactions[at].People), func(id string) bool { return id == by })
		if m.Reactions[at].People = people; len(people) == 0 {
			m.Reactions = slices.Delete(m.Reactions, at, at+1)
		}
		return m, nil
	}
	if at < 0 {
		if len(m.Reactions) >= maxReactions {
			return m, ErrReactionsFull
		}
		m.Reactions = append(m.Reactions, Reaction{Emoji: emoji, People: []string{by}})
		return m, nil
	}
	if len(m.Reactions[at].People) >= maxReactors {
		return m, ErrReactionsFull
	}
	m.Reactions[at].People = append(slices.Clone(m.Reactions[at].People), by)
	return m, nil
}

// CheckMessage cleans a message and refuses an empty or overlong one.
func CheckMessage(typed string) (string, error) {
	lines := text.Lines(typed)
	if lines == "" {
		return "", problem.New(problem.Invalid, "message_empty", "Say something first.")
	}
	if utf8.RuneCountInString(lines) > MaxMessage {
		return "", problem.New(problem.Invalid, "message_too_long", "A message has at most 500 characters.")
	}
	return lines, nil
}

// LineCode names what a system line tells. The page has the words for it in
// its own language; params carry the names in it.
type LineCode string

// What a room says of itself in its talk.
const (
	LineJoined      LineCode = "member_joined"
	LineLeft        LineCode = "member_left"
	LineItemStarted LineCode = "item_started"  // params: title; without an author the list went on by itself
	LineSettings    LineCode = "room_settings" // the room's settings were changed
	LineKicked      LineCode = "member_kicked" // params: target, as in the next ones
	LineBanned      LineCode = "member_banned"
	LineMuted       LineCode = "member_muted"
	LineUnmuted     LineCode = "member_unmuted"
)

// LineOf is what the room says about an act of the record, if anything. The
// reason is for the record alone. Playing, pausing and seeking are not told:
// the film shows them, and a line for each would bury what people say.
func LineOf(action string, detail map[string]string) LineCode {
	switch action {
	case "room.settings", "room.password":
		return LineSettings
	case "member.kick":
		return LineKicked
	case "member.ban":
		return LineBanned
	case "member.mute":
		if detail["muted_until_ms"] == "0" {
			return LineUnmuted
		}
		return LineMuted
	}
	return ""
}
