// Package caption is the subtitles of a room's items: who may add which, where
// they come from (uploaded, fetched from an address, beside the file, inside
// the file) and what a page gets to show. It knows rooms and items; it reads no
// files, opens no connections and holds no SQL itself.
package caption

import (
	"context"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"synctv/internal/ident"
	"synctv/internal/media/subtitle"
	"synctv/internal/problem"
	"synctv/internal/right"
	"synctv/internal/room"
	"synctv/internal/screen"
	"synctv/internal/text"
)

// Origin says where a track comes from.
type Origin string

// The origins.
const (
	Uploaded Origin = "upload"
	Fetched  Origin = "url"
	Beside   Origin = "file"     // a file beside the film
	Inside   Origin = "embedded" // a track of the film itself
)

// Track is one subtitle of an item, without its text.
type Track struct {
	ID        string          `json:"id"`
	Label     string          `json:"label" doc:"what people read in the menu"`
	Language  string          `json:"language" doc:"BCP 47, or empty"`
	Format    subtitle.Format `json:"format" enum:"vtt,ass" doc:"ass can be had as vtt too"`
	Origin    Origin          `json:"origin" enum:"upload,url,file,embedded"`
	AddedBy   ident.By        `json:"added_by" doc:"nobody for those that come with the film"`
	CreatedMS int64           `json:"created_ms"`
}

// Quota bounds what the uploads of one room may take together.
type Quota struct {
	Tracks int
	Bytes  int64
}

// RoomQuota is enough for a series of a hundred parts in two languages.
func RoomQuota() Quota { return Quota{Tracks: 200, Bytes: 32 << 20} }

// MaxLabel is the length of a label in characters.
const MaxLabel = 80

// The refusals.
var (
	ErrNotFound = problem.New(problem.NotFound, "subtitle_not_found", "There is no such subtitle.")
	ErrQuota    = problem.New(problem.Conflict, "subtitle_quota", "This room holds as many subtitles as it may.")
)

// Tracks stores what people added. Calls block on I/O.
type Tracks interface {
	// AddTrack stores a track of an item, or answers ErrQuota.
	AddTrack(ctx context.Context, roomID, itemID string, t Track, body string, q Quota) error
	// TracksOf lists an item's tracks, oldest first.
	TracksOf(ctx context.Context, roomID, itemID string) ([]Track, error)
	// TrackText answers ErrNotFound when the item has no such track.
	TrackText(ctx context.Context, roomID, itemID, id string) (Track, string, error)
	RemoveTrack(ctx context.Context, roomID, itemID, id string) error
}

// Films knows the tracks that come with an item. Both calls may block on the
// disk and on other programs.
type Films interface {
	Captions(ctx context.Context, it screen.Item) ([]Track, error)
	// Caption answers ErrNotFound when there is no such track.
	Caption(ctx context.Context, it screen.Item, id string) (subtitle.Track, error)
}

// Fetch gets what an address holds, at most so many bytes; it fetches only
// from where people may send this server.
type Fetch func(ctx context.Context, address string, most int64) ([]byte, error)

// Service is the use cases. Safe for use from many goroutines.
type Service struct {
	Rooms     *room.Service
	Tracks    Tracks
	Films     Films
	Fetch     Fetch
	Announcer room.Announcer
	Now       func() time.Time
}

// List is every track of an item, those that people added first.
func (s *Service) List(ctx context.Context, roomID string, who room.Person, itemID string) ([]Track, error) {
	it, err := s.Rooms.OpenItem(ctx, roomID, who, itemID)
	if err != nil {
		return nil, err
	}
	added, err := s.Tracks.TracksOf(ctx, roomID, itemID)
	if err != nil {
		return nil, err
	}
	own, err := s.Films.Captions(ctx, it)
	if err != nil {
		return nil, err
	}
	return append(append([]Track{}, added...), own...), nil
}

