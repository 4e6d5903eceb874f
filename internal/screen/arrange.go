package screen

import (
	"cmp"
	"slices"

	"synctv/internal/problem"
)

// Edit is what one change does to a list, as whole rows: a rule makes it from
// the list as it is, the store writes it. An empty one changes nothing.
type Edit struct {
	Added   []Item   // new, or back from a deletion
	Changed []Item   // anything of them, their place too
	Removed []Item   // with Gone set
	Folders []Folder // new, changed, deleted or back
	Quiet   []Item   // deleted ones whose position makes room for others: nobody is told
}

// Empty tells whether there is nothing to write.
func (e Edit) Empty() bool {
	return len(e.Added)+len(e.Changed)+len(e.Removed)+len(e.Folders)+len(e.Quiet) == 0
}

// Items is every item to write.
func (e Edit) Items() []Item { return slices.Concat(e.Quiet, e.Removed, e.Changed, e.Added) }

// Spot is a place in the list: in a folder, after one of its items. After
// empty is the first place, nil the last.
type Spot struct {
	FolderID string
	After    *string
}

// The answers about lists and folders.
var (
	ErrFolderNotFound = problem.New(problem.NotFound, "folder_not_found", "There is no such folder in the playlist.")
	ErrFolderCycle    = problem.New(problem.Conflict, "folder_cycle", "A folder cannot be put into itself.")
	ErrFoldersFull    = problem.New(problem.Conflict, "folders_full", "There are too many folders, or they are nested too deep.")
	ErrPlaylistFull   = problem.New(problem.Conflict, "playlist_full", "The playlist is full.")
	ErrUndoExpired    = problem.New(problem.NotFound, "undo_expired", "It is too late to undo this.")
)

// place gives items consecutive positions at a spot. Where the gap is used up
// the whole folder is numbered anew; those that changed for it come as others.
// Items that are in the list already are moved.
func (l Playlist) place(items []Item, at Spot) (placed, others []Item, err error) {
	if _, ok := l.Folder(at.FolderID); !ok && at.FolderID != "" {
		return nil, nil, ErrFolderNotFound
	}
	moving := IdsOf(items)
	var there []Item // what is in the folder, deleted ones too: they keep their place
	for _, it := range slices.Concat(l.Items, l.GoneItems) {
		if it.FolderID == at.FolderID && !moving[it.ID] {
			there = append(there, it)
		}
	}
	slices.SortFunc(there, func(a, b Item) int { return cmp.Compare(a.Position, b.Position) })
	index, err := spotIndex(there, at.After)
	if err != nil {
		return nil, nil, err
	}
	placed = slices.Clone(items)
	first, gap, ok := gapAt(there, index, int64(len(items)))
	if !ok {
		return renumber(there, placed, index, at.FolderID)
	}
	for i := range placed {
		placed[i].FolderID, placed[i].Position = at.FolderID, first+int64(i)*gap
	}
	return placed, nil, nil
}

// spotIndex is how many of the items come before the spot.
func spotIndex(there []Item, after *string) (int, error) {
	switch {
	case after == nil:
		return len(there), nil
	case *after == "":
		return 0, nil
	}
	i := slices.IndexFunc(there, func(it Item) bool { return it.ID == *after && it.Gone.Batch == "" })
	if i < 0 {
		return 0, ErrItemNotFound
	}
	return i + 1, nil
}

// gapAt divides the space between two neighbours among n items.
func gapAt(there []Item, index int, n int64) (first, gap int64, ok bool) {
	whole := PositionStep * (n + 1)
	var low, high int64
	switch {
	case len(there) == 0:
		low, high = 0, whole
	case index == len(there):
		low = there[index-1].Position
		high = low + whole
	case index == 0:
		high = there[0].Position
		low = high - whole
	default:
		low, high = there[index-1].Position, there[index].Position
	}
	gap = (high - low) / (n + 1)
	return low + gap, gap, gap > 0 && low > -maxPosition && high < maxPosition
}

func renumber(there, placed []Item, index int, folderID string) (_, others []Item, err error) {
	step := func(i int) int64 { return int64(i+1) * PositionStep }
	for i := range there {
		at := i
		if i >= index {
			at += len(placed)
		}
		if there[i].Position != step(at) {
			there[i].Position = step(at)
			others = append(others, there[i])
		}
	}
	for i := range placed {
		placed[i].FolderID, placed[i].Position = folderID, step(index+i)
	}
	return placed, others, nil
}

// shifted sorts what place had to move out of the way into an edit.
func (e *Edit) shifted(others []Item) {
	for _, it := range others {
		if it.Gone.Batch == "" {
			e.Changed = append(e.Changed, it)
		} else {
			e.Quiet = append(e.Quiet, it)
		}
	}
}

// Insert adds new items at a spot.
func (l Playlist) Insert(items []Item, at Spot) (Edit, error) {
	if len(l.Items)+len(items) > MaxItems {
		return Edit{}, ErrPlaylistFull
	}
	placed, others, err := l.place(items, at)
	e := Edit{Added: placed}
	e.shifted(others)
	return e, err
}

// Move brings items and folders to a spot, items in the order they had.
func (l Playlist) Move(itemIDs, folderIDs []string, to Spot) (Edit, error) {
	items, folders, err := l.pick(itemIDs, folderIDs)
	if err != nil {
		return Edit{}, err
	}
	var e Edit
	for _, f := range folders {
		if f.ParentID, err = to.FolderID, l.MayNest(f.ID, to.FolderID); err != nil {
			return Edit{}, err
		}
		e.Folders = append(e.Folders, f)
	}
	if len(items) == 0 {
		return e, nil
	}
	if to.After != nil && IdsOf(items)[*to.After] {
		return Edit{}, problem.InvalidField("body.after", "invalid", "Items cannot be put after themselves.")
	}
	placed, others, err := l.place(items, to)
	e.Changed = placed
	e.shifted(others)
	return e, err
}

