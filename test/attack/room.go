//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"

	"synctv/test/outside"
)

// server is the program under test.
type server struct {
	cmd  *exec.Cmd
	dir  string
	addr string
	root string // root's token
}

const password = "attack-test-password"

func start(ctx context.Context, o options) (*server, error) {
	dir, err := os.MkdirTemp("", "synctv-attack-")
	if err != nil {
		return nil, err
	}
	free, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, addr: free.Addr().String()}
	_ = free.Close()
	args := []string{o.server, "serve"}
	if o.pin {
		args = append([]string{"taskset", "-c", "0"}, args...)
		if out, err := exec.CommandContext(ctx, "taskset", "-acp", "1", strconv.Itoa(os.Getpid())).CombinedOutput(); err != nil { //nolint:gosec // our own pid
			return nil, fmt.Errorf("taskset: %w: %s", err, out)
		}
	}
	s.cmd = exec.Command(args[0], args[1:]...) //nolint:gosec,noctx // the operator's own program; stopped by stop
	s.cmd.Env = append(os.Environ(), "SYNCTV_DATA_DIR="+dir, "SYNCTV_HTTP_ADDR="+s.addr, "SYNCTV_RTMP_ADDR=off",
		"SYNCTV_ROOT_PASSWORD="+password, "SYNCTV_LOG_LEVEL=warn", "SYNCTV_TRUSTED_PROXIES=127.0.0.1")
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(10 * time.Second); ; pause(ctx, 20*time.Millisecond) {
		var in struct{ Token string }
		err := s.post(ctx, "", "/api/auth/login", map[string]any{"name": "root", "password": password}, &in)
		if err == nil {
			s.root = in.Token
			return s, nil
		}
		if time.Now().After(deadline) {
			s.stop()
			return nil, fmt.Errorf("the server did not start: %w", err)
		}
	}
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
	_ = os.RemoveAll(s.dir)
}

func (s *server) post(ctx context.Context, token, path string, body, into any) error {
	return outside.Call(ctx, http.MethodPost, s.addr, token, path, body, into)
}

// memoryMB is what of the server is resident.
func (s *server) memoryMB() int64 { return outside.Resident(s.cmd.Process.Pid) >> 20 }

// room is one with something to play, open sockets and somebody at the helm.
type room struct {
	server *server
	id     string
	token  string // of a member: some doors are inside
	crowd  *crowd
	helm   *outside.Helm
	next   int
}

func (s *server) makeRoom(ctx context.Context, sockets int) (*room, error) {
	var made struct{ ID string }
	if err := s.post(ctx, s.root, "/api/rooms", map[string]any{"name": "attacked"}, &made); err != nil {
		return nil, err
	}
	r := &room{server: s, id: made.ID}
	var list struct{ Items []struct{ ID string } }
	add := map[string]any{"items": []map[string]string{{"url": "https://example.org/film.mp4"}}}
	if err := s.post(ctx, s.root, "/api/rooms/"+r.id+"/playlist/items", add, &list); err != nil || len(list.Items) != 1 {
		return nil, errors.Join(errors.New("no item was added"), err)
	}
	if err := s.post(ctx, s.root, "/api/rooms/"+r.id+"/playback/item", map[string]any{"item_id": list.Items[0].ID}, nil); err != nil {
		return nil, err
	}
	var tokens []string
	for i := range max(1, sockets/10) {
		var in struct{ Token string }
		if err := s.post(ctx, "", "/api/rooms/"+r.id+"/guests", map[string]any{"name": fmt.Sprint("guest ", i)}, &in); err != nil {
			return nil, err
		}
		tokens = append(tokens, in.Token)
	}
	r.token = tokens[0]
	var err error
	if r.crowd, err = openCrowd(ctx, s, r.id, tokens, sockets); err != nil {
		return nil, err
	}
	r.helm, err = outside.NewHelm(ctx, s.addr, s.root, r.id)
	return r, err
}

func (r *room) close() {
	r.helm.Close()
	r.crowd.close()
}

// numbers of one window, or of several together.
type numbers struct {
	late   []time.Duration // of every message that counts, the soonest first
	lost   int             // messages that did not arrive
	left   int             // events that do not count, see window
	of     int             // all of them
	cpu    time.Duration   // of the server
	length time.Duration
}

func (n *numbers) add(o numbers) {
	n.late = append(n.late, o.late...)
	slices.Sort(n.late)
	n.lost, n.left, n.of, n.cpu, n.length = n.lost+o.lost, n.left+o.left, n.of+o.of, n.cpu+o.cpu, n.length+o.length
}

// at is how late the given part of all messages is at most, in milliseconds.
func (n numbers) at(q float64) float64 {
	if len(n.late) == 0 {
		return 0
	}
	return float64(n.late[int(q*float64(len(n.late)-1))].Microseconds()) / 1000
}

const (
	// sentLate is how long sending a command may take; longer, and this program
	// was waiting for its turn on the core, not for the server.
	sentLate = time.Millisecond
	// stretch of a window: others may have mostOthers of the server's core in it,
	// else its events do not count.
	stretch    = time.Second
	mostOthers = stretch / 20
)

// window sends commands at the rate and waits for their events. Those do not
// count that were sent late, or in a second in which the machine was busy with
// something else.
func (r *room) window(ctx context.Context, o options) (numbers, error) {
	r.crowd.taken()
	tick := time.NewTicker(time.Second / time.Duration(o.rate))
	defer tick.Stop()
	events, left := int(o.length.Seconds()*float64(o.rate)), map[int]bool{}
	since, first, m := time.Now(), r.next+1, r.meter()
	begin, began := m.server, since
	for range events {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return numbers{}, context.Cause(ctx)
		}
		r.next++
		n := r.next
		var began time.Time
		begun := func() { began = time.Now(); r.crowd.sent[n].Store(began.UnixNano()) }
		gone := func() { left[n] = time.Since(began) > sentLate }
		if err := r.helm.Seek(n, begun, gone); err != nil {
			return numbers{}, err
		}
		if time.Since(since) < stretch && n < first+events-1 {
			continue
		}
		now := r.meter()
		if o.pin && now.others()-m.others() > mostOthers {
			for ; first <= n; first++ {
				left[first] = true
			}
		}
		since, first, m = time.Now(), n+1, now
	}
	pause(ctx, 500*time.Millisecond) // for the last events
	all := r.crowd.taken()
	v := numbers{lost: events*o.sockets - len(all), of: events, cpu: m.server - begin, length: since.Sub(began)}
	for _, a := range all {
		if !left[a.event] {
			v.late = append(v.late, a.after)
		}
	}
	for _, was := range left {
		if was {
			v.left++
		}
	}
	slices.Sort(v.late)
	return v, nil
}

// meter is what the server and everybody had of its core so far.
type meter struct{ server, all time.Duration }

func (r *room) meter() meter {
	return meter{outside.CPU(r.server.cmd.Process.Pid), outside.CoreBusy(0)}
}

func (m meter) others() time.Duration { return m.all - m.server }
