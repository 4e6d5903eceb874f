//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"synctv/test/outside"
)

// sliceSize is the proxy's.
const sliceSize = 2 << 20

type film struct {
	path string
	size int64
}

// makeFilm writes a file of bytes that no compression makes small.
func makeFilm(dir string, size int64) (film, error) {
	f, err := os.Create(filepath.Join(dir, "film.mp4")) //nolint:gosec // a folder of our own
	if err != nil {
		return film{}, err
	}
	_, err = io.CopyN(f, rand.NewChaCha8([32]byte{1}), size)
	return film{f.Name(), size}, errors.Join(err, f.Close())
}

// origin is the server that the film comes from.
type origin struct {
	url    string
	server *http.Server
	ended  sync.WaitGroup

	mu    sync.Mutex
	asked map[string]int // by range; guarded by mu
}

func startOrigin(f film) (*origin, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	o := &origin{url: "http://" + ln.Addr().String() + "/film.mp4", asked: map[string]int{}}
	o.server = &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.asked[r.Header.Get("Range")]++
		o.mu.Unlock()
		w.Header().Set("ETag", `"1"`)
		http.ServeFile(w, r, f.path)
	})}
	o.ended.Go(func() { _ = o.server.Serve(ln) })
	return o, nil
}

func (o *origin) close() {
	_ = o.server.Close()
	o.ended.Wait()
}

// judge fails unless each slice was asked for once; the first one is also what
// the film is checked by, which is asked with its ETag and answered without it.
func (o *origin) judge(size int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	most, slices := 0, 0
	for from := int64(0); from < size; from += sliceSize {
		n := o.asked[fmt.Sprintf("bytes=%d-%d", from, min(from+sliceSize, size)-1)]
		if from == 0 {
			n = o.asked[fmt.Sprintf("bytes=0-%d", sliceSize-1)]
		}
		if n == 0 {
			return fmt.Errorf("the slice at %d was never asked for", from)
		}
		most, slices = max(most, n), slices+1
	}
	fmt.Printf("origin: %d slices, each asked for at most %d times; %d different requests\n", slices, most, len(o.asked))
	if most > 1 || len(o.asked) != slices {
		return errors.New("a slice was asked for more than once")
	}
	return nil
}

// process is a server on the other core.
type process struct {
	cmd    *exec.Cmd
	addr   string
	path   string   // of the film
	tokens []string // of viewers; empty: nobody asks for one
}

func start(ctx context.Context, o options, env []string, args ...string) (*process, error) {
	if o.pin {
		args = append([]string{"taskset", "-c", "0"}, args...)
		if out, err := exec.CommandContext(ctx, "taskset", "-acp", "1", strconv.Itoa(os.Getpid())).CombinedOutput(); err != nil { //nolint:gosec // our own pid
			return nil, fmt.Errorf("taskset: %w: %s", err, out)
		}
	}
	p := &process{cmd: exec.Command(args[0], args[1:]...)} //nolint:gosec,noctx // the operator's own program; stopped below
	if o.threads > 0 {
		env = append(env, "GOMAXPROCS="+strconv.Itoa(o.threads))
	}
	p.cmd.Env, p.cmd.Stderr = append(os.Environ(), env...), nil
	return p, p.cmd.Start()
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
}

func freeAddress() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return ""
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

const password = "load-test-password"

func startOurs(ctx context.Context, o options, dir string) (*process, error) {
	addr := freeAddress()
	p, err := start(ctx, o, []string{
		"SYNCTV_DATA_DIR=" + filepath.Join(dir, "data"), "SYNCTV_HTTP_ADDR=" + addr, "SYNCTV_RTMP_ADDR=off",
		"SYNCTV_ROOT_PASSWORD=" + password, "SYNCTV_FETCH_ALLOW=127.0.0.1",
	}, o.server, "serve")
	if err != nil {
		return nil, err
	}
	p.addr = addr
	return p, p.await(ctx, "/readyz")
}

// startPlain starts this program once more, as the server to compare with.
func startPlain(ctx context.Context, o options, f film) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	addr := freeAddress()
	p, err := start(ctx, o, []string{"FILMS_ADDR=" + addr}, self, "-plain", f.path)
	if err != nil {
		return nil, err
	}
	p.addr, p.path = addr, "/"
	return p, p.await(ctx, "/")
}

// servePlain sends one file as the standard library does: by sendfile.
func servePlain(ctx context.Context, o options) error {
	server := &http.Server{Addr: os.Getenv("FILMS_ADDR"), ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, o.plain)
	})}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// await polls until a server answers.
func (p *process) await(ctx context.Context, path string) error {
	for deadline := time.Now().Add(10 * time.Second); ; {
		req, err := http.NewRequestWithContext(ctx, http.MethodHead, "http://"+p.addr+path, nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			return res.Body.Close()
		}
		if time.Now().After(deadline) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// prepare makes a room with the film and lets the viewers in.
func (p *process) prepare(ctx context.Context, address string, viewers int) error {
	var in, room struct{ Token, ID string }
	if err := p.post(ctx, "", "/api/auth/login", map[string]any{"name": "root", "password": password}, &in); err != nil {
		return err
	}
	if err := p.post(ctx, in.Token, "/api/rooms", map[string]any{"name": "cinema"}, &room); err != nil {
		return err
	}
	large := map[string]any{"settings": map[string]int{"max_members": viewers + 1}}
	if err := p.send(ctx, http.MethodPatch, in.Token, "/api/rooms/"+room.ID, large, &struct{}{}); err != nil {
		return err
	}
	var added struct{ Items []struct{ ID string } }
	base := "/api/rooms/" + room.ID
	items := map[string]any{"items": []map[string]string{{"url": address}}}
	if err := p.post(ctx, in.Token, base+"/playlist/items", items, &added); err != nil {
		return err
	}
	p.path = base + "/items/" + added.Items[0].ID + "/proxy/media"
	for n := range viewers {
		var guest struct{ Token string }
		if err := p.post(ctx, "", base+"/guests", map[string]any{"name": "viewer " + strconv.Itoa(n)}, &guest); err != nil {
			return err
		}
		p.tokens = append(p.tokens, guest.Token)
	}
	return nil
}

func (p *process) post(ctx context.Context, token, path string, body, into any) error {
	return p.send(ctx, http.MethodPost, token, path, body, into)
}

func (p *process) send(ctx context.Context, method, token, path string, body, into any) error {
	return outside.Call(ctx, method, p.addr, token, path, body, into)
}

func (p *process) cpu() time.Duration { return outside.CPU(p.cmd.Process.Pid) }

// rssMB is the resident memory.
func (p *process) rssMB() float64 { return float64(outside.Resident(p.cmd.Process.Pid)) / (1 << 20) }
