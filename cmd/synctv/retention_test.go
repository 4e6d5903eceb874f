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
	second := startHouse(t, map[string]string{"SYNCTV_DATA_DIR": dir, "SYNCTV_CHAT_RETENTION": "1"})
	again := second.signIn("ada", "password-ada")
	second.await("old messages to be deleted", func() bool {
		var page struct{ Messages []talkMessage }
		again.get(room+"/chat").ok(200, &page)
		return len(page.Messages) == 1 && page.Messages[0].Text == "new"
	})
}
