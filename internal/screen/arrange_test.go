package screen

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// listOf makes a list from "a b c/d e": items at the top, then those in
// folder c. A trailing "-" marks a deleted one.
func listOf(words string) Playlist {
	l := Playlist{Folders: []Folder{{ID: "F"}, {ID: "G", ParentID: "F"}, {ID: "H"}}}
	for folder, part := range strings.Split(words, "/") {
		for i, id := range strings.Fields(part) {
			it := Item{ID: strings.TrimSuffix(id, "-"), FolderID: []string{"", "F", "G"}[folder], Position: int64(i+1) * PositionStep}
			if it.ID != id {
				it.Gone = Deletion{Batch: "b", AtMS: 1}
				l.GoneItems = append(l.GoneItems, it)
			} else {
				l.Items = append(l.Items, it)
			}
		}
	}
	return l
}

// after is the list once an edit is stored.
func (l Playlist) after(e Edit) Playlist {
	touched := IdsOf(e.Items())
	all := slices.DeleteFunc(slices.Concat(l.Items, l.GoneItems), func(it Item) bool { return touched[it.ID] })
	all = append(all, e.Items()...)
	slices.SortFunc(all, func(a, b Item) int { return int(a.Position - b.Position) })
	next := Playlist{Folders: l.FoldersAfter(e), GoneFolders: l.GoneFolders}
	for _, it := range all {
		if it.Gone.Batch == "" {
			next.Items = append(next.Items, it)
		} else {
			next.GoneItems = append(next.GoneItems, it)
		}
	}
	return next
}

func (l Playlist) words() string {
	var parts []string
	for _, folder := range []string{"", "F", "G"} {
		var ids []string
		for _, it := range l.in(folder) {
			ids = append(ids, it.ID)
		}
		parts = append(parts, strings.Join(ids, " "))
	}
	return strings.TrimRight(strings.Join(parts, "/"), "/")
}

func TestMove(t *testing.T) {
	spot := func(folder string, after ...string) Spot {
		if after == nil {
			return Spot{FolderID: folder}
		}
		return Spot{FolderID: folder, After: &after[0]}
	}
	for _, c := range []struct {
		list, move string
		to         Spot
		want       string
		err        error
	}{
		{"a b c", "c", spot("", ""), "c a b", nil},
		{"a b c", "a", spot(""), "b c a", nil},
		{"a b c", "a", spot("", "b"), "b a c", nil},
		{"a b c", "b", spot("", "a"), "a b c", nil},
		{"a b c d", "d b", spot("", ""), "b d a c", nil}, // in the order they had
		{"a b c d", "a c", spot("", "d"), "b d a c", nil},
		{"a b/c", "a", spot("F"), "b/c a", nil},
		{"a b/c d", "c a", spot("F", "d"), "b/d a c", nil}, // in list order: a is before c
		{"a b", "a", spot("G"), "b//a", nil},
		{"a x- b c", "c", spot("", "a"), "a c b", nil},
		{"a b", "a", spot("", "x"), "", ErrItemNotFound},
		{"a x- b", "b", spot("", "x"), "", ErrItemNotFound},
		{"a b", "a", spot("Z"), "", ErrFolderNotFound},
		{"a b", "z", spot(""), "", ErrItemNotFound},
		{"a b/c", "a", spot("", "c"), "", ErrItemNotFound}, // not in that folder
	} {
		l := listOf(c.list)
		e, err := l.Move(strings.Fields(c.move), nil, c.to)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: move %s to %+v: %v, want %v", c.list, c.move, c.to, err, c.err)
		}
		if err == nil && l.after(e).words() != c.want {
			t.Errorf("%s: move %s to %+v: %q, want %q", c.list, c.move, c.to, l.after(e).words(), c.want)
		}
	}
	if _, err := listOf("a b").Move([]string{"a"}, nil, spot("", "a")); err == nil {
		t.Error("an item was put after itself")
	}
}

