package main

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"synctv/internal/cluster/local"
	"synctv/internal/ident"
	"synctv/internal/problem"
	"synctv/internal/room"
	"synctv/internal/screen"
	"synctv/internal/store"
	"synctv/internal/store/storetest"
	"synctv/internal/waiting"
)

// contested is a real store that counts how often somebody was faster.
type contested struct {
	*store.Store
	lost atomic.Int64
}

func (c *contested) SwapPlayback(ctx context.Context, roomID string, from int64, next screen.Playback) (bool, error) {
	swapped, err := c.Store.SwapPlayback(ctx, roomID, from, next)
	if err == nil && !swapped {
		c.lost.Add(1)
	}
	return swapped, err
}

// hall is a room with a policy that everybody may enter, and all are in.
type hall struct{ room.Room }

func (h hall) Enter(_ context.Context, _ string, who room.Person) (room.Access, error) {
	return room.Access{Room: h.Room, Member: room.Member{PersonID: who.ID, Name: who.ID}}, nil
}

func (hall) Announce(context.Context, string, room.Event) {}

func (hall) Online(context.Context, string) map[string]bool {
	here := map[string]bool{}
	for i := range 8 {
		here[strconv.Itoa(i)] = true
	}
	return here
}

// Eight people's players speak at once, on two replicas whose clocks differ,
// over one store: nobody's last word is lost, and no wait outlives its limit.
func TestWaitingUnderCompareAndSwap(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		db := &contested{Store: s}
		began := time.Now()
		p, h := startHall(t, s, began)
		roll := local.NewRoll()
		replica := func(skew time.Duration) *waiting.Service {
			return waiting.New(h, db, h, roll, func() time.Time { return time.Now().Add(skew) })
		}
		replicas := []*waiting.Service{replica(0), replica(5 * time.Millisecond)}
		speak := func(id string, n int, reason screen.Reason) {
			w := screen.Word{Epoch: p.Epoch, Reason: reason, Page: "page" + id, StartMS: 80}
			for {
				err := replicas[n%2].Hear(t.Context(), h.ID, room.Person{ID: id}, w)
				if problem.KindOf(err) == problem.Unavailable {
					continue // too busy: a page says it again
				}
				if err != nil {
					t.Error(err)
				}
				return
			}
		}
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				rnd := rand.New(rand.NewPCG(uint64(i), 3))
				for range 25 {
					reason := []screen.Reason{screen.Ready, screen.Buffering, screen.Tap}[rnd.IntN(3)]
					speak(strconv.Itoa(i), i, reason)
				}
				// Odd ones end ready, even ones not.
				speak(strconv.Itoa(i), i, []screen.Reason{screen.Away, screen.Ready}[i%2])
			})
		}
		all.Wait()
		end, err := s.Playback(t.Context(), h.ID)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 8 {
			// Who cried too often is not listed; who is ready never is.
			if i%2 == 1 && end.Lists(strconv.Itoa(i)) {
				t.Errorf("%d is ready and listed: %+v", i, end.Waits)
			}
		}
		if limit := time.Now().UnixMilli() + screen.WaitLimitMS + 10; end.AtMS > limit {
			t.Errorf("stands %d ms longer than a wait may last", end.AtMS-limit)
		}
		for i := range 8 {
			speak(strconv.Itoa(i), i, screen.Ready)
		}
		if end, err = s.Playback(t.Context(), h.ID); err != nil || end.WaitMS != 0 || len(end.Waits) != 0 {
			t.Errorf("all are ready, and the room waits: %+v, %v", end, err)
		}
		t.Logf("%d versions, %d times somebody was faster", end.Version, db.lost.Load())
		if db.lost.Load() == 0 {
			t.Error("nobody was ever faster: this proves nothing")
		}
	})
}

// startHall stores a room in which a film plays.
func startHall(t *testing.T, s *store.Store, now time.Time) (screen.Playback, hall) {
	t.Helper()
	r := room.Room{ID: ident.New(), Name: "hall", Visibility: room.Listed, Status: room.RoomActive, Settings: room.DefaultSettings(false), Version: 1, CreatedMS: 1}
	r.Settings.Wait.Mode = screen.WaitAlways
	u := visitor(t, s).ID
	r.CreatorID = u
	creator := room.Member{RoomID: r.ID, PersonID: u, Kind: room.KindUser, Role: room.Creator, Status: room.MemberActive, Version: 1}
	p := screen.NewPlayback(now.UnixMilli(), ident.By{})
	if err := s.CreateRoom(t.Context(), r, creator, p, 0); err != nil {
		t.Fatal(err)
	}
	next, _ := p.Apply(screen.Command{Action: screen.ActItem, ItemID: "film"}, now.UnixMilli(), ident.By{})
	if swapped, err := s.SwapPlayback(t.Context(), r.ID, p.Version, next); err != nil || !swapped {
		t.Fatalf("swapped %v, %v", swapped, err)
	}
	return next, hall{r}
}
