//go:build unix

package cluster

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"synctv/internal/cluster/clustertest"
	"synctv/internal/store/storetest"
)

// replica is one real server, with its own links to what all share.
type replica struct {
	env             []string
	bin             string
	postgres, redis *link
	url, rtmp       string // as of the last start
	internal        string // the listener for other replicas
	last            string // line of its log; whoever reads it waited for ended
	cmd             *exec.Cmd
	ended           chan struct{}
}

// rig is everything together.
type rig struct {
	t        testing.TB
	replicas []*replica
	redis    *clustertest.Redis
}

const rootPassword = "root-password-1"

// newRig builds the server and starts n replicas.
func newRig(t testing.TB, n int) *rig { return newRigWith(t, n, "", nil) }

// newRigWith builds with tags; more gives each replica more environment.
func newRigWith(t testing.TB, n int, tags string, more func(replica int) []string) *rig {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "synctv")
	if built := os.Getenv("SYNCTV_BIN" + strings.ToUpper(tags)); built != "" {
		bin = built
	} else if out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", tags, "-o", bin, "synctv/cmd/synctv").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	r := &rig{t: t, redis: clustertest.StartRedis(t)}
	database, err := url.Parse(storetest.StartPostgres(t).NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		var env []string
		if more != nil {
			env = more(i)
		}
		r.replicas = append(r.replicas, r.newReplica(bin, *database, env))
	}
	return r
}

func (r *rig) newReplica(bin string, database url.URL, more []string) *replica {
	r.t.Helper()
	p := &replica{bin: bin}
	var err error
	if p.postgres, err = newLink(database.Host); err != nil {
		r.t.Fatal(err)
	}
	if p.redis, err = newLink(r.redis.Addr); err != nil {
		r.t.Fatal(err)
	}
	database.Host = p.postgres.addr()
	p.env = []string{
		"PATH=" + os.Getenv("PATH"), "SYNCTV_DATA_DIR=" + r.t.TempDir(), "SYNCTV_DATABASE_URL=" + database.String(),
		"SYNCTV_REDIS_URL=redis://" + p.redis.addr(), "SYNCTV_CLUSTER_ADDR=127.0.0.1:0", "SYNCTV_HTTP_ADDR=127.0.0.1:0",
		"SYNCTV_RTMP_ADDR=127.0.0.1:0", "SYNCTV_ROOT_PASSWORD=" + rootPassword, "SYNCTV_LOG_FORMAT=json", "SYNCTV_DRAIN_TIMEOUT=5s", "SYNCTV_SIGNUP_RATE=0",
	}
	p.env = append(p.env, more...)
	r.t.Cleanup(func() {
		p.kill()
		p.postgres.close()
		p.redis.close()
	})
	p.start(r.t)
	return p
}

// start runs the server and waits until it serves. Its ports stay from then on.
func (p *replica) start(t testing.TB) {
	t.Helper()
	cmd := exec.CommandContext(context.Background(), p.bin, "serve") // it ends when the test says so
	cmd.Env = p.env
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.cmd, p.ended = cmd, make(chan struct{})
	serving := make(chan bool, 1)
	go func() {
		defer close(p.ended)
		p.read(log, serving)
		_ = cmd.Wait()
	}()
	select {
	case <-serving:
	case <-p.ended:
		t.Fatalf("the server ended at its start: %s", p.last)
	case <-time.After(30 * time.Second):
		t.Fatal("the server does not serve")
	}
	if p.url != "" {
		p.env = append(p.env, "SYNCTV_HTTP_ADDR="+p.url[len("http://"):], "SYNCTV_RTMP_ADDR="+p.rtmp)
	}
}

func (p *replica) read(log io.Reader, serving chan bool) {
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		p.last = lines.Text()
		var l struct{ Msg, HTTP, RTMP, Cluster string }
		if os.Getenv("SYNCTV_RIG_LOG") != "" {
			_, _ = os.Stderr.Write(append(lines.Bytes(), '\n'))
		}
		if json.Unmarshal(lines.Bytes(), &l) == nil && l.Msg == "serving" && l.HTTP != "" {
			p.url, p.rtmp = "http://"+l.HTTP, l.RTMP
			p.internal = l.Cluster
			serving <- true
		}
	}
}

func (p *replica) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// kill ends the server without a word.
func (p *replica) kill() {
	p.signal(syscall.SIGKILL)
	<-p.ended
}
