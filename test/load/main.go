//go:build linux

// Command load measures the live relay against the bare cost of its writes. It
// knows a made-up stream, how to publish and watch it a thousand times over
// loopback, and what the same bytes cost when nothing but system calls sends
// them; it knows nothing of rooms. One process (the judge) starts the others:
// a server pinned to one core, and the load (publisher and viewers) pinned to
// another. All numbers of a run are compared with floors of the same run.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

// options are the flags of all roles.
type options struct {
	role    string
	addr    string // where the load connects: viewers
	feed    string // where the load publishes, rtmp:// or a floor's address
	pid     int    // the server's, for its CPU time
	counts  string // judge: viewer counts
	viewers int
	shape
	blind   int // viewers that do not look at what they get
	slow    int // viewers that read 64 kbit/s
	stalled int // viewers that stop reading for a while
	runs    int
	turns   int
	measure time.Duration
	warmup  time.Duration
	merge   time.Duration
	pattern string
	only    string
	procs   int
	storm   bool
	inside  bool
	http    bool
	profile string
}

func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("load", flag.ContinueOnError)
	f.StringVar(&o.role, "role", "judge", "judge, relay, floor, load or burn")
	f.StringVar(&o.addr, "addr", "", "viewers connect here")
	f.StringVar(&o.feed, "feed", "", "publish here")
	f.IntVar(&o.pid, "pid", 0, "process whose CPU time counts")
	f.StringVar(&o.counts, "counts", "100,500,1000", "viewer counts")
	f.IntVar(&o.viewers, "viewers", 100, "viewers of one measurement")
	f.IntVar(&o.gop, "gop", gopFrames, "load: pictures from one key frame to the next")
	f.IntVar(&o.fps, "fps", frameRate, "load: pictures a second")
	f.IntVar(&o.size, "picture", frameBytes, "load: bytes of a picture")
	f.IntVar(&o.blind, "blind", 0, "of the viewers, take what comes and do not look at it")
	f.IntVar(&o.slow, "slow", 0, "of them, read only 64 kbit/s")
	f.IntVar(&o.stalled, "stalled", 0, "of them, read nothing for 40 s")
	f.IntVar(&o.runs, "runs", 3, "runs of everything")
	f.IntVar(&o.turns, "turns", 3, "fanout: turns of each measurement in a run")
	f.DurationVar(&o.measure, "measure", 4*time.Second, "length of one measurement")
	f.DurationVar(&o.warmup, "warmup", time.Second, "before each measurement")
	f.DurationVar(&o.merge, "merge", 0, "merge window")
	f.StringVar(&o.pattern, "pattern", "frame", "floor: tag, frame, vector or blast")
	f.StringVar(&o.only, "only", "", "judge: fanout, storm, memory, saturate or slow (default: fanout and storm)")
	f.IntVar(&o.procs, "procs", 0, "relay: GOMAXPROCS, 0 as pinned")
	f.BoolVar(&o.storm, "storm", false, "load: all viewers join at once")
	f.BoolVar(&o.inside, "inside", false, "relay: makes the stream itself")
	f.BoolVar(&o.http, "http", false, "load: the server speaks HTTP")
	f.StringVar(&o.profile, "profile", "", "relay: write a CPU profile here")
	return o, f.Parse(args)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	o, err := parse(os.Args[1:])
	if err == nil {
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	switch o.role {
	case "judge":
		return judge(ctx, o)
	case "relay":
		return serveRelay(ctx, o)
	case "floor":
		return serveFloor(ctx, o)
	case "load":
		return load(ctx, o)
	case "burn":
		return spin(ctx)
	}
	return fmt.Errorf("unknown role %q", o.role)
}
