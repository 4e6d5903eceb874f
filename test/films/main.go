//go:build linux

// Command films measures the proxy's slice cache: 200 viewers of one film of
// 20 Mbit/s that comes through the server, behind an origin that counts what it
// is asked for. First cold, all at the same place, as a room watches; then
// warm, each elsewhere, in turns with a bare server that sends the same file by
// sendfile; then what one request costs either, which with a film of real length
// is next to nothing and with one of seconds would be what is measured. The servers run on core 0, origin and viewers on core 1; everything
// is on loopback and ends by itself.
//
//	go run ./test/films -server bin/synctv
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
)

type options struct {
	server  string
	viewers int
	mbit    float64       // of one viewer
	cold    time.Duration // length of the film and of the first run
	warm    time.Duration // length of each later run
	rounds  int
	pin     bool
	threads int
	plain   string // be the bare server of this file
}

func main() {
	var o options
	flag.StringVar(&o.server, "server", "bin/synctv", "the program under test")
	flag.IntVar(&o.viewers, "viewers", 200, "viewers at once")
	flag.Float64Var(&o.mbit, "mbit", 20, "Mbit/s of one viewer")
	flag.DurationVar(&o.cold, "cold", 30*time.Second, "length of the film, which is the first run")
	flag.DurationVar(&o.warm, "warm", 10*time.Second, "length of each warm run")
	flag.IntVar(&o.rounds, "rounds", 3, "warm runs of each kind, in turns")
	flag.BoolVar(&o.pin, "pin", true, "servers on CPU 0, load on CPU 1")
	flag.IntVar(&o.threads, "threads", 1, "GOMAXPROCS of both servers; 0: what each takes by itself")
	flag.StringVar(&o.plain, "plain", "", "used by itself: be the bare server of a file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	work := run
	if o.plain != "" {
		work = servePlain
	}
	if err := work(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "films:", err)
		os.Exit(1)
	}
}

// bytesPerSecond of one viewer.
func (o options) bytesPerSecond() float64 { return o.mbit * 1e6 / 8 }

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "synctv-films-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	film, err := makeFilm(dir, int64(o.bytesPerSecond()*o.cold.Seconds()))
	if err != nil {
		return err
	}
	origin, err := startOrigin(film)
	if err != nil {
		return err
	}
	defer origin.close()
	ours, err := startOurs(ctx, o, dir)
	if err != nil {
		return err
	}
	defer ours.stop()
	plain, err := startPlain(ctx, o, film)
	if err != nil {
		return err
	}
	defer plain.stop()
	if err := ours.prepare(ctx, origin.url, o.viewers); err != nil {
		return err
	}
	fmt.Printf("%d viewers, %g Mbit/s each, a film of %.0f MiB\n", o.viewers, o.mbit, float64(film.size)/(1<<20))
	cold, err := watch(ctx, o, ours, o.cold, film.size, true)
	if err != nil {
		return err
	}
	fmt.Printf("cold  %s\n", cold)
	if err := origin.judge(film.size); err != nil {
		return err
	}
	return compare(ctx, o, ours, plain, film.size)
}

// compare runs both in turns and sets their processor time side by side.
func compare(ctx context.Context, o options, ours, plain *process, size int64) error {
	if o.rounds < 1 || o.warm >= o.cold {
		return errors.New("no rounds, or a film shorter than one")
	}
	var ratios []float64
	for range o.rounds {
		a, err := watch(ctx, o, ours, o.warm, size, false)
		if err != nil {
			return err
		}
		b, err := watch(ctx, o, plain, o.warm, size, false)
		if err != nil {
			return err
		}
		fmt.Printf("warm  %s\nplain %s\n", a, b)
		ratios = append(ratios, a.perGiB()/b.perGiB())
	}
	slices.Sort(ratios)
	fmt.Printf("processor time per GiB, ours to plain: %.2f (%.2f to %.2f)\n", ratios[len(ratios)/2], ratios[0], ratios[len(ratios)-1])
	for name, p := range map[string]*process{"ours": ours, "plain": plain} {
		cost, err := asked(ctx, p)
		if err != nil {
			return err
		}
		fmt.Printf("a request for one byte, %s: %v of processor\n", name, cost)
	}
	return nil
}
