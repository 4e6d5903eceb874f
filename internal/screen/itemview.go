package screen

import (
	"synctv/internal/ident"
)

// ItemView is a playlist item with what a player opens.
type ItemView struct {
	ID        string   `json:"id"`
	FolderID  string   `json:"folder_id" doc:"empty: at the top"`
	Title     string   `json:"title"`
	Source    Source   `json:"source"`
	Live      bool     `json:"live"`
	DurationS float64  `json:"duration_s" doc:"seconds, 0 = unknown"`
	Position  int64    `json:"position" doc:"order in the folder, ascending"`
	Broken    string   `json:"broken" doc:"why players could not play it, as a code; autoplay skips it then"`
	AddedBy   ident.By `json:"added_by"`
	CreatedMS int64    `json:"created_ms"`
	Play      Play     `json:"play"`
}

// PlaylistView is the whole list as it leaves the server.
type PlaylistView struct {
	Version int64      `json:"version"`
	Items   []ItemView `json:"items"`
	Folders []Folder   `json:"folders"`
}
