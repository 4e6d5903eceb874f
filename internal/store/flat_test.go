//go:build unix

package store_test

import (
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"synctv/internal/room"
	"synctv/internal/store"
	"synctv/internal/store/storetest"
)

// TestChatStaysFlat measures a line of chat and a page of history in a room of
// ten messages and in one of very many, side by side in one database, so that
// both meet the same machine. SYNCTV_LONG=1 compares with 100,000.
func TestChatStaysFlat(t *testing.T) {
	many := 10_000
	if os.Getenv("SYNCTV_LONG") != "" {
		many = 100_000
	}
	run := func(t *testing.T, url, driver, dsn string) {
		s := storetest.Open(t, url)
		ada := addUser(t, s, "ada")
		small, large := addRoom(t, s, ada, "small", 1), addRoom(t, s, ada, "large", 1)
		db := open(t, driver, dsn)
		fillRoom(t, db, driver, small.ID, 10)
		fillRoom(t, db, driver, large.ID, many)
		execute(t, db, `ANALYZE`)
		compare(t, "a page", func(r room.Room) { page(t, s, r) }, small, large)
		compare(t, "a line", func(r room.Room) { addLine(t, s, r.ID, line("ada", "hello", 5)) }, small, large)
		compare(t, "a line in slow mode", func(r room.Room) {
			_, _, err := s.AddMessageAfter(t.Context(), r.ID, line("ada", "hello", 1<<40), time.Millisecond)
			must(t, err)
		}, small, large)
	}
	t.Run("sqlite", func(t *testing.T) {
		url := storetest.SQLiteURL(t)
		run(t, url, "sqlite", "file:"+strings.TrimPrefix(url, "sqlite:"))
	})
	t.Run("postgres", func(t *testing.T) {
		url := storetest.StartPostgres(t).NewDatabase(t)
		run(t, url, "pgx", url)
	})
}

// page reads as many messages as the small room has from the beginning, so
// that the work is the same in both.
func page(t *testing.T, s *store.Store, r room.Room) {
	t.Helper()
	got, err := s.MessagesBefore(t.Context(), r.ID, 0, 10)
	must(t, err)
	if len(got) != 10 {
		t.Fatalf("%d messages", len(got))
	}
}

// fillRoom says n things, each the answer to the one before.
func fillRoom(t *testing.T, db *sql.DB, driver, roomID string, n int) {
	t.Helper()
	numbers := fmt.Sprintf(`SELECT i FROM generate_series(1, %d) AS g(i)`, n)
	if driver == "sqlite" {
		numbers = fmt.Sprintf(`WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < %d) SELECT i FROM g`, n)
	}
	execute(t, db, fmt.Sprintf(`
		INSERT INTO messages (room_id, seq, id, kind, author_id, author_name, author_color, body, reply_seq, item_id, position_s, created_ms)
		SELECT '%s', n.i, '%s' || n.i, 'user', 'p' || (n.i %% 50), 'ada', '#123456', 'what somebody said in the ' || n.i || 'th message', n.i - 1, '', 0, n.i
		FROM (%s) AS n`, roomID, roomID, numbers))
	execute(t, db, fmt.Sprintf(`UPDATE room_heads SET chat_seq = %d WHERE room_id = '%s'`, n, roomID))
}

// compare takes turns between the rooms and wants the median in the large one
// within 1.5 times the small one's. A busy machine gets further tries.
func compare(t *testing.T, what string, work func(room.Room), small, large room.Room) {
	t.Helper()
	const most, rounds, tries = 1.5, 101, 4
	var ratio float64
	for range tries {
		var few, many []time.Duration
		for range rounds {
			few, many = append(few, timed(work, small)), append(many, timed(work, large))
		}
		a, b := median(few), median(many)
		if ratio = float64(b) / float64(a); ratio <= most {
			t.Logf("%s: %v among few, %v among many (%.2f)", what, a, b, ratio)
			return
		}
	}
	t.Errorf("%s takes %.2f times as long among many", what, ratio)
}

func timed(work func(room.Room), r room.Room) time.Duration {
	start := time.Now()
	work(r)
	return time.Since(start)
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}