// MayNest tells whether a folder (empty: a new one) may be put into another:
// not into itself or below itself, and not too deep.
func (l Playlist) MayNest(folderID, parentID string) error {
	depth := 1
	for id := parentID; id != ""; depth++ {
		if id == folderID {
			return ErrFolderCycle
		}
		f, ok := l.Folder(id)
		if !ok {
			return ErrFolderNotFound
		}
		if depth > maxFolderDepth {
			return ErrFoldersFull
		}
		id = f.ParentID
	}
	if folderID == "" && len(l.Folders) >= maxFolders || depth+l.height(folderID) > maxFolderDepth {
		return ErrFoldersFull
	}
	return nil
}

// height is how many levels of folders a folder has below it.
func (l Playlist) height(folderID string) int {
	high := 0
	for _, f := range l.Folders {
		if folderID != "" && f.ParentID == folderID {
			high = max(high, 1+l.height(f.ID))
		}
	}
	return high
}

// pick finds items (in list order) and folders by their ids; all must exist.
func (l Playlist) pick(itemIDs, folderIDs []string) (items []Item, folders []Folder, err error) {
	wanted := setOf(itemIDs)
	for _, it := range l.Items {
		if wanted[it.ID] {
			items = append(items, it)
		}
	}
	wantedFolders := setOf(folderIDs)
	for _, f := range l.Folders {
		if wantedFolders[f.ID] {
			folders = append(folders, f)
		}
	}
	if len(items) != len(wanted) {
		return nil, nil, ErrItemNotFound
	}
	if len(folders) != len(wantedFolders) {
		return nil, nil, ErrFolderNotFound
	}
	return items, folders, nil
}

// Doomed is everything a deletion takes: the items, and folders with all in them.
func (l Playlist) Doomed(itemIDs, folderIDs []string) ([]Item, []Folder, error) {
	items, _, err := l.pick(itemIDs, folderIDs)
	if err != nil {
		return nil, nil, err
	}
	inside, folders := l.Below(folderIDs)
	have := IdsOf(items)
	for _, it := range inside {
		if !have[it.ID] {
			items = append(items, it)
		}
	}
	return items, folders, nil
}

// Remove deletes in one batch.
func Remove(items []Item, folders []Folder, gone Deletion) Edit {
	e := Edit{Removed: slices.Clone(items), Folders: slices.Clone(folders)}
	for i := range e.Removed {
		e.Removed[i].Gone = gone
	}
	for i := range e.Folders {
		e.Folders[i].Gone = gone
	}
	return e
}

// Restore brings a batch back to where it was. What lost its folder meanwhile
// comes back at the top, at the end.
func (l Playlist) Restore(batch string) (Edit, error) {
	var e Edit
	there := map[string]bool{"": true}
	for _, f := range l.Folders {
		there[f.ID] = true
	}
	for _, f := range l.GoneFolders {
		if f.Gone.Batch == batch {
			there[f.ID] = true
		}
	}
	for _, f := range l.GoneFolders {
		if f.Gone.Batch != batch {
			continue
		}
		f.Gone = Deletion{}
		if !there[f.ParentID] {
			f.ParentID = ""
		}
		e.Folders = append(e.Folders, f)
	}
	var homeless []Item
	for _, it := range l.GoneItems {
		if it.Gone.Batch != batch {
			continue
		}
		it.Gone = Deletion{}
		if there[it.FolderID] {
			e.Added = append(e.Added, it)
		} else {
			homeless = append(homeless, it)
		}
	}
	if len(l.Items)+len(e.Added)+len(homeless) > MaxItems || len(l.Folders)+len(e.Folders) > maxFolders {
		return Edit{}, ErrPlaylistFull
	}
	placed, others, err := l.place(homeless, Spot{})
	e.Added = append(e.Added, placed...)
	e.shifted(others)
	return e, err
}

// Duplicates lists which of the items are in the list already, or twice among
// themselves: same source.
func (l Playlist) Duplicates(items []Item) []string {
	known := map[Source]bool{}
	for _, it := range l.Items {
		known[it.Source] = true
	}
	ids := []string{}
	for _, it := range items {
		if known[it.Source] {
			ids = append(ids, it.ID)
		}
		known[it.Source] = true
	}
	return ids
}

// IdsOf is the set of their ids.
func IdsOf(items []Item) map[string]bool {
	ids := make(map[string]bool, len(items))
	for _, it := range items {
		ids[it.ID] = true
	}
	return ids
}

func setOf(ids []string) map[string]bool {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// FoldersAfter is every folder once an edit is stored.
func (l Playlist) FoldersAfter(e Edit) []Folder {
	touched := map[string]bool{}
	for _, f := range e.Folders {
		touched[f.ID] = true
	}
	after := []Folder{}
	for _, f := range slices.Concat(l.Folders, e.Folders) {
		if f.Gone.Batch == "" && (!touched[f.ID] || slices.Contains(e.Folders, f)) && !slices.Contains(after, f) {
			after = append(after, f)
		}
	}
	return after
}

// Batch finds what was taken out together, by the id of the act.
func (l Playlist) Batch(id string) (Deletion, bool) {
	for _, it := range l.GoneItems {
		if it.Gone.Batch == id && id != "" {
			return it.Gone, true
		}
	}
	for _, f := range l.GoneFolders {
		if f.Gone.Batch == id && id != "" {
			return f.Gone, true
		}
	}
	return Deletion{}, false
}
