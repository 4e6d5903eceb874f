//go:build unix

package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"synctv/internal/ident"
	"synctv/internal/store"
	"synctv/internal/store/storetest"
	"synctv/internal/talk"
)

func TestTalk(t *testing.T) {
	cases := map[string]func(*testing.T, *store.Store){
		"message": testMessage, "change": testChangeMessage, "change storm": testChangeStorm, "slow mode": testSlowMode,
		"after": testMessagesAfter, "danmaku": testDanmaku, "trim": testTrim,
	}
	t.Run("sqlite", func(t *testing.T) {
		for name, work := range cases {
			t.Run(name, func(t *testing.T) { work(t, storetest.Open(t, storetest.SQLiteURL(t))) })
		}
	})
	t.Run("postgres", func(t *testing.T) {
		server := storetest.StartPostgres(t)
		for name, work := range cases {
			t.Run(name, func(t *testing.T) { work(t, storetest.Open(t, server.NewDatabase(t))) })
		}
	})
}

func line(author, text string, atMS int64) talk.Message {
	return talk.Message{
		ID: ident.New(), Version: 1, Kind: talk.UserMessage, Author: talk.Author{ID: author, Name: author, Color: "#123456"},
		Text: text, CreatedMS: atMS,
	}
}

func addLine(t *testing.T, s *store.Store, roomID string, m talk.Message) talk.Message {
	t.Helper()
	m, err := s.AddMessage(t.Context(), roomID, m)
	must(t, err)
	return m
}

func testMessage(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ada := addUser(t, s, "ada")
	r, other := addRoom(t, s, ada, "x", 1), addRoom(t, s, ada, "y", 1)
	first := addLine(t, s, r.ID, line("ada", "question?\nmore", 1))
	answer := line("bob", "@ada yes", 2)
	answer.ReplyTo, answer.Mentions = first.Quote(), []string{"ada"}
	answer = addLine(t, s, r.ID, answer)
	system := line("kim", "", 3)
	system.Kind, system.Code, system.Params = talk.SystemMessage, talk.LineItemStarted, map[string]string{"title": "<b>"}
	system = addLine(t, s, r.ID, system)
	for _, want := range []talk.Message{first, answer, system} {
		got, err := s.Message(ctx, r.ID, want.ID)
		must(t, err)
		same(t, got, want)
	}
	_, err := s.Message(ctx, other.ID, first.ID)
	wantErr(t, err, talk.ErrMessageNotFound)
	// An answer shows the message as it is now, and nothing of a deleted one.
	_, err = s.ChangeMessage(ctx, r.ID, first.ID, func(m talk.Message) (talk.Message, error) { m.Text, m.DeletedMS = "", 9; return m, nil })
	must(t, err)
	got, err := s.Message(ctx, r.ID, answer.ID)
	must(t, err)
	same(t, got.ReplyTo, &talk.Quote{ID: first.ID, Seq: first.Seq, Author: first.Author})
}

func testChangeMessage(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ada := addUser(t, s, "ada")
	r, other := addRoom(t, s, ada, "x", 1), addRoom(t, s, ada, "y", 1)
	m := addLine(t, s, r.ID, line("ada", "one", 1))
	want := m
	want.Version, want.Text, want.EditedMS, want.Mentions = 2, "two", 5, []string{"bob"}
	want.Reactions = []talk.Reaction{{Emoji: "👍🏽", People: []string{"bob"}}}
	got, err := s.ChangeMessage(ctx, r.ID, m.ID, func(got talk.Message) (talk.Message, error) {
		same(t, got, m)
		return want, nil
	})
	must(t, err)
	same(t, got, want)
	stored, err := s.Message(ctx, r.ID, m.ID)
	must(t, err)
	same(t, stored, want)
	// A refusal stores nothing and still gives the message as it is.
	no := errors.New("no")
	got, err = s.ChangeMessage(ctx, r.ID, m.ID, func(talk.Message) (talk.Message, error) { return talk.Message{}, no })
	wantErr(t, err, no)
	same(t, got, want)
	unasked := func(m talk.Message) (talk.Message, error) { t.Error("asked about nothing"); return m, nil }
	_, err = s.ChangeMessage(ctx, other.ID, m.ID, unasked)
	wantErr(t, err, talk.ErrMessageNotFound)
	_, err = s.ChangeMessage(ctx, r.ID, "nothing", unasked)
	wantErr(t, err, talk.ErrMessageNotFound)
}