// Whatever is moved wherever how often: order as asked, distinct positions,
// and mostly one row written for one item moved.
func TestMovesKeepTheirOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := listOf("a b c d- e f")
		want := []string{"a", "b", "c", "e", "f"}
		for range rapid.IntRange(1, 80).Draw(t, "moves") {
			id := rapid.SampledFrom(want).Draw(t, "item")
			rest := slices.DeleteFunc(slices.Clone(want), func(s string) bool { return s == id })
			i := rapid.IntRange(0, len(rest)).Draw(t, "to")
			after := ""
			if i > 0 {
				after = rest[i-1]
			}
			e, err := l.Move([]string{id}, nil, Spot{After: &after})
			if err != nil {
				t.Fatal(err)
			}
			l, want = l.after(e), slices.Insert(rest, i, id)
			if got := l.words(); got != strings.Join(want, " ") {
				t.Fatalf("got %s, want %v", got, want)
			}
			seen := map[int64]bool{}
			for _, it := range slices.Concat(l.Items, l.GoneItems) {
				if seen[it.Position] {
					t.Fatalf("two items at %d", it.Position)
				}
				seen[it.Position] = true
			}
		}
	})
}

func TestAGapIsNumberedAnewWhenUsedUp(t *testing.T) {
	l := listOf("a b x-")
	renumbered := 0
	for i := range 100 {
		after := "a"
		e, err := l.Insert([]Item{{ID: "n" + strconv.Itoa(i)}}, Spot{After: &after})
		if err != nil {
			t.Fatal(err)
		}
		if len(e.Changed) > 0 {
			renumbered++
			if len(e.Quiet) != 1 {
				t.Errorf("the deleted item kept its place: %+v", e.Quiet)
			}
		}
		l = l.after(e)
	}
	if ids := l.in(""); ids[0].ID != "a" || ids[1].ID != "n99" || ids[101].ID != "b" || renumbered == 0 || renumbered > 4 {
		t.Errorf("%d times anew; %s", renumbered, l.words())
	}
}

