//go:build unix && cluster

package cluster

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"synctv/test/outside"
)

// From a command on one replica to every socket on the two others, beside other
// rooms that talk.
func TestReach(t *testing.T) {
	r := newRig(t, 3)
	c := r.gather(number("ROOMS", 200), 2, time.Duration(number("EVERY_MS", 20_000))*time.Millisecond)
	quiet := r.gather(1, 1, time.Hour)
	o := quiet.owners[0]
	var mu sync.Mutex
	arrived := map[int][]time.Time{} // by the position that was sought
	crowd := &outside.Crowd{Heard: func(at int, when time.Time) {
		mu.Lock()
		defer mu.Unlock()
		arrived[at] = append(arrived[at], when)
	}}
	t.Cleanup(func() { _ = crowd.Close() })
	ctx, sockets := t.Context(), number("SOCKETS", 500)
	for i := range sockets {
		must(t, crowd.Join(ctx, strings.TrimPrefix(r.replicas[1+i%2].url, "http://"), o.room, o.token))
	}
	crowd.Listen()
	var delays, answers []time.Duration
	const commands = 60
	for n := range commands {
		at := 1000 + n
		began := time.Now()
		must(t, o.do(ctx, r.replicas[0].url, "POST", "/api/rooms/"+o.room+"/playback/seek", map[string]any{"position_s": at}, nil))
		answers = append(answers, time.Since(began))
		quiet.await(fmt.Sprintf("all sockets to hear command %d", n), 5*time.Second, func() bool { mu.Lock(); defer mu.Unlock(); return len(arrived[at]) >= sockets })
		for _, when := range arrived[at] {
			delays = append(delays, when.Sub(began))
		}
		pause(ctx, 100*time.Millisecond)
	}
	slices.Sort(delays)
	q := func(p float64) time.Duration { return delays[int(p*float64(len(delays)-1))] }
	slices.Sort(answers)
	t.Logf("%d sockets on two replicas, %d commands on the third, %d other rooms: p50 %v p95 %v p99 %v most %v; the command's own answer p50 %v p99 %v",
		sockets, commands, len(c.rooms), q(.5), q(.95), q(.99), q(1), answers[commands/2], answers[commands-1])
	if limit := time.Duration(number("P99_MS", 50)) * time.Millisecond; q(.99) > limit {
		t.Errorf("p99 %v, more than %v", q(.99), limit)
	}
}