// Sixty-four people react to one message at once: all of them are counted.
func testChangeStorm(t *testing.T, s *store.Store) {
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 1)
	m := addLine(t, s, r.ID, line("ada", "one", 1))
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			_, err := s.ChangeMessage(context.Background(), r.ID, m.ID, func(m talk.Message) (talk.Message, error) {
				m.Version++
				m.Reactions = append(m.Reactions, talk.Reaction{Emoji: "👍", People: []string{fmt.Sprint(i)}})
				return m, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := s.Message(t.Context(), r.ID, m.ID)
	must(t, err)
	same(t, []any{len(got.Reactions), got.Version}, []any{64, int64(65)})
}

func testSlowMode(t *testing.T, s *store.Store) {
	ctx := t.Context()
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 1)
	var wg sync.WaitGroup
	var mu sync.Mutex
	taken := 0 // guarded by mu
	for range 32 {
		wg.Go(func() {
			_, wait, err := s.AddMessageAfter(context.Background(), r.ID, line("bob", "hi", 10_000), 30*time.Second)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if wait == 0 {
				taken++
			} else if wait != 30*time.Second {
				t.Errorf("wait %v", wait)
			}
		})
	}
	wg.Wait()
	same(t, taken, 1)
	system := line("bob", "", 39_000)
	system.Kind = talk.SystemMessage
	addLine(t, s, r.ID, system) // what the room says of somebody is not what they said
	_, wait, err := s.AddMessageAfter(ctx, r.ID, line("bob", "again", 39_999), 30*time.Second)
	must(t, err)
	same(t, wait, time.Millisecond)
	_, wait, err = s.AddMessageAfter(ctx, r.ID, line("kim", "me too", 10_001), 30*time.Second)
	must(t, err)
	same(t, wait, time.Duration(0))
	last, wait, err := s.AddMessageAfter(ctx, r.ID, line("bob", "again", 40_000), 30*time.Second)
	must(t, err)
	same(t, []any{wait, last.Seq}, []any{time.Duration(0), int64(4)}) // refused ones took no number
}

func testMessagesAfter(t *testing.T, s *store.Store) {
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 1)
	var sent []talk.Message
	for i := range 5 {
		sent = append(sent, addLine(t, s, r.ID, line("ada", fmt.Sprint(i), int64(i))))
	}
	got, err := s.MessagesAfter(t.Context(), r.ID, 0, 3)
	must(t, err)
	same(t, got, sent[:3])
	got, err = s.MessagesAfter(t.Context(), r.ID, 3, 3)
	must(t, err)
	same(t, got, sent[3:])
}

func testDanmaku(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ada := addUser(t, s, "ada")
	r, other := addRoom(t, s, ada, "x", 1), addRoom(t, s, ada, "y", 1)
	var sent []talk.Danmaku
	for i := range 5 {
		d := talk.Danmaku{
			ID: fmt.Sprint("d", i), ItemID: "film", PositionS: float64(i) + 0.25, Text: "哈哈 <b>", Mode: talk.ModeTop, Color: "#ff0000",
			Size: talk.SizeLarge, Author: talk.Author{ID: "ada", Name: "Ada", Color: "#123456"}, CreatedMS: int64(i),
		}
		must(t, s.AddDanmaku(ctx, r.ID, d))
		sent = append(sent, d)
	}
	got, err := s.DanmakuBetween(ctx, r.ID, "film", 1.25, 3.25, 10) // from inclusive, to exclusive
	must(t, err)
	same(t, got, sent[1:3])
	got, err = s.DanmakuBetween(ctx, r.ID, "film", 0, 100, 2)
	must(t, err)
	same(t, got, sent[:2])
	for _, c := range [][2]string{{other.ID, "film"}, {r.ID, "other"}} {
		got, err = s.DanmakuBetween(ctx, c[0], c[1], 0, 100, 10)
		must(t, err)
		same(t, got, []talk.Danmaku{})
	}
	wantErr(t, s.RemoveDanmaku(ctx, r.ID, "d0", "bob"), talk.ErrDanmakuNotFound)
	wantErr(t, s.RemoveDanmaku(ctx, other.ID, "d0", ""), talk.ErrDanmakuNotFound)
	must(t, s.RemoveDanmaku(ctx, r.ID, "d0", "ada"))
	must(t, s.RemoveDanmaku(ctx, r.ID, "d1", ""))
	wantErr(t, s.RemoveDanmaku(ctx, r.ID, "d1", ""), talk.ErrDanmakuNotFound)
}

func testTrim(t *testing.T, s *store.Store) {
	ctx := t.Context()
	r := addRoom(t, s, addUser(t, s, "ada"), "x", 1)
	first := addLine(t, s, r.ID, line("ada", "old", 1))
	for i := range 9 {
		addLine(t, s, r.ID, line("ada", "old", int64(i+2)))
	}
	answer := line("ada", "new", 100)
	answer.ReplyTo = first.Quote()
	answer = addLine(t, s, r.ID, answer)
	must(t, s.AddDanmaku(ctx, r.ID, talk.Danmaku{ID: "d", CreatedMS: 1}))
	must(t, s.AddDanmaku(ctx, r.ID, talk.Danmaku{ID: "e", CreatedMS: 100}))
	for _, want := range []int{4, 4, 2, 0} {
		n, err := s.TrimMessages(ctx, 100, 4)
		must(t, err)
		same(t, n, want)
	}
	n, err := s.TrimDanmaku(ctx, 100, 4)
	must(t, err)
	same(t, n, 1)
	left, err := s.MessagesBefore(ctx, r.ID, 0, 10)
	must(t, err)
	answer.ReplyTo = nil // what it answered is not there any more
	same(t, left, []talk.Message{answer})
}
