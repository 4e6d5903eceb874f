package main

import (
	"database/sql"
	"path/filepath"
	"testing"
)

func TestOldTalkGoesWhereTheOperatorSaysSo(t *testing.T) {
	dir := t.TempDir()
	first := startHouse(t, map[string]string{"SYNCTV_DATA_DIR": dir})
	ada := first.register("ada")
	room := "/api/rooms/" + ada.createRoom(map[string]string{"name": "x"})
	for _, text := range []string{"old", "older", "new"} {
		ada.say(room, text)
	}
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "synctv.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, days := range []string{"'old'", "'older'"} { // two days ago
		if _, err := db.ExecContext(t.Context(), `UPDATE messages SET created_ms = created_ms - 172800000 WHERE body = `+days); err != nil {
			t.Fatal(err)
		}
	}
	for _, old := range []string{
		`INSERT INTO audit (id, at_ms, room_id, action, actor_id, actor_name, target_id, target_name, reason, detail, request_id)
			SELECT 'old', at_ms - 172800000, room_id, action, actor_id, actor_name, target_id, target_name, reason, detail, request_id FROM audit LIMIT 1`,
		`UPDATE sessions SET expires_ms = 1`,
	} {
		if _, err := db.ExecContext(t.Context(), old); err != nil {
			t.Fatal(err)
		}
	}
	second := startHouse(t, map[string]string{"SYNCTV_DATA_DIR": dir, "SYNCTV_CHAT_RETENTION": "1", "SYNCTV_AUDIT_RETENTION": "1"})
	second.await("old entries and ended sessions to be deleted", func() bool {
		var entries, old, ended int
		row := db.QueryRowContext(t.Context(), `SELECT (SELECT count(*) FROM audit), (SELECT count(*) FROM audit WHERE id = 'old'), (SELECT count(*) FROM sessions WHERE expires_ms = 1)`)
		return row.Scan(&entries, &old, &ended) == nil && entries > 0 && old == 0 && ended == 0
	})
	again := second.signIn("ada", "password-ada")
	second.await("old messages to be deleted", func() bool {
		var page struct{ Messages []talkMessage }
		again.get(room+"/chat").ok(200, &page)
		return len(page.Messages) == 1 && page.Messages[0].Text == "new"
	})
}
