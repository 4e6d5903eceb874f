package relay

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/sync/singleflight"

	"synctv/internal/live"
)

// Bounds of HLS files fetched from owners.
const (
	maxFile   = 32 << 20
	keptBytes = 32 << 20 // finished parts and segments, all streams together
)

// files are HLS files of other replicas: each is fetched once however many ask,
// and what never changes is kept for a while. The zero value is ready.
type files struct {
	flight singleflight.Group

	mu    sync.Mutex
	kept  map[string]file // guarded by mu, as are the rest
	order []string        // oldest first
	bytes int
}

type file struct {
	head http.Header
	body []byte
}

// ServeHLS answers a request for one file of a stream's HLS with what the
// owner answers, so that names agree on all replicas: only the owner makes
// them. here is this replica's own server of them.
func (r *Relay) ServeHLS(w http.ResponseWriter, req *http.Request, stream, name string,
	here func(w http.ResponseWriter, r *http.Request, stream, name string) error,
) error {
	if !r.hub.Relayed(stream) {
		if r.hub.Has(stream) {
			return here(w, req, stream, name)
		}
	}
	src, ok, err := r.registry.Find(req.Context(), stream)
	if err != nil || !ok {
		return errors.Join(live.ErrOffline, err)
	}
	if src.Here {
		return here(w, req, stream, name)
	}
	path := hlsPath + stream + "/" + name
	if req.URL.RawQuery != "" {
		path += "?" + req.URL.RawQuery
	}
	f, err := r.file(req.Context(), src, path, !strings.HasSuffix(name, ".m3u8"))
	if err != nil {
		return err
	}
	for _, k := range []string{"Content-Type", "Cache-Control"} {
		w.Header().Set(k, f.head.Get(k))
	}
	_, _ = w.Write(f.body)
	return nil
}

// file gets one, kept or fetched together with others who want it.
func (r *Relay) file(ctx context.Context, src Source, path string, keep bool) (file, error) {
	key := src.URL + path
	if f, ok := r.files.get(key); ok {
		return f, nil
	}
	fetched := r.files.flight.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(r.ctx, headerTimeout) // not one viewer's, all wait for it
		defer cancel()
		res, err := r.get(ctx, src, path)
		if err != nil {
			return nil, err
		}
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(io.LimitReader(res.Body, maxFile))
		if err != nil {
			return nil, err
		}
		f := file{res.Header, body}
		if keep {
			r.files.put(key, f)
		}
		return f, nil
	})
	select {
	case got := <-fetched:
		if got.Err != nil {
			return file{}, got.Err
		}
		return got.Val.(file), nil //nolint:forcetypeassert // what the function above returns
	case <-ctx.Done():
		return file{}, context.Cause(ctx)
	}
}

func (f *files) get(key string) (file, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	one, ok := f.kept[key]
	return one, ok
}

func (f *files) put(key string, one file) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kept == nil {
		f.kept = map[string]file{}
	}
	if _, ok := f.kept[key]; ok {
		return
	}
	f.kept[key] = one
	f.order = append(f.order, key)
	f.bytes += len(one.body)
	for f.bytes > keptBytes {
		oldest := f.order[0]
		f.order = f.order[1:]
		f.bytes -= len(f.kept[oldest].body)
		delete(f.kept, oldest)
	}
}
