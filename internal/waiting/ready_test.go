package waiting

import (
	"context"
	"errors"
	"slices"
	"testing"

	"synctv/internal/screen"
)

// awayRoll is one that cannot be asked.
type awayRoll struct{}

func (awayRoll) Enter(context.Context, string, string) (bool, error) {
	return false, errors.New("away")
}
func (awayRoll) Leave(context.Context, string, string) (bool, error) {
	return false, errors.New("away")
}
func (awayRoll) Names(context.Context, string) ([]string, error) { return nil, errors.New("away") }

func TestAPersonIsReadyOnAnyPage(t *testing.T) {
	for name, others := range map[string]Roll{"alone": nil, "others cannot be asked": awayRoll{}} {
		t.Run(name, func(t *testing.T) {
			r := &readiness{others: others, rooms: map[string]map[string]saying{}}
			say := func(page, person string, reason screen.Reason, nowMS int64) {
				r.hear(t.Context(), "room", screen.Word{ID: person, Page: page, Reason: reason, StartMS: 120}, nowMS)
			}
			ready := func(nowMS int64) []string {
				var who []string
				for _, p := range r.pages(t.Context(), "room", nowMS) {
					if p.startMS != 150 {
						t.Errorf("starts after %d ms", p.startMS)
					}
					who = append(who, p.person)
				}
				slices.Sort(who)
				return who
			}
			say("laptop", "ada", screen.Ready, 1000)
			say("phone", "ada", screen.Buffering, 1000)
			say("tv", "kim", screen.Ready, 20_000)
			if got := ready(20_000); !slices.Equal(got, []string{"ada", "kim"}) {
				t.Errorf("ready: %v", got)
			}
			life := readyLife.Milliseconds()
			if got := ready(1000 + life); !slices.Equal(got, []string{"kim"}) {
				t.Errorf("ready, one not heard of for long: %v", got)
			}
			say("tv", "", screen.Away, 21_000) // the page is gone
			say("phone", "ada", screen.Buffering, 1000+life)
			if got := ready(21_000); len(got) != 0 || len(r.rooms) != 0 {
				t.Errorf("ready when all are gone: %v, kept %v", got, r.rooms)
			}
		})
	}
}

func TestAReadyPageOnTheRoll(t *testing.T) {
	want := saying{person: "ada", startMS: 150}
	if got, ok := named(want.name("page")); !ok || got != want {
		t.Errorf("got %+v, %v", got, ok)
	}
	for _, strange := range []string{"", "page ada", "page ada soon", "a b c 1"} {
		if got, ok := named(strange); ok {
			t.Errorf("%q is %+v", strange, got)
		}
	}
}
