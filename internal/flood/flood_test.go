package flood

import (
	"testing"
	"time"
)

func TestFlood(t *testing.T) {
	f := New(10, 10)
	now := time.Unix(0, 0)
	for i := range 10 {
		if w := f.Take("a", now); w != 0 {
			t.Fatalf("line %d had to wait %v", i, w)
		}
	}
	if w := f.Take("a", now); w <= 0 || w > 100*time.Millisecond {
		t.Errorf("the eleventh waits %v", w)
	}
	if w := f.Take("b", now); w != 0 {
		t.Errorf("somebody else waits %v", w)
	}
	if w := f.Take("a", now.Add(150*time.Millisecond)); w != 0 {
		t.Errorf("after a while one waits %v", w)
	}
}

func TestFloodForgetsTheQuiet(t *testing.T) {
	f := New(10, 10)
	now := time.Unix(0, 0)
	for i := range maxFloodKeys + 100 {
		f.Take(string(rune('a'+i%26))+time.Duration(i).String(), now.Add(time.Duration(i)*time.Millisecond))
	}
	if len(f.byKey) > maxFloodKeys {
		t.Errorf("%d keys are kept", len(f.byKey))
	}
}
