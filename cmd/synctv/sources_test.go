package main

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/webdav"

	"synctv/internal/guard/guardtest"
)

// A person links a WebDAV server, looks through it and adds a film of it: the
// room plays it, nobody else sees the account, its password is nowhere to be
// read, and new keys change nothing of that.
func TestLinkedSource(t *testing.T) {
	w := guardtest.Start(t)
	film := bytes.Repeat([]byte("0123456789abcdef"), 200_000)
	disk := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(disk, "Films"), 0o700), os.WriteFile(filepath.Join(disk, "Films", "第一 集.mp4"), film, 0o600)); err != nil {
		t.Fatal(err)
	}
	dav := &webdav.Handler{Prefix: "/dav", FileSystem: webdav.Dir(disk), LockSystem: webdav.NewMemLS()}
	w.Files.HandleFunc("/dav/", func(rw http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "ada" || password != "open-sesame-9" {
			rw.WriteHeader(http.StatusUnauthorized)
			return
		}
		dav.ServeHTTP(rw, r)
	})
	h := startHouse(t, map[string]string{"SYNCTV_FETCH_DNS": w.DNS, "SYNCTV_FETCH_ALLOW": guardtest.AllowedHost})
	ada, bob := h.register("ada"), h.register("bob")
	link := object{"kind": "webdav", "name": "Home", "url": w.Origin + "/dav/", "user": "ada", "password": "wrong"}
	ada.post("/api/me/sources", link).problem(400, "source_credentials")
	link["password"] = "open-sesame-9"
	var account struct{ ID, Name, URL string }
	linked := ada.post("/api/me/sources", link)
	linked.ok(201, &account)
	files := "/api/me/sources/" + account.ID + "/files"
	var list struct {
		Entries []struct {
			Path   string
			Folder bool
		}
	}
	ada.get(files).ok(200, &list)
	if len(list.Entries) != 1 || list.Entries[0].Path != "Films" || !list.Entries[0].Folder {
		t.Errorf("%+v", list)
	}
	ada.get(files+"?path=Films").ok(200, &list)
	ada.get(files+"?path=Films/..").problem(404, "source_not_found")
	bob.get(files).problem(404, "source_unlinked")
	bob.delete("/api/me/sources/"+account.ID).problem(404, "source_unlinked")

	id := ada.createRoom(map[string]string{"name": "cinema"})
	room := "/api/rooms/" + id
	bob.post(room+"/join", object{}).ok(200, nil)
	item := object{"source_id": account.ID, "source_path": list.Entries[0].Path}
	bob.post(room+"/playlist/items", object{"items": []object{item}}).problem(404, "source_unlinked")
	var added struct {
		Items []struct {
			ID, Title string
			Play      struct{ Kind, URL string }
		}
	}
	ada.post(room+"/playlist/items", object{"items": []object{item}}).ok(201, &added)
	it := added.Items[0]
	if it.Title != "第一 集" || it.Play.Kind != "file" {
		t.Errorf("%+v", it)
	}
	plays := func(when string) {
		t.Helper()
		for name, who := range map[string]*client{"bob": bob, "a guest": h.guest(id, "Guest "+when)} {
			if a := who.get(it.Play.URL); a.status != 200 || !bytes.Equal(a.body, film) {
				t.Errorf("%s, %s: %d, %d bytes", name, when, a.status, len(a.body))
			}
		}
	}
	plays("first")
	for _, a := range []answer{linked, ada.get("/api/me/sources"), ada.get(room + "/state"), bob.get(room + "/playlist")} {
		if bytes.Contains(a.body, []byte("sesame")) {
			t.Errorf("the password is told: %s", a.body)
		}
	}
	c := &console{t, map[string]string{"SYNCTV_DATA_DIR": filepath.Join(h.dir, "data")}}
	if out := c.run("source", "list"); !strings.Contains(out, "ada") || !strings.Contains(out, w.Origin) || strings.Contains(out, "sesame") {
		t.Errorf("source list: %s", out)
	}
	if out := c.run("source", "show", account.ID, "-o", "json"); !strings.Contains(out, `"owner": "ada"`) {
		t.Errorf("source show: %s", out)
	}
	c.fails(3, "source", "show", "none")
	rotated(t, h, "1 passwords closed anew.")
	plays("after the rotation")
	ada.delete("/api/me/sources/"+account.ID).ok(204, nil)
	bob.get(it.Play.URL).problem(404, "source_unlinked")
}

// rotated gives the sources another key, beside the running server, and looks
// for the password in everything that lies in the data folder.
func rotated(t *testing.T, h *house, want string) {
	t.Helper()
	data := filepath.Join(h.dir, "data")
	before, err := os.ReadFile(filepath.Join(data, keyFile))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	env := []string{"SYNCTV_DATA_DIR=" + data}
	if err := run(t.Context(), []string{"source", "rotate-keys"}, env, &out, &out); err != nil || !strings.Contains(out.String(), want) {
		t.Fatalf("%v: %s", err, &out)
	}
	after, err := os.ReadFile(filepath.Join(data, keyFile))
	if err != nil || bytes.Equal(before, after) || bytes.Count(after, []byte("\n")) != 1 {
		t.Errorf("keys: %v", err)
	}
	info, err := os.Stat(filepath.Join(data, keyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the keys' file: %v, %v", info.Mode(), err)
	}
	files := 0
	err = filepath.Walk(data, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		files++
		raw, err := os.ReadFile(path) //nolint:gosec // the test's own
		for _, secret := range []string{"open-sesame-9", "YWRhOm9wZW4tc2VzYW1lLTk"} {
			if bytes.Contains(raw, []byte(secret)) {
				t.Errorf("%s holds the password", path)
			}
		}
		return err
	})
	if err != nil || files < 3 {
		t.Errorf("%d files looked at: %v", files, err)
	}
	if strings.Contains(h.log.String(), "sesame") {
		t.Error("the log holds the password")
	}
}
