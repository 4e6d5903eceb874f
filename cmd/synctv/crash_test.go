//go:build unix

package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the consistency check asks the databases themselves
	_ "modernc.org/sqlite"

	"synctv/internal/store/storetest"
)

// asProgram makes the test binary behave as synctv itself, so that a test can
// have it as a process of its own and kill that.
const asProgram = "SYNCTV_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// startProcess runs the server as a child process.
func startProcess(t *testing.T, env map[string]string) (*house, *exec.Cmd) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "serve")
	cmd.Env = append(os.Environ(), asProgram+"=1", "SYNCTV_HTTP_ADDR=127.0.0.1:0", "SYNCTV_RTMP_ADDR=off",
		"SYNCTV_ROOT_PASSWORD="+rootPassword, "SYNCTV_LOG_FORMAT=json")
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, web: http.DefaultClient, log: &syncBuffer{}}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			fmt.Fprintln(h.log, lines.Text())
		}
	}()
	h.stop = sync.OnceValue(func() error {
		_ = cmd.Process.Kill() // SIGKILL: no goodbye
		<-read
		_ = cmd.Wait()
		return nil
	})
	t.Cleanup(func() { _ = h.stop() })
	h.awaitStart(make(chan error, 1))
	return h, cmd
}

// Kill -9 in a storm of writes: what was acknowledged is there after the
// restart, once, and everything fits together.
func TestNothingAcknowledgedIsLostByKill(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		killInStorm(t, map[string]string{"SYNCTV_DATA_DIR": dir}, "sqlite", "file:"+filepath.Join(dir, "synctv.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		url := storetest.StartPostgres(t).NewDatabase(t)
		killInStorm(t, map[string]string{"SYNCTV_DATA_DIR": t.TempDir(), "SYNCTV_DATABASE_URL": url}, "pgx", url)
	})
}

// acknowledged is what the server said it has.
type acknowledged struct {
	mu              sync.Mutex
	messages, items map[string]bool // ids; guarded by mu
	version         int64           // highest playback version; guarded by mu
}

func killInStorm(t *testing.T, env map[string]string, driver, dsn string) {
	t.Helper()
	h, _ := startProcess(t, env)
	root := h.root()
	room := root.createRoom(map[string]string{"name": "storm"})
	first := root.addURL(room, "https://example.org/0.mp4")
	root.post("/api/rooms/"+room+"/playback/item", map[string]string{"item_id": first}).ok(200, nil)
	seen := &acknowledged{messages: map[string]bool{}, items: map[string]bool{first: true}}
	var wg sync.WaitGroup
	for w := range 12 {
		wg.Go(func() { writeUntilDown(root, room, w, seen) })
	}
	await(t, "a storm of writes", func() bool {
		seen.mu.Lock()
		defer seen.mu.Unlock()
		return len(seen.items) > 60 && seen.version > 60
	})
	_ = h.stop()
	wg.Wait()

	again, _ := startProcess(t, env)
	root = again.root()
	checkAcknowledged(t, root, room, seen)
	checkConsistent(t, driver, dsn)
}

// writeUntilDown sends commands of all kinds until the server is gone.
func writeUntilDown(c *client, room string, worker int, seen *acknowledged) {
	base := c.h.url + "/api/rooms/" + room
	for i := range 100_000 {
		var path, body string
		switch (i + worker) % 3 {
		case 0:
			path, body = "/chat", fmt.Sprintf(`{"text":"line %d of %d"}`, i, worker)
		case 1:
			path, body = "/playlist/items", fmt.Sprintf(`{"items":[{"url":"https://example.org/%d-%d.mp4"}]}`, worker, i)
		case 2:
			path, body = "/playback/seek", fmt.Sprintf(`{"position_s":%d}`, i)
		}
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, base+path, strings.NewReader(body))
		if err != nil {
			return
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+c.token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return
		}
		var in struct {
			ID      string
			Version int64
			Items   []struct{ ID string }
		}
		err = json.NewDecoder(res.Body).Decode(&in)
		_ = res.Body.Close()
		if err != nil {
			return
		}
		if res.StatusCode < 300 {
			seen.note(path, in.ID, in.Version, in.Items)
		}
	}
}

func (a *acknowledged) note(path, id string, version int64, items []struct{ ID string }) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch path {
	case "/chat":
		a.messages[id] = true
	case "/playlist/items":
		a.items[items[0].ID] = true
	case "/playback/seek":
		a.version = max(a.version, version)
	}
}

func checkAcknowledged(t *testing.T, c *client, room string, seen *acknowledged) {
	t.Helper()
	var snap struct {
		Playback struct{ Version int64 }
		Playlist struct{ Items []struct{ ID string } }
	}
	c.get("/api/rooms/"+room+"/state").ok(200, &snap)
	if snap.Playback.Version < seen.version {
		t.Errorf("playback is at version %d, %d was acknowledged", snap.Playback.Version, seen.version)
	}
	have := map[string]int{}
	for _, it := range snap.Playlist.Items {
		have[it.ID]++
	}
	for before, more := int64(0), true; more; {
		var page struct {
			Messages []struct {
				ID  string
				Seq int64
			}
			More bool
		}
		c.get(fmt.Sprintf("/api/rooms/%s/chat?limit=100&before=%d", room, before)).ok(200, &page)
		for i, m := range page.Messages {
			have[m.ID]++
			if m.Seq != page.Messages[0].Seq+int64(i) {
				t.Errorf("a gap before message %d", m.Seq)
			}
		}
		if more = page.More; more {
			before = page.Messages[0].Seq
		}
	}
	for _, want := range []map[string]bool{seen.items, seen.messages} {
		for id := range want {
			if have[id] != 1 {
				t.Errorf("%s was acknowledged and is there %d times", id, have[id])
			}
		}
	}
	t.Logf("%d messages, %d items, playback version %d were acknowledged", len(seen.messages), len(seen.items), seen.version)
}

// checkConsistent asks the database what the schema cannot promise by itself.
func checkConsistent(t *testing.T, driver, dsn string) {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for what, query := range map[string]string{
		"rooms without head, playback, root folder or creator": `SELECT count(*) FROM rooms r WHERE
			NOT EXISTS (SELECT 1 FROM room_heads h WHERE h.room_id = r.id) OR
			NOT EXISTS (SELECT 1 FROM playbacks p WHERE p.room_id = r.id) OR
			NOT EXISTS (SELECT 1 FROM folders f WHERE f.room_id = r.id AND f.parent_id IS NULL) OR
			NOT EXISTS (SELECT 1 FROM members m WHERE m.room_id = r.id AND m.role = 'creator')`,
		"messages above the counter":   `SELECT count(*) FROM messages m JOIN room_heads h ON h.room_id = m.room_id WHERE m.seq > h.chat_seq`,
		"items that share a place":     `SELECT count(*) FROM (SELECT 1 FROM items GROUP BY folder_id, position HAVING count(*) > 1) x`,
		"playback of an item not here": `SELECT count(*) FROM playbacks p WHERE p.item_id <> '' AND NOT EXISTS (SELECT 1 FROM items i WHERE i.id = p.item_id)`,
	} {
		var n int
		if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s: %d, %v", what, n, err)
		}
	}
	if driver != "sqlite" {
		return
	}
	var verdict string
	if err := db.QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity: %s, %v", verdict, err)
	}
}
