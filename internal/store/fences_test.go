//go:build unix

package store_test

import (
	"errors"
	"testing"
	"time"

	"synctv/internal/cluster"
	"synctv/internal/mark"
	"synctv/internal/room"
	"synctv/internal/store"
	"synctv/internal/store/storetest"
	"synctv/internal/talk"
)

// A holder that slept through its lock's lifetime cannot write once the next
// one has, on either engine; neither can it before, if it asks again.
func TestAStaleHolderCannotWrite(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := addRoom(t, s, addUser(t, s, "ada"), "x", 1)
		const key = "room_settings:x"
		write := func(fence int64, name string) error {
			now, err := s.Room(t.Context(), r.ID)
			if err != nil {
				return err
			}
			next := now
			next.Name, next.Version = name, now.Version+1
			ctx := cluster.WithFence(t.Context(), cluster.Fence{Key: key, Number: fence})
			_, swapped, err := s.SwapRoom(ctx, now.Version, next)
			if err == nil && !swapped {
				return errors.New("not swapped")
			}
			return err
		}
		first, second := time.Now().UnixMicro(), time.Now().UnixMicro()+1
		for _, step := range []struct {
			fence int64
			name  string
			stale bool
		}{{first, "one", false}, {first, "two", false}, {second, "three", false}, {first, "four", true}, {second, "five", false}} {
			if err := write(step.fence, step.name); errors.Is(err, cluster.ErrLost) != step.stale || !step.stale && err != nil {
				t.Errorf("%s: %v", step.name, err)
			}
		}
		if now, err := s.Room(t.Context(), r.ID); err != nil || now.Name != "five" {
			t.Errorf("the room is %q, %v", now.Name, err)
		}
		// Under two locks both must hold.
		ctx := cluster.WithFence(cluster.WithFence(t.Context(), cluster.Fence{Key: "other", Number: 1}), cluster.Fence{Key: key, Number: first})
		if _, err := s.SwapMember(ctx, 0, room.Member{}, 0); !errors.Is(err, cluster.ErrLost) {
			t.Errorf("got %v", err)
		}
		if n, err := s.TrimFences(t.Context(), time.Now().UnixMilli(), 10); err != nil || n != 0 {
			t.Errorf("fences of today went: %d, %v", n, err)
		}
		later := time.Now().Add(48 * time.Hour).UnixMilli()
		if n, err := s.TrimFences(t.Context(), later, 1); err != nil || n != 1 {
			t.Errorf("one at a time: %d, %v", n, err)
		}
		if _, err := s.TrimFences(t.Context(), later, 10); err != nil {
			t.Error(err)
		}
		if err := write(first, "six"); err != nil {
			t.Errorf("after two days: %v", err)
		}
	})
}

func TestMarksMoveWithWhatHappens(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		u := addUser(t, s, "ada")
		r, other := addRoom(t, s, u, "x", 1), addRoom(t, s, u, "y", 1)
		at := func() mark.Marks {
			t.Helper()
			all, err := s.Marks(t.Context(), []string{r.ID, "gone", other.ID})
			if err != nil || len(all) != 2 {
				t.Fatalf("%v, %v", all, err)
			}
			return all[r.ID]
		}
		was := at()
		if was != (mark.Marks{Room: 1, Epoch: was.Epoch, Playback: was.Playback, Playlist: 1, Members: was.Members}) {
			t.Errorf("at first %+v", was)
		}
		_, err := s.AddMessage(t.Context(), r.ID, talk.Message{ID: "m", Version: 1, Kind: talk.SystemMessage, CreatedMS: 1})
		must(t, err)
		addMember(t, s, r, addUser(t, s, "bob"), room.MemberActive, 2)
		now := at()
		if now.Chat != 1 || now.Members == was.Members || now.Room != 1 {
			t.Errorf("then %+v", now)
		}
		must(t, s.RemoveMember(t.Context(), r.ID, u.ID))
		if at().Members == now.Members {
			t.Error("nobody left")
		}
	})
}
