//go:build unix && cluster

package cluster

import (
	"bytes"
	"context"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"synctv/internal/live/rtmp/rtmptest"
)

// onAir is a live item: how to publish it, per replica, and how to watch it.
type onAir struct {
	rig    *rig
	owner  *member
	stream string
	play   string
	key    string
}

func (r *rig) goLive(c *cast) onAir {
	r.t.Helper()
	var k struct {
		Stream, Key string
		Item        struct{ Play struct{ URL string } }
	}
	o := c.owners[0]
	must(r.t, o.do(context.Background(), o.base(), "POST", "/api/rooms/"+o.room+"/live-keys", struct{}{}, &k))
	return onAir{rig: r, owner: o, stream: k.Stream, play: k.Item.Play.URL, key: k.Key}
}

// publish pushes a film to a replica until the returned function is called.
func (s onAir) publish(at int, film []byte) (stop func()) {
	s.rig.t.Helper()
	p, err := rtmptest.Publish(s.rig.t.Context(), "rtmp://"+s.rig.replicas[at].rtmp+"/live/"+s.owner.room+"/"+s.key)
	must(s.rig.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var pushing sync.WaitGroup
	pushing.Go(func() {
		for p.Push(ctx, bytes.NewReader(film), 1) == nil {
		}
	})
	stop = sync.OnceFunc(func() { cancel(); p.Abort(); pushing.Wait() })
	s.rig.t.Cleanup(stop)
	return stop
}

// viewer reads a stream in one response for as long as it lasts.
type viewer struct {
	got   atomic.Int64
	ended atomic.Bool
}

func (s onAir) watch(at int) *viewer {
	v := &viewer{}
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.rig.replicas[at].url+s.play, nil)
	must(s.rig.t, err)
	req.Header.Set("Authorization", "Bearer "+s.owner.token)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer v.ended.Store(true)
		res, err := s.owner.client.Do(req)
		if err != nil || res.StatusCode != http.StatusOK {
			return
		}
		defer func() { _ = res.Body.Close() }()
		for buf := make([]byte, 32<<10); err == nil; {
			var n int
			n, err = res.Body.Read(buf)
			v.got.Add(int64(n))
		}
	}()
	s.rig.t.Cleanup(func() { cancel(); <-done })
	return v
}

func (m *member) offAir() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.off
}

// pulls counts the connections that other replicas have to this one's internal
// listener, as the kernel sees them.
func (p *replica) pulls(t *testing.T) int {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ss", "-Htn", "state", "established", "sport", "= :"+p.internal[strings.LastIndex(p.internal, ":")+1:]).Output()
	must(t, err)
	return strings.Count(string(out), "\n")
}

// film is four seconds of picture and sound, a key frame each second.
func film(t *testing.T) []byte {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=4",
		"-f", "lavfi", "-i", "sine=sample_rate=48000:duration=4", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
		"-g", "25", "-b:v", "300k", "-c:a", "aac", "-f", "flv", "-").Output()
	must(t, err)
	return out
}

// Viewers on two replicas of a stream published to the third, which is killed;
// the encoder comes back elsewhere.
func TestLive(t *testing.T) {
	r := newRig(t, 3)
	c := r.gather(1, 3, time.Second)
	s := r.goLive(c)
	pictures := film(t)
	s.publish(0, pictures)
	var viewers []*viewer
	for range number("VIEWERS", 200) {
		viewers = append(viewers, s.watch(1), s.watch(2))
	}
	all := func(holds func(v *viewer) bool) func() bool {
		return func() bool {
			for _, v := range viewers {
				if !holds(v) {
					return false
				}
			}
			return true
		}
	}
	c.await("every viewer to see the stream", 40*time.Second, all(func(v *viewer) bool { return v.got.Load() > 50_000 }))
	pulls := r.replicas[0].pulls(t)
	t.Logf("%d viewers on two replicas: %d connections to the owner's internal listener", len(viewers), pulls)
	if pulls != 2 {
		t.Errorf("%d pulls", pulls)
	}
	r.replicas[0].kill()
	off := c.await("pages to be told", 20*time.Second, func() bool { return c.members[1].offAir() })
	t.Logf("the owner was killed: pages were told after %v", off)
	marks := make([]int64, len(viewers))
	for i, v := range viewers {
		marks[i] = v.got.Load()
	}
	s.publish(1, pictures)
	resumed := c.await("every viewer to go on", 30*time.Second, func() bool {
		for i, v := range viewers {
			if v.got.Load() < marks[i]+20_000 {
				return false
			}
		}
		return true
	})
	cut := 0
	for _, v := range viewers {
		if v.ended.Load() {
			cut++
		}
	}
	t.Logf("the encoder came back on another replica: all viewers go on after %v, %d of them were cut", resumed, cut)
	if cut > 0 || off > 5*time.Second || resumed > 10*time.Second {
		t.Error("too late, or cut")
	}
}
