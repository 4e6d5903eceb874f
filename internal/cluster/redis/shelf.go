package redis

import (
	"context"
	"time"

	"github.com/redis/rueidis"

	"synctv/internal/cluster"
)

// Shelf keeps copies under keys of their own. A dropped one is empty for a
// while, so that SET NX finds its place taken.
type Shelf struct{ link *Link }

// NewShelf makes a shelf over a link.
func NewShelf(link *Link) *Shelf { return &Shelf{link: link} }

func copyKey(key string) string { return prefix + "copy:{" + key + "}" }

// Get implements cluster.Shelf.
func (s *Shelf) Get(ctx context.Context, key string) (value []byte, ok bool, err error) {
	err = s.link.ask(ctx, "shelf", func(ctx context.Context) (err error) {
		value, err = s.link.client.Do(ctx, s.link.client.B().Get().Key(copyKey(key)).Build()).AsBytes()
		return err
	})
	return value, err == nil && len(value) > 0, err
}

// Put implements cluster.Shelf.
func (s *Shelf) Put(ctx context.Context, key string, value []byte, life time.Duration) error {
	return s.link.ask(ctx, "shelf", func(ctx context.Context) error {
		set := s.link.client.B().Set().Key(copyKey(key)).Value(rueidis.BinaryString(value)).Nx().PxMilliseconds(max(1, life.Milliseconds()))
		return s.link.client.Do(ctx, set.Build()).Error()
	})
}

// Drop implements cluster.Shelf.
func (s *Shelf) Drop(ctx context.Context, key string) error {
	return s.link.ask(ctx, "shelf", func(ctx context.Context) error {
		set := s.link.client.B().Set().Key(copyKey(key)).Value("").PxMilliseconds(cluster.DropLife.Milliseconds())
		return s.link.client.Do(ctx, set.Build()).Error()
	})
}
