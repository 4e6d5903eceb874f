package room

import (
	"context"
	"errors"
	"strings"
	"time"

	"synctv/internal/audit"
	"synctv/internal/flood"
	"synctv/internal/ident"
	"synctv/internal/problem"
	"synctv/internal/right"
	"synctv/internal/talk"
)

// Words is what a person wants to say.
type Words struct {
	Text    string
	ReplyTo string // id of the message this answers; empty = none
}

// mayTalk is whoever may say something right now, aloud or over the film.
func (s *Service) mayTalk(ctx context.Context, roomID string, who Person) (Access, error) {
	return s.require(ctx, roomID, who, right.SendChat)
}

// Say stores a message and tells the room.
func (s *Service) Say(ctx context.Context, roomID string, who Person, w Words) (talk.Message, error) {
	a, err := s.mayTalk(ctx, roomID, who)
	if err != nil {
		return talk.Message{}, err
	}
	if !a.Room.Settings.Chat {
		return talk.Message{}, ErrChatOff
	}
	m, err := s.compose(ctx, a, w)
	if err != nil {
		return talk.Message{}, err
	}
	if err := s.slower(s.chatFlood, roomID+"/"+a.Member.PersonID); err != nil {
		return talk.Message{}, err
	}
	if m, err = s.store(ctx, a, m); err != nil {
		return talk.Message{}, err
	}
	s.Announcer.Announce(ctx, roomID, Event{Type: EventChat, Message: &m})
	return m, nil
}

// store adds a message, in slow mode only when its author was quiet long
// enough. Who keeps order in the talk is exempt.
func (s *Service) store(ctx context.Context, a Access, m talk.Message) (talk.Message, error) {
	gap := slowMode(a)
	if gap == 0 {
		return s.Messages.AddMessage(ctx, a.Room.ID, m)
	}
	m, wait, err := s.Messages.AddMessageAfter(ctx, a.Room.ID, m, gap)
	if err == nil && wait > 0 {
		err = problem.New(problem.RateLimited, "slow_mode", "This room is in slow mode.").WithRetryAfter(wait)
	}
	return m, err
}

// slower refuses what comes too fast from one key.
func (s *Service) slower(f *flood.Guard, key string) error {
	if wait := f.Take(key, s.Now()); wait > 0 {
		return problem.New(problem.RateLimited, "too_fast", "Slow down a little.").WithRetryAfter(wait)
	}
	return nil
}

// compose makes a message of what was typed, without storing it.
func (s *Service) compose(ctx context.Context, a Access, w Words) (talk.Message, error) {
	said, err := talk.CheckMessage(w.Text)
	if err != nil {
		return talk.Message{}, err
	}
	now := s.nowMS()
	m := talk.Message{
		ID: ident.New(), Version: 1, Kind: talk.UserMessage, Text: said, CreatedMS: now,
		Author: talk.Author{ID: a.Member.PersonID, Name: a.Member.Name, Color: a.Member.Color},
	}
	if m.Mentions, err = s.mentions(ctx, a.Room.ID, said); err != nil {
		return talk.Message{}, err
	}
	if w.ReplyTo != "" {
		asked, err := s.Messages.Message(ctx, a.Room.ID, w.ReplyTo)
		switch {
		case err != nil:
			return talk.Message{}, err
		case asked.DeletedMS != 0 || asked.Kind != talk.UserMessage:
			return talk.Message{}, talk.ErrMessageDeleted
		}
		m.ReplyTo = asked.Quote()
	}
	if p, err := s.Playbacks.Playback(ctx, a.Room.ID); err == nil {
		m.ItemID, m.PositionS = p.ItemID, p.PositionAt(now)
	}
	return m, nil
}

// mentions reads the members only when somebody is called at all.
func (s *Service) mentions(ctx context.Context, roomID, said string) ([]string, error) {
	if !strings.Contains(said, "@") {
		return nil, nil
	}
	members, err := s.Members.Members(ctx, roomID)
	if err != nil {
		return nil, err
	}
	var people []talk.Author
	for _, m := range members {
		if m.Status == MemberActive {
			people = append(people, talk.Author{ID: m.PersonID, Name: m.Name})
		}
	}
	return talk.Mentioned(said, people), nil
}

// EditMessage changes the words of one's own message.
func (s *Service) EditMessage(ctx context.Context, roomID string, who Person, messageID, typed string) (talk.Message, error) {
	a, err := s.mayTalk(ctx, roomID, who)
	if err != nil {
		return talk.Message{}, err
	}
	said, err := talk.CheckMessage(typed)
	if err != nil {
		return talk.Message{}, err
	}
	if err := s.slower(s.chatFlood, roomID+"/"+a.Member.PersonID); err != nil {
		return talk.Message{}, err
	}
	mentions, err := s.mentions(ctx, roomID, said)
	if err != nil {
		return talk.Message{}, err
	}
	return s.changeMessage(ctx, roomID, messageID, func(m talk.Message) (talk.Message, error) {
		return m.Edited(a.Member.PersonID, said, mentions, s.nowMS())
	})
}

