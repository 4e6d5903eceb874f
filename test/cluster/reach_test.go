//go:build unix && cluster

package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// From a command on one replica to every socket on the two others, beside other
// rooms that talk.
func TestReach(t *testing.T) {
	r := newRig(t, 3)
	c := r.gather(number("ROOMS", 200), 2, time.Duration(number("EVERY_MS", 20_000))*time.Millisecond)
	quiet := r.gather(1, 1, time.Hour)
	o := quiet.owners[0]
	var mu sync.Mutex
	arrived := map[float64][]time.Time{} // by the position that was sought
	ctx, stop := context.WithCancel(context.Background())
	var open sync.WaitGroup
	t.Cleanup(func() { stop(); open.Wait() })
	sockets := number("SOCKETS", 500)
	ready := make(chan bool, sockets)
	for i := range sockets {
		open.Go(func() {
			listenFor(ctx, o, r.replicas[1+i%2].url, func() { ready <- true }, func(at float64, now time.Time) {
				mu.Lock()
				arrived[at] = append(arrived[at], now)
				mu.Unlock()
			})
		})
	}
	for range sockets {
		<-ready
	}
	var delays, answers []time.Duration
	const commands = 60
	for n := range commands {
		at := float64(1000 + n)
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

// listenFor hears the playback events of one room until ctx ends.
func listenFor(ctx context.Context, o *member, base string, ready func(), heard func(position float64, when time.Time)) {
	conn, _, err := websocket.Dial(ctx, base+"/api/rooms/"+o.room+"/socket", &websocket.DialOptions{
		HTTPHeader: http.Header{"Authorization": {"Bearer " + o.token}},
	})
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(4 << 20)
	_ = conn.Write(ctx, websocket.MessageText, []byte(`{"id":1,"connect":{}}`))
	for first := true; ; {
		_, data, err := conn.Read(ctx)
		when := time.Now()
		if err != nil {
			return
		}
		for line := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n") {
			if line == "{}" { // a ping, maybe behind an event
				_ = conn.Write(ctx, websocket.MessageText, []byte("{}"))
				continue
			}
			if first {
				first = false
				ready()
			}
			if at, ok := sought(line); ok {
				heard(at, when)
			}
		}
	}
}

// sought is the position of a playback event.
func sought(line string) (position float64, ok bool) {
	var f struct {
		Push struct {
			Pub struct {
				Data struct {
					Playback *struct {
						PositionS float64 `json:"position_s"`
					}
				}
			}
		}
	}
	if json.Unmarshal([]byte(line), &f) != nil || f.Push.Pub.Data.Playback == nil {
		return 0, false
	}
	return f.Push.Pub.Data.Playback.PositionS, true
}
