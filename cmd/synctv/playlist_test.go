package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// listing is a playlist as a program reads it.
type listing struct {
	Version int64
	Items   []listed
	Folders []struct {
		ID, Name string
		Parent   string `json:"parent_id"`
	}
	Duplicates []string
	Skipped    []struct {
		Line int
		Code string
	}
	Batch string
}

type listed struct {
	ID, Title string
	Folder    string `json:"folder_id"`
	Broken    string
	Position  int64
	DurationS float64 `json:"duration_s"`
	Source    struct{ URL string }
}

// playlist works on one room's list in the name of one person.
type playlistOf struct {
	*client
	base string
}

func (p playlistOf) send(method, path string, body any) answer {
	p.h.t.Helper()
	return p.do(method, p.base+"/playlist"+path, body)
}

func (p playlistOf) ok(method, path string, body any, status int) (l listing) {
	p.h.t.Helper()
	p.send(method, path, body).ok(status, &l)
	return l
}

// add adds items by name and gives their ids.
func (p playlistOf) add(extra map[string]any, names ...string) (ids []string) {
	p.h.t.Helper()
	var items []map[string]string
	for _, n := range names {
		items = append(items, map[string]string{"url": "https://example.org/" + n + ".mp4"})
	}
	body := map[string]any{"items": items}
	maps.Copy(body, extra)
	for _, it := range p.ok("POST", "/items", body, 201).Items {
		ids = append(ids, it.ID)
	}
	return ids
}

// words is the list by folder: "a b | Series: c".
func (p playlistOf) words() string {
	p.h.t.Helper()
	l := p.ok("GET", "", nil, 200)
	name := map[string]string{"": ""}
	for _, f := range l.Folders {
		name[f.ID] = f.Name
	}
	by := map[string][]string{}
	for _, it := range l.Items {
		by[name[it.Folder]] = append(by[name[it.Folder]], it.Title)
	}
	parts := []string{strings.Join(by[""], " ")}
	for _, f := range slices.Sorted(maps.Keys(by)) {
		if f != "" {
			parts = append(parts, f+": "+strings.Join(by[f], " "))
		}
	}
	return strings.Join(parts, " | ")
}

func (p playlistOf) want(words string) {
	p.h.t.Helper()
	if got := p.words(); got != words {
		p.h.t.Errorf("the list is %q, want %q", got, words)
	}
}

// listRoom is a room with its creator, a plain member and a guest.
func listRoom(t *testing.T, env map[string]string) (h *house, id string, ada, bob, kim playlistOf) {
	t.Helper()
	h = startHouse(t, env)
	a, b := h.register("ada"), h.register("bob")
	id = a.createRoom(map[string]string{"name": "x"})
	base := "/api/rooms/" + id
	b.post(base+"/join", struct{}{}).ok(200, nil)
	return h, id, playlistOf{a, base}, playlistOf{b, base}, playlistOf{h.guest(id, "Kim"), base}
}

func TestPlaylistOrderAndFolders(t *testing.T) {
	_, _, ada, bob, _ := listRoom(t, nil)
	ids := ada.add(nil, "a", "b", "c")
	ada.want("a b c")
	ada.send("POST", "/move", map[string]any{"items": ids[2:], "after": ""}).ok(200, nil)
	ada.want("c a b")
	ada.send("POST", "/move", map[string]any{"items": ids[2:], "after": ids[0]}).ok(200, nil)
	ada.want("a c b")
	ada.send("POST", "/move", map[string]any{"items": ids[:1]}).ok(200, nil)
	ada.want("c b a")
	ada.send("POST", "/move", map[string]any{"items": []string{"nothing"}}).problem(404, "item_not_found")
	bob.send("POST", "/move", map[string]any{"items": ids[:1]}).problem(403, "permission_missing")

	var f, g struct{ Folder struct{ ID string } }
	ada.send("POST", "/folders", map[string]string{"name": " "}).problem(400, "validation")
	ada.send("POST", "/folders", map[string]string{"name": "F"}).ok(201, &f)
	ada.send("POST", "/folders", map[string]string{"name": "G", "parent_id": f.Folder.ID}).ok(201, &g)
	ada.send("POST", "/move", map[string]any{"folders": []string{f.Folder.ID}, "folder_id": g.Folder.ID}).problem(409, "folder_cycle")
	ada.send("POST", "/move", map[string]any{"items": ids[:2], "folder_id": g.Folder.ID}).ok(200, nil)
	ada.want("c | G: b a")
	bob.send("PATCH", "/folders/"+f.Folder.ID, map[string]string{"name": "mine"}).problem(403, "permission_missing")
	ada.send("PATCH", "/folders/"+g.Folder.ID, map[string]string{"name": "Later"}).ok(200, nil)
	ada.send("PATCH", "/folders/nothing", map[string]string{"name": "x"}).problem(404, "folder_not_found")
	bob.add(map[string]any{"folder_id": g.Folder.ID}, "d")
	ada.want("c | Later: b a d")
	bob.send("POST", "/items", map[string]any{"items": []map[string]string{{"url": "https://x/y"}}, "folder_id": "nothing"}).problem(404, "folder_not_found")
	bob.send("POST", "/remove", map[string]any{"folders": []string{g.Folder.ID}}).problem(403, "permission_missing") // others' items in it
	gone := ada.ok("POST", "/remove", map[string]any{"folders": []string{f.Folder.ID}}, 200)
	ada.want("c")
	ada.send("POST", "/undo", map[string]string{"batch": gone.Batch}).ok(200, nil)
	ada.want("c | Later: b a d")
}

