package talk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"synctv/internal/right"
	"synctv/internal/screen"
)

const minuteMS = 60_000

func said() Message {
	return Message{
		ID: "m", Seq: 7, Version: 1, Kind: UserMessage, Author: Author{ID: "ada", Name: "Ada"}, Text: "hello",
		Mentions: []string{"bob"}, ReplyTo: &Quote{ID: "q"}, CreatedMS: 1000,
	}
}

func TestEditingAMessage(t *testing.T) {
	gone := said()
	gone.DeletedMS = 1
	line := said()
	line.Kind = SystemMessage
	for _, c := range []struct {
		name   string
		m      Message
		by     string
		text   string
		atMS   int64
		want   error
		mended bool
	}{
		{"own", said(), "ada", "hi", 2000, nil, true},
		{"own at the last moment", said(), "ada", "hi", 1000 + 15*minuteMS, nil, true},
		{"own too late", said(), "ada", "hi", 1001 + 15*minuteMS, ErrEditTooLate, false},
		{"somebody else's", said(), "bob", "hi", 2000, right.ErrMissing, false},
		{"deleted", gone, "ada", "hi", 2000, ErrMessageDeleted, false},
		{"a system line about oneself", line, "ada", "hi", 2000, right.ErrMissing, false},
		{"the same words", said(), "ada", "hello", 2000, ErrUnchanged, false},
	} {
		got, err := c.m.Edited(c.by, c.text, []string{"kim"}, c.atMS)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if mended := got.Text == c.text && got.EditedMS == c.atMS && got.Version == 2 && slices.Equal(got.Mentions, []string{"kim"}); mended != c.mended {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestDeletingAMessage(t *testing.T) {
	line := said()
	line.Kind, line.Code, line.Params = SystemMessage, LineItemStarted, map[string]string{"title": "x"}
	for _, c := range []struct {
		name string
		m    Message
		by   string
		any  bool
		want error
	}{
		{"own", said(), "ada", false, nil},
		{"another's without the right", said(), "bob", false, right.ErrMissing},
		{"another's with the right", said(), "bob", true, nil},
		{"a line about oneself", line, "ada", false, right.ErrMissing},
		{"a line with the right", line, "bob", true, nil},
	} {
		got, err := c.m.Deleted(c.by, c.any, 5000)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if c.want != nil {
			continue
		}
		if got.Text != "" || got.Mentions != nil || got.Reactions != nil || got.ReplyTo != nil || got.Params != nil || got.Code != "" {
			t.Errorf("%s: something was left: %+v", c.name, got)
		}
		if got.DeletedMS != 5000 || got.DeletedBy != c.by || got.Version != 2 || got.Seq != 7 || got.Author.ID != "ada" {
			t.Errorf("%s: %+v", c.name, got)
		}
		if _, err := got.Deleted(c.by, true, 6000); !errors.Is(err, ErrUnchanged) {
			t.Errorf("%s: twice: %v", c.name, err)
		}
	}
}

func TestReactions(t *testing.T) {
	m := said()
	react := func(by, emoji string, on bool, want error) {
		t.Helper()
		next, err := m.Reacted(by, emoji, on)
		if !errors.Is(err, want) {
			t.Errorf("%s %s %v: %v, want %v", by, emoji, on, err, want)
		}
		if err == nil {
			if next.Version != m.Version+1 {
				t.Errorf("version %d after %d", next.Version, m.Version)
			}
			m = next
		}
	}
	show := func() string {
		var all []string
		for _, r := range m.Reactions {
			all = append(all, r.Emoji+strings.Join(r.People, ","))
		}
		return strings.Join(all, " ")
	}
	react("ada", "👍", false, ErrUnchanged)
	react("ada", "👍", true, nil)
	react("ada", "👍", true, ErrUnchanged)
	before := m
	react("bob", "👍", true, nil)
	react("bob", "❤️", true, nil)
	if got := show(); got != "👍ada,bob ❤️bob" {
		t.Error(got)
	}
	if len(before.Reactions[0].People) != 1 {
		t.Error("a change reached into the message before it")
	}
	react("ada", "👍", false, nil)
	react("bob", "❤️", false, nil)
	if got := show(); got != "👍bob" {
		t.Error(got)
	}
	for i := range maxReactions - 1 {
		react("ada", fmt.Sprintf("%c", 0x1F600+i), true, nil)
	}
	react("ada", "🎉", true, ErrReactionsFull)
	for i := 1; i < maxReactors; i++ {
		react(fmt.Sprint(i), "👍", true, nil)
	}
	react("late", "👍", true, ErrReactionsFull)
	m.DeletedMS = 1
	react("ada", "👍", true, ErrMessageDeleted)
}

func TestQuoteIsShortAndOnOneLine(t *testing.T) {
	m := said()
	m.Text = "a\nb " + strings.Repeat("好", 300)
	if q := m.Quote(); q.ID != "m" || q.Seq != 7 || q.Author.Name != "Ada" || q.Text != "a b "+strings.Repeat("好", quoteLength-4) {
		t.Errorf("%+v", q)
	}
}

func TestEmoji(t *testing.T) {
	for _, s := range []string{"👍", "❤️", "❤", "👍🏽", "👨‍👩‍👧‍👦", "🇨🇳", "1️⃣", "#⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🏳️‍🌈", "⭐", "©️", "🫠", "👩🏿‍🚀", "❤️‍🔥"} {
		if !IsEmoji(s) {
			t.Errorf("%q is one", s)
		}
	}
	for _, s := range []string{
		"", "a", "1", "👍👍", "👍 ", "👍a", "<b>", "🇨", "🇨🇳🇨🇳", "👨\u200d", "\u200d👨", "👍\u0301", "好", "\u202e👍", "🏴\U000e0067\U000e0062",
		strings.Repeat("👨\u200d", 20) + "👨", "👍" + strings.Repeat("\ufe0f", 9), "\xf0\x9f", "\u200d\u200d\u200d", "👍\n",
	} {
		if IsEmoji(s) {
			t.Errorf("%q is not one emoji", s)
		}
	}
}

func TestMentions(t *testing.T) {
	people := []Author{
		{ID: "a", Name: "Ada"}, {ID: "al", Name: "Ada Lovelace"},
		{ID: "k1", Name: "Kim"}, {ID: "k2", Name: "kim"},
		{ID: "z", Name: "小明"}, {ID: "s", Name: "Straße"},
		{ID: "o", Name: "o.neill-1"},
	}
	for said, want := range map[string]string{
		"hello":                   "",
		"@ada":                    "a",
		"@ADA, look":              "a",
		"@Ada Lovelace wrote":     "al",
		"@Ada Love":               "a",
		"@adam":                   "",
		"mail ada@kim":            "",
		"(@kim)":                  "k1 k2",
		"@小明你好":                   "z",
		"@strasse!":               "s",
		"@ @@ada":                 "a",
		"@o.neill-1 @ada @ada":    "o a",
		strings.Repeat("@", 5000): "",
		"@":                       "",
	} {
		if got := strings.Join(Mentioned(said, people), " "); got != want {
			t.Errorf("%.30q: %q, want %q", said, got, want)
		}
	}
	crowded := make([]Author, 100)
	for i := range crowded {
		crowded[i] = Author{ID: fmt.Sprint(i), Name: "Kim"}
	}
	if got := Mentioned("@kim", crowded); len(got) != maxMentions {
		t.Errorf("%d people were called at once", len(got))
	}
}

func TestCheckDanmaku(t *testing.T) {
	ok := Danmaku{Text: " a\nb ", PositionS: 1}
	got, err := ok.Check()
	if err != nil || got.Text != "a b" || got.Mode != ModeScroll || got.Size != SizeNormal || got.Color != "#ffffff" {
		t.Errorf("%+v, %v", got, err)
	}
	for name, spoil := range map[string]func(*Danmaku){
		"empty":    func(d *Danmaku) { d.Text = " \u200b" },
		"long":     func(d *Danmaku) { d.Text = strings.Repeat("好", MaxDanmaku+1) },
		"mode":     func(d *Danmaku) { d.Mode = "spin" },
		"size":     func(d *Danmaku) { d.Size = "huge" },
		"colour":   func(d *Danmaku) { d.Color = "red" },
		"colour 2": func(d *Danmaku) { d.Color = "#12345g" },
		"before":   func(d *Danmaku) { d.PositionS = -1 },
		"far":      func(d *Danmaku) { d.PositionS = screen.MaxPositionS + 1 },
	} {
		d := ok
		spoil(&d)
		if _, err := d.Check(); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
