package setting

import (
	"strings"
	"testing"

	"synctv/internal/problem"
)

func TestStoredGoesOverConfigured(t *testing.T) {
	base := Settings{Signup: "open", RoomQuota: 20}
	got := Over(base, map[string]string{"signup": "closed", "room-quota": "many", "chat-retention": "30", "unknown": "x"})
	if got != (Settings{Signup: "closed", RoomQuota: 20, ChatDays: 30}) {
		t.Errorf("got %+v", got)
	}
	for _, l := range Lines(base, map[string]string{"signup": "closed"}) {
		if l.Key == "signup" && (l.Value != "closed" || l.Default != "open" || !l.Set) || l.Key == "room-quota" && (l.Value != "20" || l.Set) {
			t.Errorf("%+v", l)
		}
	}
}

// BenchmarkOver is what whoever asks for the settings that hold pays.
func BenchmarkOver(b *testing.B) {
	base, stored := Settings{Signup: "open", RoomQuota: 20}, map[string]string{"signup": "closed", "chat-retention": "30"}
	b.ReportAllocs()
	for b.Loop() {
		if s := Over(base, stored); s.ChatDays != 30 {
			b.Fatal(s)
		}
	}
}

func TestValuesAreChecked(t *testing.T) {
	for _, ok := range [][2]string{{"signup", "approval"}, {"room-quota", "0"}, {"announcement", strings.Repeat("é", MaxAnnouncement)}, {"chat-retention", "36500"}} {
		if err := Check(ok[0], ok[1]); err != nil {
			t.Errorf("%v: %v", ok, err)
		}
	}
	for _, bad := range [][2]string{{"signup", "ajar"}, {"room-quota", "-1"}, {"room-quota", ""}, {"announcement", strings.Repeat("a", MaxAnnouncement+1)}} {
		if err := Check(bad[0], bad[1]); problem.KindOf(err) != problem.Invalid {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if problem.KindOf(Check("http-addr", ":1")) != problem.NotFound {
		t.Error("an unknown key was taken")
	}
}
