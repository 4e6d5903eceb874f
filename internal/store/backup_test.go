package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"synctv/internal/store"
	"synctv/internal/store/storetest"
)

// archiveRows is how many chat messages make the round trip; make bench-backup
// asks for a million.
func archiveRows(t *testing.T) int {
	if n, err := strconv.Atoi(os.Getenv("SYNCTV_TEST_ROWS")); err == nil {
		return n
	}
	return 2_000
}

// TestArchivesGoBetweenEngines takes a full SQLite file to PostgreSQL and back to
// a new file, and compares every row.
func TestArchivesGoBetweenEngines(t *testing.T) {
	first, second, third := storetest.SQLiteURL(t), storetest.StartPostgres(t).NewDatabase(t), storetest.SQLiteURL(t)
	fillDatabase(t, first, archiveRows(t))
	started := time.Now()
	one := archiveOf(t, first)
	restoreInto(t, second, one)
	two := archiveOf(t, second)
	restoreInto(t, third, two)
	t.Logf("%d bytes, all steps %v", len(one), time.Since(started).Round(time.Millisecond))
	want, got := dumpRows(t, first), dumpRows(t, third)
	for _, table := range slices.Sorted(maps.Keys(want)) {
		if !slices.Equal(want[table], got[table]) {
			t.Errorf("table %s: %d rows became %d, or others", table, len(want[table]), len(got[table]))
		}
	}
	for _, table := range []string{"users", "rooms", "folders", "messages"} {
		if len(want[table]) == 0 {
			t.Errorf("nothing in %s: the test shows nothing", table)
		}
	}
	if _, err := store.Restore(t.Context(), store.Options{URL: second, MaxConns: 4}, bytes.NewReader(one)); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a full database was restored into: %v", err)
	}
}

func TestBrokenArchivesAreRefused(t *testing.T) {
	url := storetest.SQLiteURL(t)
	fillDatabase(t, url, 10)
	good := archiveOf(t, url)
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 1
	for name, bad := range map[string][]byte{"cut": good[:len(good)-40], "flipped": flipped, "text": []byte("no archive"), "empty": nil} {
		if _, _, err := store.CheckArchive(bytes.NewReader(bad)); err == nil {
			t.Errorf("%s: passed the check", name)
		}
		empty := storetest.SQLiteURL(t)
		if _, err := store.Restore(t.Context(), store.Options{URL: empty, MaxConns: 4}, bytes.NewReader(bad)); err == nil {
			t.Errorf("%s: was restored", name)
		}
		if rows := dumpRows(t, empty); len(rows["users"]) > 0 {
			t.Errorf("%s: left half of it behind", name)
		}
	}
	if head, rows, err := store.CheckArchive(bytes.NewReader(good)); err != nil || rows < 10 || head.Version != "test" {
		t.Errorf("good archive: %+v, %d rows, %v", head, rows, err)
	}
}

func archiveOf(t *testing.T, url string) []byte {
	t.Helper()
	s := storetest.Open(t, url)
	var out bytes.Buffer
	if _, err := s.Backup(t.Context(), &out, "test", time.Now()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func restoreInto(t *testing.T, url string, archive []byte) {
	t.Helper()
	if _, err := store.Restore(t.Context(), store.Options{URL: url, MaxConns: 4}, bytes.NewReader(archive)); err != nil {
		t.Fatal(err)
	}
}

// fillDatabase puts rows of every awkward kind in: nulls, references to rows
// that sort later, characters of four bytes, fractions, large numbers.
func fillDatabase(t *testing.T, url string, messages int) {
	t.Helper()
	storetest.Open(t, url)
	db, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	tx, err := db.BeginTx(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	run := func(q string, args ...any) {
		t.Helper()
		if _, err := tx.Exec(q, args...); err != nil {
			t.Fatal(err)
		}
	}
	run(`INSERT INTO users (id, name, name_key, password_hash, role, status, color, version, created_ms) VALUES ('u1', 'Zoë 🎬', 'zoe', 'h', 'root', 'active', '#fff', 1, 9007199254740993)`)
	run(`INSERT INTO rooms (id, name, name_key, description, creator_id, password_hash, visibility, status, settings, version, created_ms) VALUES ('r1', 'Room', 'room', '"quoted" \ and line
break', 'u1', '', 'listed', 'active', '{}', 1, 5)`)
	run(`INSERT INTO folders (id, room_id, parent_id, name) VALUES ('z-root', 'r1', NULL, ''), ('a-child', 'r1', 'z-root', 'first by name')`)
	run(`INSERT INTO playbacks (room_id, item_id, status, position_s, rate, at_ms, epoch, version, by_id, by_name) VALUES ('r1', '', 'paused', 0.1, 1, 5, 1, 1, '', '')`)
	for i := range messages {
		run(`INSERT INTO messages (room_id, seq, id, kind, author_id, author_name, author_color, body, item_id, position_s, created_ms) VALUES ('r1', ?, ?, 'text', 'u1', 'Zoë', '#fff', ?, '', ?, ?)`,
			i, fmt.Sprint("m", i), fmt.Sprintf("message %d of some usual length, 你好", i), float64(i)/3, i)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// dumpRows is every row of a SQLite file as text, in order.
func dumpRows(t *testing.T, url string) map[string][]string {
	t.Helper()
	db, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	out := map[string][]string{}
	for _, table := range texts(t, db, `SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'goose_db_version'`) {
		names := texts(t, db, `SELECT name FROM pragma_table_info('`+table+`') ORDER BY name`)
		out[table] = texts(t, db, `SELECT json_array("`+strings.Join(names, `","`)+`") AS j FROM "`+table+`" ORDER BY j`)
	}
	return out
}

func texts(t *testing.T, db *sql.DB, query string) (list []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}
