// Command attack measures a running room while somebody wears its server out:
// the time from each command to each of the room's sockets, in peace and under
// each attack. Server and attackers have a core each; all is on loopback and
// ends by itself. It fails when an attack more than doubles the 99th percentile.
//
//	go run ./test/attack -server bin/synctv -for 10s
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

type options struct {
	server  string
	sockets int
	rate    int           // events a second
	length  time.Duration // of each phase
	only    string        // attacks with this in their name
	pin     bool
}

func main() {
	var o options
	flag.StringVar(&o.server, "server", "bin/synctv", "the program under test")
	flag.IntVar(&o.sockets, "sockets", 50, "open sockets in the room")
	flag.IntVar(&o.rate, "rate", 20, "events a second")
	flag.DurationVar(&o.length, "for", 10*time.Second, "length of each phase")
	flag.StringVar(&o.only, "only", "", "only attacks with this in their name")
	flag.BoolVar(&o.pin, "pin", true, "server on CPU 0, attackers on CPU 1")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "attack:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	var files syscall.Rlimit // 10,000 connections, twice
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err == nil {
		files.Cur = files.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &files)
	}
	s, err := start(ctx, o)
	if err != nil {
		return err
	}
	defer s.stop()
	r, err := s.makeRoom(ctx, o.sockets)
	if err != nil {
		return err
	}
	defer r.close()
	a := &attackers{addr: s.addr, token: r.mallory, room: r.id, said: counts{by: map[int]int{}}}
	fmt.Println("| what goes on | p50 | p99 | p99 to quiet | lost | server memory | what attackers were told |")
	fmt.Println("|---|---|---|---|---|---|---|")
	quiet, err := r.phase(ctx, o)
	if err != nil {
		return err
	}
	fmt.Printf("| nothing | %.1f ms | %.1f ms | | %d | %d MB | |\n", quiet.p50, quiet.p99, quiet.lost, s.memoryMB())
	var failed []string
	for _, one := range attacks() {
		if !strings.Contains(one.name, o.only) {
			continue
		}
		got, memory, err := r.attacked(ctx, o, a, one)
		if err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
		fmt.Printf("| %s | %.1f ms | %.1f ms | %.2f | %d | %d MB | %s |\n", one.name, got.p50, got.p99, got.p99/quiet.p99, got.lost, memory, a.said.take())
		if got.p99 > 2*quiet.p99 || got.lost > 0 {
			failed = append(failed, one.name)
		}
	}
	if quiet, err = r.phase(ctx, o); err != nil {
		return err
	}
	fmt.Printf("| nothing, after it all | %.1f ms | %.1f ms | | %d | %d MB | |\n", quiet.p50, quiet.p99, quiet.lost, s.memoryMB())
	if len(failed) > 0 {
		return fmt.Errorf("the room was disturbed by: %s", strings.Join(failed, "; "))
	}
	return nil
}

// attacked measures while one attack goes on.
func (r *room) attacked(ctx context.Context, o options, a *attackers, one attack) (numbers, int64, error) {
	fight, cancel := context.WithCancel(ctx)
	ready := make(chan struct{})
	var fighting sync.WaitGroup
	fighting.Go(func() { one.run(fight, a, sync.OnceFunc(func() { close(ready) })) })
	defer fighting.Wait()
	defer cancel()
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	select {
	case <-ready:
	case <-late.C:
		return numbers{}, 0, fmt.Errorf("not ready in time")
	}
	got, err := r.phase(ctx, o)
	return got, r.server.memoryMB(), err
}

// numbers of one phase, in milliseconds.
type numbers struct {
	p50, p99 float64
	lost     int // messages that did not arrive
}

// phase sends commands at the rate and waits for their events.
func (r *room) phase(ctx context.Context, o options) (numbers, error) {
	r.mu.Lock()
	r.late = nil
	r.mu.Unlock()
	tick := time.NewTicker(time.Second / time.Duration(o.rate))
	defer tick.Stop()
	events := int(o.length.Seconds() * float64(o.rate))
	for range events {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return numbers{}, context.Cause(ctx)
		}
		if err := r.seek(ctx); err != nil {
			return numbers{}, err
		}
	}
	const settle = 500 * time.Millisecond // for the last events
	pause(ctx, settle)
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.Sort(r.late)
	got := len(r.late)
	if got == 0 {
		return numbers{}, fmt.Errorf("nothing arrived")
	}
	at := func(q float64) float64 { return float64(r.late[int(q*float64(got-1))].Microseconds()) / 1000 }
	return numbers{p50: at(0.5), p99: at(0.99), lost: events*o.sockets - got}, nil
}