// DeleteMessage takes a message away: one's own, or anyone's with delete_chat.
func (s *Service) DeleteMessage(ctx context.Context, roomID string, who Person, messageID string) (talk.Message, error) {
	a, err := s.access(ctx, roomID, who)
	if err != nil {
		return talk.Message{}, err
	}
	m, err := s.changeMessage(ctx, roomID, messageID, func(m talk.Message) (talk.Message, error) {
		return m.Deleted(a.Member.PersonID, a.Can.Has(right.DeleteChat), s.nowMS())
	})
	if err == nil && m.Author.ID != a.Member.PersonID && s.Audit != nil {
		s.Audit.Record(ctx, audit.Entry{
			ID: ident.New(), AtMS: s.nowMS(), RoomID: roomID, Action: "chat.delete",
			Actor: audit.Party(a.By()), Target: audit.Party{ID: m.Author.ID, Name: m.Author.Name},
			Detail: map[string]string{"message": m.ID},
		})
	}
	return m, err
}

// React sets a person's emoji under a message, or takes it back.
func (s *Service) React(ctx context.Context, roomID string, who Person, messageID, emoji string, on bool) (talk.Message, error) {
	a, err := s.mayTalk(ctx, roomID, who)
	if err != nil {
		return talk.Message{}, err
	}
	if !a.Room.Settings.Chat {
		return talk.Message{}, ErrChatOff
	}
	if !talk.IsEmoji(emoji) {
		return talk.Message{}, talk.ErrEmoji
	}
	if err := s.slower(s.chatFlood, roomID+"/"+a.Member.PersonID); err != nil {
		return talk.Message{}, err
	}
	return s.changeMessage(ctx, roomID, messageID, func(m talk.Message) (talk.Message, error) {
		return m.Reacted(a.Member.PersonID, emoji, on)
	})
}

// changeMessage stores a change and tells the room the whole message.
func (s *Service) changeMessage(ctx context.Context, roomID, messageID string, change func(talk.Message) (talk.Message, error)) (talk.Message, error) {
	m, err := s.Messages.ChangeMessage(ctx, roomID, messageID, change)
	if errors.Is(err, talk.ErrUnchanged) {
		return m, nil
	}
	if err != nil {
		return talk.Message{}, err
	}
	s.Announcer.Announce(ctx, roomID, Event{Type: EventChatChanged, Message: &m})
	return m, nil
}

// History is a page of messages before a sequence number (0 = the newest),
// oldest first, and whether there are more before it.
func (s *Service) History(ctx context.Context, roomID string, who Person, before int64, limit int) ([]talk.Message, bool, error) {
	if _, err := s.require(ctx, roomID, who, right.ViewChatHistory); err != nil {
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

// exportPage is how many messages of an export are in memory at a time.
const exportPage = 500

// MayExport asks for the right before an export begins.
func (s *Service) MayExport(ctx context.Context, roomID string, who Person) error {
	_, err := s.require(ctx, roomID, who, right.ExportData)
	return err
}

// Export hands a room's whole talk to each, oldest first, page by page. An
// error of each ends it.
func (s *Service) Export(ctx context.Context, roomID string, who Person, each func(page []talk.Message) error) error {
	if err := s.MayExport(ctx, roomID, who); err != nil {
		return err
	}
	for after := int64(0); ; {
		page, err := s.Messages.MessagesAfter(ctx, roomID, after, exportPage)
		if err != nil {
			return err
		}
		if err := each(page); err != nil {
			return err
		}
		if len(page) < exportPage {
			return nil
		}
		after = page[len(page)-1].Seq
	}
}

// trimBatch is how many rows one transaction of a clean-up takes: short enough
// that no writer waits for it.
const trimBatch = 500

// TrimTalk deletes messages and comments over films older than keep, in small
// batches, and tells how many went. It may be ended by ctx between two.
func (s *Service) TrimTalk(ctx context.Context, keep time.Duration) (int, error) {
	before := s.nowMS() - keep.Milliseconds()
	total := 0
	for _, trim := range []func(context.Context, int64, int) (int, error){s.Messages.TrimMessages, s.Danmakus.TrimDanmaku} {
		for {
			if err := ctx.Err(); err != nil {
				return total, err
			}
			n, err := trim(ctx, before, trimBatch)
			if err != nil {
				return total, err
			}
			total += n
			if n < trimBatch {
				break
			}
		}
	}
	return total, nil
}

// slowMode is how long a person has to be quiet between two messages.
func slowMode(a Access) time.Duration {
	if a.Can.Has(right.DeleteChat) {
		return 0
	}
	return time.Duration(a.Room.Settings.SlowModeS) * time.Second
}

// Pages of the talk.
const (
	historyPage    = 50  // messages a snapshot carries
	maxHistoryPage = 100 // the most a page does
)

// Chat takes ten lines a second from one person and a short burst above.
const (
	chatPerSecond = 10
	chatBurst     = 10
)
