//go:build linux

// Command attack measures a running room while somebody wears its server out:
// the time from each command to each of the room's sockets, in windows of peace
// and of attack that take turns, so that the machine's own moods fall out; all
// windows of a kind count together. The server has one core; this program and the
// attacker, a process of its own, share the other. All is on loopback and ends by
// itself. It fails when an attack more than doubles the 99th percentile of the
// peace around it.
//
//	go run ./test/attack -server bin/synctv -rounds 3
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"time"
)

type options struct {
	server  string
	sockets int
	rate    int           // events a second
	length  time.Duration // of each window
	rounds  int           // of peace and attack
	only    string        // attacks whose name fits; of the attacker, the name
	pin     bool
	attack  *attackers // when this is the attacker's process
}

func main() {
	o := options{attack: &attackers{}}
	flag.StringVar(&o.server, "server", "bin/synctv", "the program under test")
	flag.IntVar(&o.sockets, "sockets", 50, "open sockets in the room")
	flag.IntVar(&o.rate, "rate", 50, "events a second")
	flag.DurationVar(&o.length, "for", 8*time.Second, "length of each window")
	flag.IntVar(&o.rounds, "rounds", 3, "windows of each attack")
	flag.StringVar(&o.only, "only", "", "only attacks whose name this regular expression fits")
	flag.BoolVar(&o.pin, "pin", true, "server on CPU 0, the rest on CPU 1")
	flag.StringVar(&o.attack.addr, "attack", "", "be the attacker of host:port, with the attack named by -only")
	flag.StringVar(&o.attack.token, "token", "", "of a member, for the attacker")
	flag.StringVar(&o.attack.room, "room", "", "the member's room, for the attacker")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	work := run
	if o.attack.addr != "" {
		work = beAttacker
	}
	if err := work(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "attack:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
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
	fmt.Printf("%d sockets, %d events a second, %d windows of %v; milliseconds from command to socket.\n\n", o.sockets, o.rate, o.rounds, o.length)
	fmt.Println("| what goes on | quiet p50 | quiet p99, first and second half | p50 | p99 | p99 to quiet | lost | server CPU, quiet and attacked | events left out | its memory | what attackers were told |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|")
	if _, err := r.window(ctx, options{rate: o.rate, sockets: o.sockets, length: 3 * time.Second}); err != nil { // warm
		return err
	}
	wanted, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	before, err := r.window(ctx, o)
	if err != nil {
		return err
	}
	var failed []string
	for _, one := range attacks() {
		if !wanted.MatchString(one.name) {
			continue
		}
		ok, err := r.measure(ctx, o, one, &before)
		if err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
		if !ok {
			failed = append(failed, one.name)
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("the room was disturbed, or the machine: %s", strings.Join(failed, "; "))
	}
	return nil
}

// mostDisturbed is how much higher the 99th percentile may be under attack: than
// in the calmer half of the peace around it. Where only the rougher half says so,
// or where half of the events are left out, the machine was busy with something
// else, and the numbers say nothing.
const mostDisturbed = 2

// measure does the rounds of one attack, peace and attack in turn, and compares
// all of the one with all of the other. The last window of peace stays in peace.
func (r *room) measure(ctx context.Context, o options, one attack, peace *numbers) (ok bool, err error) {
	var early, late, under numbers // peace in the first and the second half
	var memory int64
	var told []string
	early.add(*peace)
	for i := range o.rounds {
		got, mb, said, err := r.attacked(ctx, o, one)
		if err != nil {
			return false, err
		}
		under.add(got)
		memory, told = max(memory, mb), append(told, said)
		pause(ctx, 2*time.Second) // for connections to end
		if *peace, err = r.window(ctx, o); err != nil {
			return false, err
		}
		if 2*i < o.rounds-1 {
			early.add(*peace)
		} else {
			late.add(*peace)
		}
	}
	quiet := early
	quiet.late = slices.Clone(early.late)
	quiet.add(late)
	calmer, rougher := min(early.at(0.99), late.at(0.99)), max(early.at(0.99), late.at(0.99))
	p99, verdict := under.at(0.99), ""
	switch {
	case quiet.dim() || under.dim():
		verdict = " (void: too much left out)"
	case p99 > mostDisturbed*calmer && p99 <= mostDisturbed*rougher:
		verdict = " (void: peace itself changed as much)"
	case p99 > mostDisturbed*rougher:
		verdict = " (disturbed)"
	}
	fmt.Printf("| %s | %.1f | %.1f, %.1f | %.1f | %.1f | %.2f%s | %d | %.0f %%, %.0f %% | %.0f %%, %.0f %% | %d MB | %s |\n", one.name, quiet.at(0.5), early.at(0.99), late.at(0.99),
		under.at(0.5), p99, p99/quiet.at(0.99), verdict, under.lost, quiet.share(), under.share(), quiet.leftOut(), under.leftOut(), memory, strings.Join(told, "; "))
	return under.lost == 0 && verdict == "", nil
}

// leftOut is how many of a hundred events do not count; dim, too many.
func (n numbers) leftOut() float64 { return 100 * float64(n.left) / float64(n.of) }
func (n numbers) dim() bool        { return n.left*2 > n.of }

// share is how many hundredths of a core the server had.
func (n numbers) share() float64 { return 100 * n.cpu.Seconds() / n.length.Seconds() }

// attacked measures while one attack goes on.
func (r *room) attacked(ctx context.Context, o options, one attack) (got numbers, memoryMB int64, told string, err error) {
	self, err := os.Executable()
	if err != nil {
		return got, 0, "", err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	enemy := exec.CommandContext(ctx, self, "-attack", r.server.addr, "-token", r.token, "-room", r.id, "-only", one.name) //nolint:gosec // ourselves
	enemy.Stderr = os.Stderr
	order, err := enemy.StdinPipe()
	if err != nil {
		return got, 0, "", err
	}
	out, err := enemy.StdoutPipe()
	if err != nil {
		return got, 0, "", err
	}
	if err := enemy.Start(); err != nil {
		return got, 0, "", err
	}
	late := time.AfterFunc(time.Minute, cancel)
	words := bufio.NewScanner(out)
	if !words.Scan() {
		return got, 0, "", errors.Join(errors.New("the attack does not stand"), enemy.Wait())
	}
	late.Stop()
	got, err = r.window(ctx, o)
	memoryMB = r.server.memoryMB()
	_ = order.Close() // enough
	if words.Scan() {
		told = words.Text()
	}
	return got, memoryMB, told, errors.Join(err, enemy.Wait())
}

// beAttacker attacks until standard input ends. It says when the attack stands,
// and at the end what it was told.
func beAttacker(ctx context.Context, o options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := o.attack
	a.said.by = map[int]int{}
	var one attack
	for _, known := range attacks() {
		if known.name == o.only {
			one = known
		}
	}
	if one.run == nil {
		return fmt.Errorf("no attack is called %q", o.only)
	}
	go func() { // ends with the pipe, or the process
		_, _ = os.Stdin.Read(make([]byte, 1))
		cancel()
	}()
	said := func() { fmt.Println("ready") }
	one.run(ctx, a, said)
	fmt.Println(a.said.take())
	return nil
}