func TestPlaylistAddsNextToWhatPlays(t *testing.T) {
	_, _, ada, bob, _ := listRoom(t, nil)
	ids := ada.add(nil, "a", "b")
	ada.add(map[string]any{"next": true}, "first")
	ada.want("first a b") // nothing plays: it is the next one
	ada.post(ada.base+"/playback/item", map[string]string{"item_id": ids[0]}).ok(200, nil)
	ada.add(map[string]any{"next": true}, "x", "y")
	ada.want("first a x y b")
	bob.send("POST", "/items", map[string]any{"items": []map[string]string{{"url": "https://x/y"}}, "next": true}).problem(403, "permission_missing")
	l := bob.ok("POST", "/items", map[string]any{"items": []map[string]string{
		{"url": "https://example.org/a.mp4"}, {"url": "https://example.org/new.mp4"},
	}}, 201)
	if len(l.Duplicates) != 1 || l.Duplicates[0] != l.Items[0].ID {
		t.Errorf("duplicates: %+v", l)
	}
}

func TestPlaylistEdit(t *testing.T) {
	_, _, ada, bob, kim := listRoom(t, nil)
	a, b := ada.add(nil, "a")[0], bob.add(nil, "b")[0]
	edit := func(p playlistOf, id string, body map[string]string) answer {
		return p.send("PATCH", "/items/"+id, body)
	}
	edit(bob, b, map[string]string{"title": "  The   film "}).ok(200, nil)
	edit(bob, a, map[string]string{"title": "x"}).problem(403, "permission_missing")
	edit(kim, a, map[string]string{"title": "x"}).problem(403, "permission_missing")
	edit(ada, b, map[string]string{"title": " "}).problem(400, "validation")
	edit(ada, b, map[string]string{"url": "javascript:alert(1)"}).problem(400, "source_unsupported")
	edit(ada, "nothing", map[string]string{"title": "x"}).problem(404, "item_not_found")
	ada.want("a The film")
	var before, after struct {
		Epoch int64
		Item  string `json:"item_id"`
	}
	ada.post(ada.base+"/playback/item", map[string]string{"item_id": b}).ok(200, &before)
	edit(ada, b, map[string]string{"url": "https://example.org/other.m3u8"}).ok(200, nil)
	var snap struct{ Playback any }
	ada.get(ada.base+"/state").ok(200, &snap)
	ada.post(ada.base+"/playback/pause", struct{}{}).ok(200, &after)
	if after.Item != b || after.Epoch <= before.Epoch {
		t.Errorf("another film under the same item went on where it was: %+v, %+v", before, after)
	}
}

