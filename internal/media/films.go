package media

import (
	"context"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"synctv/internal/caption"
	"synctv/internal/media/ffmpeg"
	"synctv/internal/media/library"
	"synctv/internal/media/subtitle"
	"synctv/internal/room"
	"synctv/internal/screen"
)

// films is what was found out about files, until they change. Safe for use
// from many goroutines; what several ask for at once is done once.
type films struct {
	infos    kept[ffmpeg.Info]
	captions kept[subtitle.Track]
	pictures kept[[]byte]
	flight   singleflight.Group
}

// How much is kept. A probe is below a kilobyte, a picture about 30.
const (
	keptInfos    = 5000
	keptCaptions = 32 << 20 // bytes
	keptPictures = 16 << 20 // bytes
)

// kept holds values up to a weight; beyond it all are dropped, and those that
// are asked for again are made again.
type kept[V any] struct {
	mu     sync.Mutex
	values map[string]V // guarded by mu
	weight int          // guarded by mu
}

func (k *kept[V]) get(key string) (V, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok := k.values[key]
	return v, ok
}

func (k *kept[V]) put(key string, v V, weight, most int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.values == nil || k.weight+weight > most {
		k.values, k.weight = map[string]V{}, 0
	}
	k.values[key] = v
	k.weight += weight
}

// once makes a value unless it is kept, for all who ask meanwhile. It goes on
// when the first of them hangs up; what builds it has a limit of its own.
func once[V any](ctx context.Context, f *films, k *kept[V], key string, most int, weigh func(V) int, build func(context.Context) (V, error)) (V, error) {
	if v, ok := k.get(key); ok {
		return v, nil
	}
	v, err, _ := f.flight.Do(key, func() (any, error) {
		v, err := build(context.WithoutCancel(ctx))
		if err == nil {
			k.put(key, v, weigh(v), most)
		}
		return v, err
	})
	out, _ := v.(V) // it is one, even beside an error
	return out, err
}

// keyOf changes with the file.
func keyOf(what, path string, info os.FileInfo) string {
	return strings.Join([]string{what, strconv.FormatInt(info.ModTime().UnixNano(), 36), strconv.FormatInt(info.Size(), 36), path}, "|")
}

// probe is what a library file is; ffmpeg.ErrMissing without the programs.
func (c *Catalog) probe(ctx context.Context, path string) (ffmpeg.Info, error) {
	if !c.Tools.Installed() {
		return ffmpeg.Info{}, ffmpeg.ErrMissing
	}
	f, info, err := c.open(path)
	if err != nil {
		return ffmpeg.Info{}, err
	}
	defer func() { _ = f.Close() }() // only read
	return once(ctx, &c.films, &c.films.infos, keyOf("probe", path, info), keptInfos, func(ffmpeg.Info) int { return 1 },
		func(ctx context.Context) (ffmpeg.Info, error) { return c.Tools.Probe(ctx, f) })
}

func (c *Catalog) open(path string) (*os.File, os.FileInfo, error) {
	f, err := c.Library.Open(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close() // only read
		return nil, nil, library.ErrNotFound.Because(err)
	}
	return f, info, nil
}

// describeTime is what an addition waits for a probe; without an answer the
// players find the length out.
const describeTime = 5 * time.Second

// measured adds what ffprobe knows, if it is there and quick.
func (c *Catalog) measured(ctx context.Context, d room.Description) room.Description {
	ctx, cancel := context.WithTimeout(ctx, describeTime)
	defer cancel()
	if info, err := c.probe(ctx, d.Source.Path); err == nil {
		d.DurationS = info.DurationS
	}
	return d
}

// embedded lists the text tracks of a film.
func (c *Catalog) embedded(ctx context.Context, it screen.Item) []caption.Track {
	info, err := c.probe(ctx, it.Source.Path)
	if err != nil {
		return nil // without the programs, or for a file they cannot read, there are none
	}
	var tracks []caption.Track
	for _, t := range info.Tracks {
		if !t.IsText() {
			continue
		}
		format := subtitle.VTT
		if t.Codec == "ass" || t.Codec == "ssa" {
			format = subtitle.ASS
		}
		label := t.Title
		if label == "" {
			label = t.Language
		}
		if label == "" {
			label = strconv.Itoa(t.Index)
		}
		tracks = append(tracks, caption.Track{
			ID: embeddedID + strconv.Itoa(t.Index), Label: label, Language: subtitle.Language(t.Language), Format: format, Origin: caption.Inside,
		})
	}
	return tracks
}

const embeddedID = "t-"

// extracted is the text of one of them.
func (c *Catalog) extracted(ctx context.Context, it screen.Item, id string) (subtitle.Track, error) {
	f, info, err := c.open(it.Source.Path)
	if err != nil {
		return subtitle.Track{}, err
	}
	defer func() { _ = f.Close() }() // only read
	known, err := c.probe(ctx, it.Source.Path)
	if err != nil {
		return subtitle.Track{}, caption.ErrNotFound.Because(err)
	}
	for _, t := range known.Tracks {
		if !t.IsText() || embeddedID+strconv.Itoa(t.Index) != id {
			continue
		}
		return once(ctx, &c.films, &c.films.captions, keyOf(id, it.Source.Path, info), keptCaptions,
			func(t subtitle.Track) int { return len(t.Text) },
			func(ctx context.Context) (subtitle.Track, error) {
				raw, err := c.Tools.Subtitle(ctx, f, t, subtitle.MaxBytes)
				if err != nil {
					return subtitle.Track{}, err
				}
				return subtitle.Read(raw)
			})
	}
	return subtitle.Track{}, caption.ErrNotFound
}

// Picture is the poster of a library file: the one beside it, else a frame.
func (c *Catalog) Picture(ctx context.Context, who room.Person, path string) (picture []byte, kind string, err error) {
	if !c.MayBrowse(who) {
		return nil, "", ErrLibraryForbidden
	}
	f, info, err := c.open(path)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = f.Close() }() // only read
	if picture, kind, err := c.Library.Picture(path); err == nil {
		return picture, kind, nil
	}
	known, err := c.probe(ctx, path)
	if err != nil {
		return nil, "", library.ErrNotFound.Because(err)
	}
	picture, err = once(ctx, &c.films, &c.films.pictures, keyOf("picture", path, info), keptPictures,
		func(p []byte) int { return len(p) },
		// A tenth into the film there is something to see.
		func(ctx context.Context) ([]byte, error) { return c.Tools.Picture(ctx, f, known.DurationS/10) })
	return picture, "image/jpeg", err
}

// Search finds files of the library.
func (c *Catalog) Search(ctx context.Context, who room.Person, query string) (found []Entry, more bool, err error) {
	if !c.MayBrowse(who) {
		return nil, false, ErrLibraryForbidden
	}
	found, more = c.Library.Search(ctx, query)
	return found, more, nil
}
