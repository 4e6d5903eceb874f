package room

import (
	"testing"

	"synctv/internal/right"
)

func TestSlowMode(t *testing.T) {
	r := Room{Settings: Settings{SlowModeS: 30}}
	if got := slowMode(Access{Room: r, Can: right.DefaultMember}); got.Seconds() != 30 {
		t.Errorf("a member waits %v", got)
	}
	if got := slowMode(Access{Room: r, Can: right.DefaultAdmin}); got != 0 {
		t.Errorf("who keeps order waits %v", got)
	}
}
