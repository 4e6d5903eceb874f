//go:build linux

// Command sockets measures the event route under load: one room with many open
// sockets, commands at a steady rate, and the time from each command to each
// socket. The server runs on one core, the load on another; everything is on
// loopback and ends by itself.
//
//	go run ./test/sockets -server bin/synctv            1,000 sockets, 20 events/s, 20 s
//	go run ./test/sockets -server bin/synctv -mute 90s  one socket never reads; when is it cut?
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"time"

	"synctv/test/outside"
)

type options struct {
	server  string
	sockets int
	rate    int           // events a second
	length  time.Duration // of the measured run
	mute    time.Duration // how long to watch a socket that never reads; 0: not at all
	pin     bool
}

func main() {
	var o options
	flag.StringVar(&o.server, "server", "bin/synctv", "the program under test")
	flag.IntVar(&o.sockets, "sockets", 1000, "open sockets in the room")
	flag.IntVar(&o.rate, "rate", 20, "events a second")
	flag.DurationVar(&o.length, "for", 20*time.Second, "length of the run")
	flag.DurationVar(&o.mute, "mute", 0, "watch one socket that never reads for so long")
	flag.BoolVar(&o.pin, "pin", true, "server on CPU 0, load on CPU 1")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "sockets:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	s, err := startServer(ctx, o)
	if err != nil {
		return err
	}
	defer s.stop()
	room, err := s.makeRoom(ctx)
	if err != nil {
		return err
	}
	before := outside.Resident(s.cmd.Process.Pid)
	crowd, err := openAll(ctx, s, room, o.sockets)
	if err != nil {
		return err
	}
	defer func() { _ = crowd.close() }()
	fmt.Printf("%d sockets open, %.1f KB of server memory each\n", o.sockets, float64(outside.Resident(s.cmd.Process.Pid)-before)/1024/float64(o.sockets))
	if o.mute > 0 {
		if err := crowd.addMute(ctx, s, room); err != nil {
			return err
		}
		o.length = o.mute
	}
	return crowd.measure(ctx, s, room, o)
}

// settleTime is for the last events to arrive.
const settleTime = 500 * time.Millisecond

func (c *crowd) measure(ctx context.Context, s *server, room string, o options) error {
	helm, err := outside.NewHelm(ctx, s.addr, s.token, room)
	if err != nil {
		return err
	}
	defer helm.Close()
	cpu := outside.CPU(s.cmd.Process.Pid)
	start := time.Now()
	tick := time.NewTicker(time.Second / time.Duration(o.rate))
	defer tick.Stop()
	total := int(o.length.Seconds() * float64(o.rate))
	for n := 1; n <= total; n++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err := helm.Seek(n, func() { c.sent[n].Store(time.Now().UnixNano()) }, nil); err != nil {
			return err
		}
		if cut := s.cutOff(); c.mute != nil && len(cut) > 0 {
			fmt.Printf("the one who never reads was cut after %.1f s: %s\n", time.Since(start).Seconds(), cut[0])
			c.mute.Close()
			c.mute = nil
		}
	}
	time.Sleep(settleTime)
	used := outside.CPU(s.cmd.Process.Pid) - cpu
	lost := c.close()
	if c.mute != nil {
		return errors.New("the one who never reads was not cut")
	}
	if cut := s.cutOff(); o.mute > 0 && len(cut) != 1 || lost > 0 {
		return fmt.Errorf("others were cut as well: %d sockets ended, %v", lost, cut)
	}
	return c.report(total, c.Size(), used, time.Since(start))
}

func (c *crowd) report(events, sockets int, cpu, took time.Duration) error {
	want := events * sockets
	slices.Sort(c.latencies)
	got := len(c.latencies)
	at := func(q float64) float64 { return float64(c.latencies[int(q*float64(got-1))].Microseconds()) / 1000 }
	if got == 0 {
		return errors.New("nothing arrived")
	}
	fmt.Printf("%d events to %d sockets in %.1f s: %d of %d delivered\n", events, sockets, took.Seconds(), got, want)
	fmt.Printf("command to socket: p50 %.2f ms, p95 %.2f, p99 %.2f, max %.2f\n", at(0.5), at(0.95), at(0.99), at(1))
	first := slices.DeleteFunc(slices.Clone(c.first), func(d time.Duration) bool { return d == 0 })
	slices.Sort(first)
	of := func(q float64) float64 { return float64(first[int(q*float64(len(first)-1))].Microseconds()) / 1000 }
	fmt.Printf("command to the first socket: p50 %.2f ms, p95 %.2f, p99 %.2f, max %.2f\n", of(0.5), of(0.95), of(0.99), of(1))
	fmt.Printf("server CPU: %.2f s, %.1f µs per delivered message\n", cpu.Seconds(), float64(cpu.Microseconds())/float64(got))
	if got != want {
		return fmt.Errorf("%d messages are missing", want-got)
	}
	return nil
}
