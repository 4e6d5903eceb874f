//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"synctv/internal/live"
)

// The cores of the two sides. A machine with one core cannot judge.
const (
	serverCore = "0"
	loadCore   = "1"
)

// server is a running child that serves viewers.
type server struct {
	ports
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// pinned is this program on one core only.
func pinned(ctx context.Context, core string, args ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "taskset", append([]string{"-c", core, self}, args...)...)
	cmd.Stderr = os.Stderr
	return cmd, nil
}

func startServer(ctx context.Context, args ...string) (*server, error) {
	cmd, err := pinned(ctx, serverCore, args...)
	if err != nil {
		return nil, err
	}
	s := &server{cmd: cmd}
	if s.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.out = bufio.NewReader(out)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := s.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &s.ports)
	}
	if err != nil {
		_, _ = s.stop()
		return nil, fmt.Errorf("server %v: %w", args, err)
	}
	return s, nil
}

// stop ends the server and returns the last line it wrote.
func (s *server) stop() ([]byte, error) {
	s.in.Close()
	rest, err := io.ReadAll(s.out)
	return rest, errors.Join(err, s.cmd.Wait())
}

// subject is a server to measure: its role and flags, and whether viewers
// speak HTTP with it and a publisher feeds it.
type subject struct {
	name  string
	relay bool
	args  []string
}

func floorOf(name, pattern string, merge time.Duration) subject {
	return subject{name, false, []string{"-role", "floor", "-pattern", pattern, "-merge", merge.String()}}
}

func relayAt(name string, merge time.Duration) subject {
	return subject{name, true, []string{"-role", "relay", "-merge", merge.String()}}
}

// measurement is one subject under one load.
type measurement struct {
	result
	stats live.Stats
}

func measure(ctx context.Context, o options, s subject, load ...string) (m measurement, err error) {
	srv, err := startServer(ctx, s.args...)
	if err != nil {
		return m, err
	}
	last := []byte(nil)
	defer func() {
		var stopped error
		last, stopped = srv.stop()
		err = errors.Join(err, stopped)
		if s.relay && err == nil {
			err = json.Unmarshal(last, &m.stats)
		}
	}()
	args := append([]string{"-role", "load", "-addr", srv.Viewers, "-pid", strconv.Itoa(srv.cmd.Process.Pid),
		"-measure", o.measure.String(), "-warmup", o.warmup.String()}, load...)
	if s.relay {
		args = append(args, "-http", "-feed", "rtmp://"+srv.Feed+"/live/show")
	} else {
		args = append(args, "-feed", srv.Feed)
	}
	cmd, err := pinned(ctx, loadCore, args...)
	if err != nil {
		return m, err
	}
	out, err := cmd.Output()
	if err != nil {
		return m, fmt.Errorf("%s: %w", s.name, err)
	}
	return m, json.Unmarshal(out, &m.result)
}

// blastCost is the CPU time of one send to a single socket, in µs, when it gets
// what so many viewers would.
func blastCost(ctx context.Context, viewers int) (float64, error) {
	srv, err := startServer(ctx, "-role", "floor", "-pattern", "blast", "-viewers", strconv.Itoa(viewers))
	if err != nil {
		return 0, err
	}
	cmd, err := pinned(ctx, loadCore, "-role", "load", "-addr", srv.Viewers, "-viewers", "1", "-warmup", (blastFor + time.Second).String(), "-measure", "10ms")
	if err == nil {
		err = cmd.Run()
	}
	out, stopped := srv.stop()
	if err := errors.Join(err, stopped); err != nil {
		return 0, err
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}

// judge runs what was asked for.
func judge(ctx context.Context, o options) error {
	switch o.only {
	case "fanout":
		return judgeFanout(ctx, o)
	case "storm":
		return judgeStorm(ctx, o)
	case "memory":
		return judgeMemory(ctx, o)
	case "saturate":
		return judgeSaturate(ctx, o)
	case "slow":
		return judgeSlow(ctx, o)
	case "":
		return errors.Join(judgeFanout(ctx, o), judgeStorm(ctx, o))
	}
	return fmt.Errorf("unknown measurement %q", o.only)
}

func parseCounts(s string) (counts []int, err error) {
	for word := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("viewer count %q", word)
		}
		counts = append(counts, n)
	}
	return counts, nil
}
