package room

import (
	"context"

	"synctv/internal/right"
	"synctv/internal/screen"
)

// ReadPlaylist is the whole list for a member.
func (s *Service) ReadPlaylist(ctx context.Context, roomID string, who Person) (screen.Playlist, error) {
	if _, err := s.require(ctx, roomID, who, right.ViewPlaylist); err != nil {
		return screen.Playlist{}, err
	}
	return s.Playlists.Playlist(ctx, roomID)
}

// OpenItem is one item for somebody who is about to play it.
func (s *Service) OpenItem(ctx context.Context, roomID string, who Person, itemID string) (screen.Item, error) {
	if _, err := s.door(ctx, roomID, who, s.Entries.Glance); err != nil {
		return screen.Item{}, err
	}
	return s.Playlists.Item(ctx, roomID, itemID)
}
