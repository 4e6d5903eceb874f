//go:build unix

package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// playback is what a member knows of what plays.
type playback struct {
	Epoch, Version int64
	Status         string
	PositionS      float64 `json:"position_s"`
	AtMS           int64   `json:"at_ms"`
}

func (p playback) newer(q playback) bool {
	return p.Epoch > q.Epoch || p.Epoch == q.Epoch && p.Version > q.Version
}

// message is a line of talk.
type message struct {
	Seq  int64
	Text string
}

// member is one person with an open page, who goes to the next replica when
// theirs does not answer.
type member struct {
	rig    *rig
	room   string
	token  string
	client *http.Client
	at     atomic.Int64 // index of the replica

	mu       sync.Mutex
	open     bool // a snapshot came; guarded by mu, as are the rest
	on       int  // the replica its last socket was opened at
	lost     time.Time
	longest  time.Duration // without an open socket, since reset
	breaks   int
	playback playback
	off      bool          // the room was told that its stream is off the air
	began    time.Time     // what this member's clock counts from
	clock    time.Duration // the server's time minus ours when the last snapshot came; the network's share included
	stepped  time.Duration // most that a snapshot moved that clock, since reset
	queued   []string      // titles that were acknowledged
	acked    []string      // lines that were acknowledged, in order
	unknown  map[string]bool
	refused  int
}

// commandLimit is how long a person waits for an answer.
const commandLimit = 6 * time.Second

// silence is after how long without a ping a page takes its socket for dead:
// the server's ping interval and a little.
const silence = 13 * time.Second

func (m *member) base() string { return m.rig.replicas[int(m.at.Load())%len(m.rig.replicas)].url }

func (m *member) next() { m.at.Add(1) }

// do sends one command. Every answer but a success is an error.
func (m *member) do(ctx context.Context, base, method, path string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if m.token != "" {
		req.Header.Set("Authorization", "Bearer "+m.token)
	}
	res, err := m.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%w: %d %.200s", errRefused, res.StatusCode, answer)
	}
	if into != nil {
		return json.Unmarshal(answer, into)
	}
	return nil
}

var errRefused = fmt.Errorf("the server said no")

// watch keeps a socket open until ctx ends.
func (m *member) watch(ctx context.Context) {
	for ctx.Err() == nil {
		if m.listen(ctx) != nil && ctx.Err() == nil {
			m.broken()
			m.next()
			pause(ctx, 200*time.Millisecond)
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (m *member) broken() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open {
		m.open, m.lost = false, time.Now()
		m.breaks++
	}
}

func (m *member) listen(ctx context.Context) error {
	dialing, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	on := int(m.at.Load()) % len(m.rig.replicas)
	conn, _, err := websocket.Dial( //nolint:bodyclose // the library closes it
		dialing, m.rig.replicas[on].url+"/api/rooms/"+m.room+"/socket", &websocket.DialOptions{
			HTTPClient: m.client, HTTPHeader: http.Header{"Authorization": {"Bearer " + m.token}},
		})
	if err != nil {
		return err
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(4 << 20)
	m.mu.Lock()
	m.on = on
	m.mu.Unlock()
	if err := conn.Write(ctx, websocket.MessageText, []byte(`{"id":1,"connect":{}}`)); err != nil {
		return err
	}
	for {
		reading, cancel := context.WithTimeout(ctx, silence)
		_, data, err := conn.Read(reading)
		cancel()
		if err != nil {
			return err
		}
		for line := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n") {
			if line == "{}" {
				err = conn.Write(ctx, websocket.MessageText, []byte("{}"))
			} else {
				m.hear([]byte(line))
			}
		}
		if err != nil {
			return err
		}
	}
}

// hear takes one frame in.
func (m *member) hear(line []byte) {
	type event struct {
		Type     string
		ServerMS float64 `json:"server_ms"`
		Playback *playback
		Stream   *struct{ Live bool }
	}
	var f struct {
		Push *struct {
			Pub     *struct{ Data event }
			Message *struct{ Data event }
		}
	}
	if json.Unmarshal(line, &f) != nil || f.Push == nil {
		return
	}
	var e event
	switch {
	case f.Push.Pub != nil:
		e = f.Push.Pub.Data
	case f.Push.Message != nil:
		e = f.Push.Message.Data
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if e.Playback != nil && e.Playback.newer(m.playback) {
		m.playback = *e.Playback
	}
	if e.Stream != nil {
		m.off = !e.Stream.Live
	}
	if e.Type == "snapshot" {
		if m.began.IsZero() {
			m.began = time.Now()
		}
		clock := time.Duration(e.ServerMS*float64(time.Millisecond)) - time.Since(m.began)
		if m.clock != 0 {
			m.stepped = max(m.stepped, (clock - m.clock).Abs())
		}
		m.clock = clock
	}
	if e.Type == "snapshot" && !m.open {
		m.open = true
		if !m.lost.IsZero() {
			m.longest = max(m.longest, time.Since(m.lost))
		}
	}
}

// talk says a new line every now and then, and notes what was acknowledged. A
// line whose answer was lost is not said again: it may be there.
func (m *member) talk(ctx context.Context, name string, every time.Duration) {
	for n := 0; ctx.Err() == nil; n++ {
		line := fmt.Sprintf("%s says %d", name, n)
		err := m.do(ctx, m.base(), "POST", "/api/rooms/"+m.room+"/chat", map[string]string{"text": line}, nil)
		m.mu.Lock()
		switch {
		case err == nil:
			m.acked = append(m.acked, line)
		case ctx.Err() == nil && strings.Contains(err.Error(), errRefused.Error()):
			m.refused++
		default:
			m.unknown[line] = true
		}
		m.mu.Unlock()
		if err != nil && ctx.Err() == nil {
			m.next()
		}
		pause(ctx, every)
	}
}

// queue adds an item now and then. One whose answer was lost may be there.
func (m *member) queue(ctx context.Context, name string, every time.Duration) {
	for n := 0; ctx.Err() == nil; n++ {
		title := fmt.Sprintf("%s adds %d", name, n)
		item := map[string]any{"items": []map[string]string{{"url": "https://example.org/a.mp4", "title": title}}}
		if m.do(ctx, m.base(), "POST", "/api/rooms/"+m.room+"/playlist/items", item, nil) == nil {
			m.mu.Lock()
			m.queued = append(m.queued, title)
			m.mu.Unlock()
		} else {
			m.next()
		}
		pause(ctx, every)
	}
}

// steer seeks now and then; what was acknowledged is in the playback's version.
func (m *member) steer(ctx context.Context, every time.Duration) {
	for n := 1; ctx.Err() == nil; n++ {
		if m.do(ctx, m.base(), "POST", "/api/rooms/"+m.room+"/playback/seek", map[string]any{"position_s": float64(n)}, nil) != nil {
			m.next()
		}
		pause(ctx, every)
	}
}
