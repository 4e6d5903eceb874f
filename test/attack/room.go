package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/coder/websocket"

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
	s.cmd.Env = append(os.Environ(), "SYNCTV_DATA_DIR="+dir, "SYNCTV_HTTP_ADDR="+s.addr, "SYNCTV_RTMP_ADDR=off", "SYNCTV_ROOT_PASSWORD="+password, "SYNCTV_LOG_LEVEL=warn")
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

// room is one with something to play and open sockets.
type room struct {
	server      *server
	id, mallory string         // a member's token: some doors are inside
	sent        []atomic.Int64 // by event number: when its command was sent, ns
	next        int
	sockets     []*websocket.Conn
	reading     sync.WaitGroup

	mu   sync.Mutex
	late []time.Duration // guarded by mu
}

// mostEvents of a run.
const mostEvents = 1 << 16

func (s *server) makeRoom(ctx context.Context, sockets int) (*room, error) {
	var made struct{ ID string }
	if err := s.post(ctx, s.root, "/api/rooms", map[string]any{"name": "attacked"}, &made); err != nil {
		return nil, err
	}
	r := &room{server: s, id: made.ID, sent: make([]atomic.Int64, mostEvents)}
	var list struct{ Items []struct{ ID string } }
	add := map[string]any{"items": []map[string]string{{"url": "https://example.org/film.mp4"}}}
	if err := s.post(ctx, s.root, "/api/rooms/"+r.id+"/playlist/items", add, &list); err != nil || len(list.Items) != 1 {
		return nil, errors.Join(errors.New("no item was added"), err)
	}
	if err := s.post(ctx, s.root, "/api/rooms/"+r.id+"/playback/item", map[string]any{"item_id": list.Items[0].ID}, nil); err != nil {
		return nil, err
	}
	var in struct{ Token string }
	for i := range sockets {
		if i%10 == 0 {
			if err := s.post(ctx, "", "/api/rooms/"+r.id+"/guests", map[string]any{"name": fmt.Sprint("guest ", i)}, &in); err != nil {
				return nil, err
			}
		}
		if err := r.open(ctx, in.Token); err != nil {
			return nil, fmt.Errorf("socket %d: %w", i, err)
		}
	}
	r.mallory = in.Token
	return r, nil
}

// open opens one socket and waits until it is in the room.
func (r *room) open(ctx context.Context, token string) error {
	conn, res, err := websocket.Dial(ctx, "ws://"+r.server.addr+"/api/rooms/"+r.id+"/socket", &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}})
	if err != nil {
		return err
	}
	if res.Body != nil {
		_ = res.Body.Close() // the library's habit
	}
	conn.SetReadLimit(1 << 20)
	r.sockets = append(r.sockets, conn)
	if err := conn.Write(ctx, websocket.MessageText, []byte(`{"id":1,"connect":{}}`)); err != nil {
		return err
	}
	for {
		_, data, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		if bytes.Contains(data, []byte(`"type":"snapshot"`)) {
			break
		}
	}
	r.reading.Go(func() {
		for {
			_, data, err := conn.Read(ctx)
			if err != nil {
				return
			}
			now := time.Now().UnixNano()
			for line := range bytes.SplitSeq(data, []byte("\n")) {
				if string(line) == "{}" {
					_ = conn.Write(ctx, websocket.MessageText, line) // a ping wants a pong
				}
				r.heard(line, now)
			}
		}
	})
	return nil
}

// heard notes the arrival of a playback event: its position is its number.
func (r *room) heard(line []byte, now int64) {
	_, rest, ok := bytes.Cut(line, []byte(`"position_s":`))
	if !ok || !bytes.Contains(line, []byte(`"type":"playback"`)) {
		return
	}
	digits, _, _ := bytes.Cut(rest, []byte(","))
	n, err := strconv.Atoi(string(digits))
	if err != nil || n >= len(r.sent) {
		return
	}
	if at := r.sent[n].Load(); at > 0 {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.late = append(r.late, time.Duration(now-at))
	}
}

func (r *room) seek(ctx context.Context) error {
	r.next++
	r.sent[r.next].Store(time.Now().UnixNano())
	return r.server.post(ctx, r.server.root, "/api/rooms/"+r.id+"/playback/seek", map[string]any{"position_s": r.next}, nil)
}

func (r *room) close() {
	for _, c := range r.sockets {
		_ = c.CloseNow()
	}
	r.reading.Wait()
}
