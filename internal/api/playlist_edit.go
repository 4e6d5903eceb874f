package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"synctv/internal/room"
	"synctv/internal/screen"
)

type editItemInput struct {
	InRoom
	Item string `path:"item" maxLength:"32" doc:"id of the item"`
	Body struct {
		Title *string       `json:"title,omitempty" maxLength:"1000" doc:"1 to 200 characters"`
		URL   *string       `json:"url,omitempty" maxLength:"4096" doc:"another address; the film starts anew if it plays"`
		Route *screen.Route `json:"route,omitempty" enum:"auto,direct,server" doc:"of an item with an address: how it comes to the players"`
	}
}

type itemBody struct {
	Version int64           `json:"version" doc:"the playlist's version after the change"`
	Item    screen.ItemView `json:"item"`
}

// Chosen is several items and folders.
type Chosen struct {
	Items   []string `json:"items,omitempty" maxItems:"10000" doc:"ids of items"`
	Folders []string `json:"folders,omitempty" maxItems:"500" doc:"ids of folders, with all in them"`
}

type moveInput struct {
	InRoom
	Body struct {
		Chosen
		FolderID string  `json:"folder_id,omitempty" maxLength:"32" doc:"to this folder; empty: the top"`
		After    *string `json:"after,omitempty" maxLength:"32" doc:"after this item; empty: first; absent: last"`
	}
}

type removeInput struct {
	InRoom
	Body Chosen
}

type clearInput struct {
	InRoom
	Body struct {
		FolderID string `json:"folder_id,omitempty" maxLength:"32" doc:"only what is in this folder; empty: everything"`
	}
}

type undoInput struct {
	InRoom
	Body struct {
		Batch string `json:"batch" maxLength:"32" doc:"from the answer to the deletion, within 30 s"`
	}
}

type removedBody struct {
	Version int64  `json:"version" doc:"the playlist's version after the change"`
	Batch   string `json:"batch" doc:"brings it all back through undo; empty: nothing was there"`
}

type itemsBody struct {
	Version int64             `json:"version" doc:"the playlist's version after the change"`
	Items   []screen.ItemView `json:"items"`
}

type addFolderInput struct {
	InRoom
	Body struct {
		Name     string `json:"name" maxLength:"400" doc:"1 to 100 characters"`
		ParentID string `json:"parent_id,omitempty" maxLength:"32" doc:"empty: at the top"`
	}
}

type renameFolderInput struct {
	InRoom
	Folder string `path:"folder" maxLength:"32" doc:"id of the folder"`
	Body   struct {
		Name string `json:"name" maxLength:"400" doc:"1 to 100 characters"`
	}
}

type folderBody struct {
	Version int64         `json:"version" doc:"the playlist's version after the change"`
	Folder  screen.Folder `json:"folder"`
}

func (s *Server) playlistEditRoutes(tags []string) {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: "/api/rooms/{room}/playlist/" + path, Tags: tags, Summary: summary,
			Security: people(), MaxBodyBytes: largestBody,
		}
	}
	operation(s, op("edit-item", http.MethodPatch, "items/{item}", "Change an item's title or address"), s.editItem)
	operation(s, op("remove-item", http.MethodDelete, "items/{item}", "Delete an item"),
		func(ctx context.Context, in *InItem) (*body[removedBody], error) {
			return s.removeItems(ctx, in.Room, []string{in.Item}, nil)
		})
	operation(s, op("remove-items", http.MethodPost, "remove", "Delete items and folders"),
		func(ctx context.Context, in *removeInput) (*body[removedBody], error) {
			return s.removeItems(ctx, in.Room, in.Body.Items, in.Body.Folders)
		})
	operation(s, op("clear-playlist", http.MethodPost, "clear", "Delete everything"), s.clearPlaylist)
	operation(s, op("undo-removal", http.MethodPost, "undo", "Bring back what one act deleted"), s.undo)
	operation(s, op("move-items", http.MethodPost, "move", "Put items and folders elsewhere"), s.moveItems)
	add := op("add-folder", http.MethodPost, "folders", "Make a folder")
	add.DefaultStatus = http.StatusCreated
	operation(s, add, s.addFolder)
	operation(s, op("rename-folder", http.MethodPatch, "folders/{folder}", "Give a folder another name"), s.renameFolder)
}

func (s *Server) editItem(ctx context.Context, in *editItemInput) (*body[itemBody], error) {
	who, _, err := s.person(ctx, in.Room)
	if err != nil {
		return nil, err
	}
	v, item, err := s.Rooms.EditItem(ctx, in.Room, who, in.Item, room.ItemChange(in.Body))
	return reply(itemBody{Version: v, Item: s.Rooms.ViewItem(item)}, err)
}

func (s *Server) removeItems(ctx context.Context, roomID string, items, folders []string) (*body[removedBody], error) {
	who, _, err := s.person(ctx, roomID)
	if err != nil {
		return nil, err
	}
	v, batch, err := s.Rooms.RemoveItems(ctx, roomID, who, items, folders)
	return reply(removedBody{Version: v, Batch: batch}, err)
}

func (s *Server) clearPlaylist(ctx context.Context, in *clearInput) (*body[removedBody], error) {
	who, _, err := s.person(ctx, in.Room)
	if err != nil {
		return nil, err
	}
	v, batch, err := s.Rooms.Clear(ctx, in.Room, who, in.Body.FolderID)
	return reply(removedBody{Version: v, Batch: batch}, err)
}

func (s *Server) undo(ctx context.Context, in *undoInput) (*body[itemsBody], error) {
	who, _, err := s.person(ctx, in.Room)
	if err != nil {
		return nil, err
	}
	v, items, err := s.Rooms.Undo(ctx, in.Room, who, in.Body.Batch)
	return reply(itemsBody{Version: v, Items: s.Rooms.ViewItems(items)}, err)
}

func (s *Server) moveItems(ctx context.Context, in *moveInput) (*body[itemsBody], error) {
	who, _, err := s.person(ctx, in.Room)
	if err != nil {
		return nil, err
	}
	to := screen.Spot{FolderID: in.Body.FolderID, After: in.Body.After}
	v, items, err := s.Rooms.MoveItems(ctx, in.Room, who, in.Body.Items, in.Body.Folders, to)
	return reply(itemsBody{Version: v, Items: s.Rooms.ViewItems(items)}, err)
}

func (s *Server) addFolder(ctx context.Context, in *addFolderInput) (*body[folderBody], error) {
	who, _, err := s.person(ctx, in.Room)
	if err != nil {
		return nil, err
	}
	v, f, err := s.Rooms.AddFolder(ctx, in.Room, who, in.Body.Name, in.Body.ParentID)
	return reply(folderBody{Version: v, Folder: f}, err)
}

func (s *Server) renameFolder(ctx context.Context, in *renameFolderInput) (*body[folderBody], error) {
	who, _, err := s.person(ctx, in.Room)
	if err != nil {
		return nil, err
	}
	v, f, err := s.Rooms.RenameFolder(ctx, in.Room, who, in.Folder, in.Body.Name)
	return reply(folderBody{Version: v, Folder: f}, err)
}