// Open is one track with its text.
func (s *Service) Open(ctx context.Context, roomID string, who room.Person, itemID, id string) (subtitle.Track, error) {
	it, err := s.Rooms.OpenItem(ctx, roomID, who, itemID)
	if err != nil {
		return subtitle.Track{}, err
	}
	t, body, err := s.Tracks.TrackText(ctx, roomID, itemID, id)
	if problem.KindOf(err) == problem.NotFound {
		return s.Films.Caption(ctx, it, id)
	}
	return subtitle.Track{Format: t.Format, Text: body}, err
}

// Upload adds a file. Nothing is stored of one that is refused.
func (s *Service) Upload(ctx context.Context, roomID string, who room.Person, itemID, name string, raw []byte) (Track, error) {
	a, err := s.mayAdd(ctx, roomID, who, itemID)
	if err != nil {
		return Track{}, err
	}
	return s.add(ctx, a, itemID, Uploaded, name, raw)
}

// AddURL fetches a file once and keeps it: its address may not live as long as
// the list, and is no business of the viewers.
func (s *Service) AddURL(ctx context.Context, roomID string, who room.Person, itemID, address, name string) (Track, error) {
	a, err := s.mayAdd(ctx, roomID, who, itemID)
	if err != nil {
		return Track{}, err
	}
	raw, err := s.Fetch(ctx, address, subtitle.MaxBytes)
	if err != nil {
		return Track{}, err
	}
	if name == "" {
		clean, _, _ := strings.Cut(address, "?")
		name = path.Base(clean)
	}
	return s.add(ctx, a, itemID, Fetched, name, raw)
}

func (s *Service) mayAdd(ctx context.Context, roomID string, who room.Person, itemID string) (room.Access, error) {
	a, err := s.Rooms.Enter(ctx, roomID, who)
	if err != nil {
		return a, err
	}
	if err := a.Require(right.AddMedia); err != nil {
		return a, err
	}
	_, err = s.Rooms.OpenItem(ctx, roomID, who, itemID)
	return a, err
}

func (s *Service) add(ctx context.Context, a room.Access, itemID string, origin Origin, name string, raw []byte) (Track, error) {
	read, err := subtitle.Read(raw)
	if err != nil {
		return Track{}, err
	}
	if !utf8.ValidString(name) {
		name = ""
	}
	label, language := subtitle.Name("", name)
	if text.Line(label) == "" {
		label = string(read.Format)
	}
	if label, err = text.Check("name", text.Truncate(label, MaxLabel), 1, MaxLabel); err != nil {
		return Track{}, err
	}
	t := Track{
		ID: ident.New(), Label: label, Language: language, Format: read.Format, Origin: origin,
		AddedBy: a.By(), CreatedMS: s.Now().UnixMilli(),
	}
	if err := s.Tracks.AddTrack(ctx, a.Room.ID, itemID, t, read.Text, RoomQuota()); err != nil {
		return Track{}, err
	}
	s.tell(ctx, a.Room.ID, itemID)
	return t, nil
}

// Remove deletes what somebody added: one's own with delete_media_self,
// anyone's with delete_media_any.
func (s *Service) Remove(ctx context.Context, roomID string, who room.Person, itemID, id string) error {
	a, err := s.Rooms.Enter(ctx, roomID, who)
	if err != nil {
		return err
	}
	if !a.Can.Has(right.DeleteMediaAny) {
		if err := a.Require(right.DeleteMediaSelf); err != nil {
			return err
		}
		t, _, err := s.Tracks.TrackText(ctx, roomID, itemID, id)
		if err != nil {
			return err
		}
		if t.AddedBy.ID != a.Member.PersonID {
			return right.ErrMissing
		}
	}
	if err := s.Tracks.RemoveTrack(ctx, roomID, itemID, id); err != nil {
		return err
	}
	s.tell(ctx, roomID, itemID)
	return nil
}

// tell makes pages ask for the list again.
func (s *Service) tell(ctx context.Context, roomID, itemID string) {
	s.Announcer.Announce(ctx, roomID, room.Event{Type: room.EventSubtitles, ID: itemID})
}
