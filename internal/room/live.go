package room

import (
	"context"
	"errors"

	"synctv/internal/ident"
	"synctv/internal/right"
	"synctv/internal/screen"
	"synctv/internal/text"
)

// GoLive makes a key for a live item; without an item it adds one. The key
// comes back once and is not kept.
func (s *Service) GoLive(ctx context.Context, roomID string, who Person, title, itemID string) (screen.LiveKey, screen.Item, string, error) {
	a, err := s.require(ctx, roomID, who, right.PublishLive)
	if err != nil {
		return screen.LiveKey{}, screen.Item{}, "", err
	}
	item, fresh, err := s.liveItem(ctx, a, title, itemID)
	if err != nil {
		return screen.LiveKey{}, screen.Item{}, "", err
	}
	secret := ident.Token()
	key := screen.LiveKey{
		ID: ident.New(), RoomID: roomID, ItemID: item.ID, Stream: item.Source.Stream, Hash: ident.Hash(secret),
		Hint: "…" + secret[len(secret)-4:], CreatedBy: a.By(), CreatedMS: s.nowMS(),
	}
	if fresh {
		added, err := s.addItems(ctx, a, []screen.Item{item}, Addition{})
		if err != nil {
			return screen.LiveKey{}, screen.Item{}, "", err
		}
		item = added.Items[0] // with its place in the list
	}
	if err := s.LiveKeys.AddLiveKey(ctx, key); err != nil {
		return screen.LiveKey{}, screen.Item{}, "", err
	}
	return key, item, secret, nil
}

func (s *Service) liveItem(ctx context.Context, a Access, title, itemID string) (screen.Item, bool, error) {
	if itemID != "" {
		item, err := s.Playlists.Item(ctx, a.Room.ID, itemID)
		if err == nil && (item.Source.Type != screen.SourceLive || item.Source.URL != "") {
			err = screen.ErrItemNotFound
		}
		return item, false, err
	}
	if text.Line(title) == "" {
		title = a.Member.Name
	}
	title, err := text.Check("body.title", title, 1, screen.MaxTitle)
	if err != nil {
		return screen.Item{}, false, err
	}
	return screen.Item{
		ID: ident.New(), RoomID: a.Room.ID, Title: title, Live: true,
		Source:  screen.Source{Type: screen.SourceLive, Stream: ident.New()},
		AddedBy: a.By(), CreatedMS: s.nowMS(),
	}, true, nil
}

// ReadLiveKeys lists a room's keys, without the keys themselves.
func (s *Service) ReadLiveKeys(ctx context.Context, roomID string, who Person) ([]screen.LiveKey, error) {
	if _, err := s.require(ctx, roomID, who, right.PublishLive); err != nil {
		return nil, err
	}
	return s.LiveKeys.LiveKeys(ctx, roomID)
}

// RevokeLiveKey ends a key and cuts the encoder that uses it.
func (s *Service) RevokeLiveKey(ctx context.Context, roomID string, who Person, keyID string) error {
	if _, err := s.require(ctx, roomID, who, right.PublishLive); err != nil {
		return err
	}
	if err := s.LiveKeys.RemoveLiveKey(ctx, roomID, keyID); err != nil {
		return err
	}
	s.Streams.CutKey(keyID)
	return nil
}

// AdmitPublisher finds the key an encoder shows. roomID is the room it names,
// or empty when it shows nothing but the key. A wrong key and a key of another
// room are the same answer.
func (s *Service) AdmitPublisher(ctx context.Context, roomID, secret string) (screen.LiveKey, error) {
	key, err := s.LiveKeys.LiveKeyByHash(ctx, ident.Hash(secret))
	if err != nil {
		return screen.LiveKey{}, err
	}
	if roomID != "" && roomID != key.RoomID {
		return screen.LiveKey{}, ErrKeyRefused
	}
	r, err := s.Rooms.Room(ctx, key.RoomID)
	if err != nil {
		return screen.LiveKey{}, err
	}
	if err := r.Open(); err != nil {
		return screen.LiveKey{}, err
	}
	if _, err := s.Playlists.Item(ctx, key.RoomID, key.ItemID); err != nil {
		return screen.LiveKey{}, ErrKeyRefused // its item was deleted
	}
	// Whoever made the key must still be allowed to publish. A platform admin
	// who visited is no member; keys of others who left are gone with them.
	m, err := s.Members.Member(ctx, key.RoomID, key.CreatedBy.ID)
	if errors.Is(err, ErrMemberNotFound) {
		return key, nil
	}
	if err == nil && !Effective(r.Settings, m).Has(right.PublishLive) {
		err = ErrKeyRefused
	}
	return key, err
}

// WatchStream lets a member of a room with the given rights deal with one of its
// streams; 0: any member look at it.
func (s *Service) WatchStream(ctx context.Context, roomID string, who Person, stream string, need right.Permissions) (screen.Item, error) {
	entry := s.Entries.Glance
	if need != 0 {
		entry = s.Entries.Entry
	}
	a, err := s.door(ctx, roomID, who, entry)
	if err == nil {
		err = a.Require(need)
	}
	if err != nil {
		return screen.Item{}, err
	}
	return s.Playlists.ItemByStream(ctx, roomID, stream)
}

// StreamChanged tells the room that a stream began, ended or learned its
// codecs. It is called by the relay, which knows no rooms.
func (s *Service) StreamChanged(ctx context.Context, st screen.Stream) error {
	item, err := s.Playlists.ItemByStream(ctx, "", st.Stream)
	if err != nil {
		return err
	}
	st.ItemID = item.ID
	s.Announcer.Announce(ctx, item.RoomID, Event{Type: EventLive, Stream: &st})
	return nil
}