func TestPlaylistDeletionCanBeUndone(t *testing.T) {
	h, id, ada, bob, kim := listRoom(t, nil)
	ids := ada.add(nil, "a", "b", "c")
	mine := bob.add(nil, "d")
	watch := bob.socket(id)
	watch.next("snapshot")
	ada.post(ada.base+"/playback/item", map[string]string{"item_id": ids[1]}).ok(200, nil)
	gone := ada.ok("POST", "/remove", map[string]any{"items": []string{ids[1], mine[0]}}, 200)
	e := watch.find("playlist", func(e map[string]any) bool { return len(fmt.Sprint(e["removed"])) > 5 })
	if removed, ok := e["removed"].([]any); !ok || len(removed) != 2 || e["version"] != float64(gone.Version) {
		t.Errorf("event %v, answer %+v", e, gone)
	}
	var snap struct {
		Playback struct {
			Item string `json:"item_id"`
		}
	}
	ada.get(ada.base+"/state").ok(200, &snap)
	if snap.Playback.Item != ids[2] {
		t.Errorf("the room stayed at %+v", snap)
	}
	bob.send("POST", "/undo", map[string]string{"batch": gone.Batch}).problem(403, "permission_missing")
	bob.send("POST", "/undo", map[string]string{"batch": "nothing"}).problem(404, "undo_expired")
	bob.send("POST", "/undo", map[string]string{"batch": ""}).problem(404, "undo_expired")
	ada.send("POST", "/undo", map[string]string{"batch": gone.Batch}).ok(200, nil)
	if added, ok := watch.next("playlist")["added"].([]any); !ok || len(added) != 2 {
		t.Errorf("the room was not told of what came back")
	}
	ada.send("POST", "/undo", map[string]string{"batch": gone.Batch}).problem(404, "undo_expired") // twice
	ada.want("a b c d")
	kim.send("POST", "/clear", struct{}{}).problem(403, "permission_missing")
	bob.send("POST", "/clear", struct{}{}).problem(403, "permission_missing")
	gone = ada.ok("POST", "/clear", struct{}{}, 200)
	ada.want("")
	if again := ada.ok("POST", "/clear", struct{}{}, 200); again.Batch != "" || again.Version != gone.Version {
		t.Errorf("clearing nothing: %+v", again)
	}
	ada.send("POST", "/undo", map[string]string{"batch": gone.Batch}).ok(200, nil)
	ada.want("a b c d")
	own := bob.ok("POST", "/remove", map[string]any{"items": mine}, 200)
	bob.send("POST", "/undo", map[string]string{"batch": own.Batch}).ok(200, nil) // one's own act
	h.await("the list to be whole", func() bool { return ada.words() == "a b c d" })
}

func TestPlaylistImport(t *testing.T) {
	_, _, ada, bob, kim := listRoom(t, nil)
	list := "#EXTM3U\n#EXTINF:5,One, two\nhttps://example.org/a.mp4\nC:\\films\\b.mp4\nrtsp://example.org/c\nhttps://example.org/d.m3u8\n"
	l := bob.ok("POST", "/import", map[string]string{"text": list}, 201)
	if len(l.Items) != 2 || l.Items[0].Title != "One, two" || l.Items[0].DurationS != 0 || l.Items[1].Title != "d" {
		t.Errorf("imported %+v", l.Items)
	}
	if fmt.Sprint(l.Skipped) != "[{4 not_absolute} {5 source_unsupported}]" {
		t.Errorf("skipped %v", l.Skipped)
	}
	if l = bob.ok("POST", "/import", map[string]string{"text": list}, 201); len(l.Duplicates) != 2 {
		t.Errorf("duplicates %v", l.Duplicates)
	}
	bob.send("POST", "/import", map[string]string{"text": "nothing\nof use"}).problem(400, "import_empty")
	bob.send("POST", "/import", map[string]string{"text": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"}).problem(400, "import_stream")
	kim.send("POST", "/import", map[string]string{"text": list}).problem(403, "permission_missing")
	watch := ada.socket(strings.TrimPrefix(ada.base, "/api/rooms/"))
	watch.next("snapshot")
	ada.ok("POST", "/import", map[string]string{"text": strings.Repeat("https://example.org/x.mp4\n", 1000)}, 201)
	if e := watch.next("playlist"); e["refetch"] != true || e["added"] != nil {
		t.Errorf("a thousand items in one event: %.200s", fmt.Sprint(e))
	}
	if l = ada.ok("GET", "", nil, 200); len(l.Items) != 1004 {
		t.Errorf("%d items", len(l.Items))
	}
}

func TestSixtyFourAddsAtOnce(t *testing.T) {
	_, _, ada, bob, _ := listRoom(t, nil)
	var wg sync.WaitGroup
	for i := range 64 {
		p := []playlistOf{ada, bob}[i%2]
		wg.Go(func() { p.add(nil, fmt.Sprint(i)) })
	}
	wg.Wait()
	seen := map[int64]bool{}
	l := ada.ok("GET", "", nil, 200)
	for _, it := range l.Items {
		seen[it.Position] = true
	}
	if len(l.Items) != 64 || len(seen) != 64 || l.Version != 65 {
		t.Errorf("%d items at %d places, version %d", len(l.Items), len(seen), l.Version)
	}
}
