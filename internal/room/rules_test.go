package room

import (
	"strings"
	"testing"

	"synctv/internal/problem"
	"synctv/internal/right"
	"synctv/internal/screen"
	"synctv/internal/talk"
)

func TestNeighbour(t *testing.T) {
	l := screen.Playlist{Items: []screen.Item{{ID: "a"}, {ID: "b"}, {ID: "c"}}}
	for _, c := range []struct {
		from string
		step int
		want string
		ok   bool
	}{
		{"a", +1, "b", true}, {"b", +1, "c", true}, {"c", +1, "", false},
		{"c", -1, "b", true}, {"a", -1, "", false}, {"", +1, "a", true}, {"", -1, "", false}, {"gone", +1, "a", true},
	} {
		if got, ok := l.Neighbour(c.from, c.step); got.ID != c.want || ok != c.ok {
			t.Errorf("from %q by %d: %q, %v", c.from, c.step, got.ID, ok)
		}
	}
	if _, ok := (screen.Playlist{}).Neighbour("", +1); ok {
		t.Error("an empty list has no next")
	}
}

func TestCheckMessage(t *testing.T) {
	for _, c := range []struct {
		in, want, code string
	}{
		{" hi ", "hi", ""}, {"", "", "message_empty"}, {" \n\u200b ", "", "message_empty"},
		{strings.Repeat("好", talk.MaxMessage), strings.Repeat("好", talk.MaxMessage), ""},
		{strings.Repeat("好", talk.MaxMessage+1), "", "message_too_long"},
		{"<script>alert(1)</script>", "<script>alert(1)</script>", ""},
	} {
		got, err := talk.CheckMessage(c.in)
		code := ""
		if err != nil {
			code = problem.From(err).Code
		}
		if got != c.want || code != c.code {
			t.Errorf("%.20q: got %.20q, %q", c.in, got, code)
		}
	}
}

func TestCheckName(t *testing.T) {
	for in, ok := range map[string]bool{"": false, "  ": false, "x": true, strings.Repeat("é", 100): true, strings.Repeat("é", 101): false} {
		if _, err := CheckName(in); (err == nil) != ok {
			t.Errorf("%.10q: %v", in, err)
		}
	}
}

func TestTopics(t *testing.T) {
	a := Access{Can: right.All()}
	if len(a.Topics()) != 4 {
		t.Errorf("got %v", a.Topics())
	}
	a.Can = right.SendChat
	if got := a.Topics(); len(got) != 1 || got[0] != TopicRoom {
		t.Errorf("got %v", got)
	}
	for e, want := range map[EventType]Topic{
		EventPlayback: TopicRoom, EventPlaylist: TopicPlaylist, EventChat: TopicChat, EventMember: TopicMembers, EventMemberGone: TopicMembers, EventLive: TopicRoom,
	} {
		if (Event{Type: e}).Topic() != want {
			t.Errorf("%s goes to %s", e, (Event{Type: e}).Topic())
		}
	}
}
