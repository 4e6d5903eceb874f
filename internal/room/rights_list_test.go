package room

import (
	"testing"

	"synctv/internal/ident"
	"synctv/internal/right"
	"synctv/internal/screen"
)

func TestWhoMayDeleteAndEdit(t *testing.T) {
	mine, theirs := screen.Item{AddedBy: ident.By{ID: "me"}}, screen.Item{AddedBy: ident.By{ID: "you"}}
	for _, c := range []struct {
		can             right.Permissions
		items           []screen.Item
		folders         []screen.Folder
		deletes, edits1 bool // edits1: the first item
	}{
		{right.DeleteMediaSelf | right.EditMediaSelf, []screen.Item{mine}, nil, true, true},
		{right.DeleteMediaSelf | right.EditMediaSelf, []screen.Item{mine, theirs}, nil, false, true},
		{right.DeleteMediaSelf | right.EditMediaSelf, []screen.Item{theirs}, nil, false, false},
		{right.DeleteMediaSelf, []screen.Item{mine}, []screen.Folder{{AddedBy: ident.By{ID: "you"}}}, false, false},
		{right.DeleteMediaAny, []screen.Item{mine, theirs}, []screen.Folder{{}}, true, false},
		{right.EditMediaAny, []screen.Item{theirs}, nil, false, true},
		{0, []screen.Item{mine}, nil, false, false},
	} {
		a := Access{Member: Member{PersonID: "me"}, Can: c.can}
		if a.mayDelete(c.items, c.folders) != c.deletes || a.mayEdit(c.items[0].AddedBy) != c.edits1 {
			t.Errorf("%v on %+v", c.can.Names(), c.items)
		}
	}
}
