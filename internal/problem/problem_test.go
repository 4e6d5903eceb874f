package problem

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

var errDisk = errors.New("disk on fire")

func TestFrom(t *testing.T) {
	gone := New(NotFound, "room_not_found", "There is no such room.")
	for _, c := range []struct {
		name string
		err  error
		kind Kind
		code string
	}{
		{"plain problem", gone, NotFound, "room_not_found"},
		{"wrapped problem", fmt.Errorf("open room: %w", gone), NotFound, "room_not_found"},
		{"with cause", gone.Because(errDisk), NotFound, "room_not_found"},
		{"foreign error", errDisk, Internal, "internal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := From(c.err)
			if p.Kind != c.kind || p.Code != c.code {
				t.Errorf("got %s/%s, want %s/%s", p.Kind, p.Code, c.kind, c.code)
			}
		})
	}
	if KindOf(nil) != "" {
		t.Error("no error has no kind")
	}
	if From(errDisk).Message == errDisk.Error() {
		t.Error("the words of a foreign error must not be shown")
	}
}

func TestCopiesLeaveTheOriginalAlone(t *testing.T) {
	base := New(Conflict, "playback_conflict", "Somebody was faster.")
	got := base.With(Field{Location: "body.version"}).WithCurrent(7).WithRetryAfter(time.Second).Because(errDisk)
	if len(base.Fields) != 0 || base.Current != nil || base.RetryAfter != 0 || base.Unwrap() != nil {
		t.Errorf("the original changed: %+v", base)
	}
	if !errors.Is(got, base) || !errors.Is(got, errDisk) {
		t.Error("a detailed copy is still the same problem and shows its cause")
	}
	if errors.Is(got, New(Conflict, "name_taken", "")) {
		t.Error("another code is another problem")
	}
	if got.Current != 7 || got.RetryAfter != time.Second || len(got.Fields) != 1 {
		t.Errorf("details lost: %+v", got)
	}
}