func TestFolderMoves(t *testing.T) {
	deep := Playlist{}
	for i := range maxFolderDepth {
		deep.Folders = append(deep.Folders, Folder{ID: strconv.Itoa(i + 1), ParentID: strconv.Itoa(i)})
	}
	deep.Folders[0].ParentID = ""
	for _, c := range []struct {
		list       Playlist
		folder, to string
		want       error
	}{
		{listOf(""), "G", "", nil}, {listOf(""), "G", "H", nil}, {listOf(""), "F", "H", nil},
		{listOf(""), "F", "F", ErrFolderCycle}, {listOf(""), "F", "G", ErrFolderCycle}, {listOf(""), "F", "Z", ErrFolderNotFound},
		{listOf(""), "", "G", nil}, {deep, "", strconv.Itoa(maxFolderDepth - 1), nil}, {deep, "", strconv.Itoa(maxFolderDepth), ErrFoldersFull},
		{Playlist{Folders: append(slices.Clone(deep.Folders), Folder{ID: "x"})}, "1", "x", ErrFoldersFull},
		{Playlist{Folders: make([]Folder, maxFolders)}, "", "", ErrFoldersFull},
	} {
		if err := c.list.MayNest(c.folder, c.to); !errors.Is(err, c.want) {
			t.Errorf("%q into %q: %v, want %v", c.folder, c.to, err, c.want)
		}
	}
	e, err := listOf("a").Move([]string{"a"}, []string{"H"}, Spot{FolderID: "G"})
	if err != nil || len(e.Folders) != 1 || e.Folders[0].ParentID != "G" || e.Changed[0].FolderID != "G" {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestDeletionTakesFoldersWhole(t *testing.T) {
	l := listOf("a b/c d/e")
	items, folders, err := l.Doomed([]string{"a", "c"}, []string{"F"})
	if err != nil || len(folders) != 2 || len(items) != 4 {
		t.Fatalf("%v %v %v", items, folders, err)
	}
	gone := Deletion{Batch: "x", AtMS: 5, By: "me"}
	after := l.after(Remove(items, folders, gone))
	after.GoneFolders = []Folder{{ID: "F", Gone: gone}, {ID: "G", ParentID: "F", Gone: gone}}
	if after.words() != "b" || len(after.Folders) != 1 {
		t.Errorf("%s, %v", after.words(), after.Folders)
	}
	e, err := after.Restore("x")
	if err != nil || after.after(e).words() != "a b/c d/e" || len(e.Folders) != 2 {
		t.Errorf("restored %s, %v", after.after(e).words(), err)
	}
	if e, err := after.Restore("other"); err != nil || !e.Empty() {
		t.Errorf("%+v, %v", e, err)
	}
	// The folder went later, in another act: what was in it comes back at the top.
	alone := Playlist{GoneItems: []Item{{ID: "c", FolderID: "F", Gone: gone}}, Items: []Item{{ID: "b", Position: 7}}}
	e, err = alone.Restore("x")
	if err != nil || alone.after(e).words() != "b c" {
		t.Errorf("homeless: %s, %v", alone.after(e).words(), err)
	}
	if _, _, err := l.Doomed(nil, []string{""}); !errors.Is(err, ErrFolderNotFound) {
		t.Errorf("the root was given for deletion: %v", err)
	}
}

func TestLimitsOfAList(t *testing.T) {
	full := Playlist{Items: make([]Item, MaxItems)}
	if _, err := full.Insert([]Item{{ID: "x"}}, Spot{}); !errors.Is(err, ErrPlaylistFull) {
		t.Error(err)
	}
	full.GoneItems = []Item{{ID: "y", Gone: Deletion{Batch: "b"}}}
	if _, err := full.Restore("b"); !errors.Is(err, ErrPlaylistFull) {
		t.Error(err)
	}
}

func TestDuplicates(t *testing.T) {
	src := func(u string) Source { return Source{Type: SourceDirect, URL: u} }
	l := Playlist{Items: []Item{{ID: "a", Source: src("1")}}}
	got := l.Duplicates([]Item{{ID: "b", Source: src("2")}, {ID: "c", Source: src("1")}, {ID: "d", Source: src("2")}})
	if !slices.Equal(got, []string{"c", "d"}) {
		t.Error(got)
	}
}

func TestParseM3U(t *testing.T) {
	entries, skipped, err := ParseM3U("\ufeff#EXTM3U\r\n#EXTINF:123 tvg-id=\"x,y\" group-title=\"News\",The, Title\r\nhttps://x/a.mp4\n\n" +
		"https://x/b.mp4\n#EXTINF:-1,Lost\n/home/me/c.mp4\n#EXTVLCOPT:network-caching=1000\nhttp://x/d.m3u8\n")
	want := []m3uEntry{{3, "The, Title", "https://x/a.mp4"}, {5, "", "https://x/b.mp4"}, {9, "", "http://x/d.m3u8"}}
	if err != nil || !slices.Equal(entries, want) || !slices.Equal(skipped, []Skipped{{7, "not_absolute"}}) {
		t.Errorf("%+v %+v %v", entries, skipped, err)
	}
	if _, _, err := ParseM3U("#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nseg.ts\n"); !errors.Is(err, ErrImportStream) {
		t.Errorf("a stream's manifest: %v", err)
	}
	entries, skipped, _ = ParseM3U(strings.Repeat("https://x/y.mp4\n", MaxImport+9))
	if len(entries) != MaxImport || len(skipped) != 1 || skipped[0] != (Skipped{MaxImport + 1, "too_many"}) {
		t.Errorf("%d entries, %v", len(entries), skipped)
	}
}

func FuzzParseM3U(f *testing.F) {
	f.Add("#EXTM3U\n#EXTINF:1,\"a\",b\nhttps://x/y\n")
	f.Add("#EXTINF:\xff,\n://\n\r\n")
	f.Fuzz(func(t *testing.T, list string) {
		entries, _, err := ParseM3U(list)
		for _, e := range entries {
			if e.Url == "" || strings.ContainsAny(e.Url, "\r\n") || len([]rune(e.Title)) > MaxTitle || err != nil {
				t.Errorf("%+v, %v", e, err)
			}
		}
	})
}
