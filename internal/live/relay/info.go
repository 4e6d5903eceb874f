package relay

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"synctv/internal/live"
)

// Headers by which whoever pulls a stream says where it can be asked for the
// viewers it pulls for.
const (
	pullerURL   = "Synctv-Puller-Url"
	pullerToken = "Synctv-Puller-Token"
)

// askTimeout bounds asking another replica for numbers.
const askTimeout = 2 * time.Second

// maxInfo bounds such an answer.
const maxInfo = 64 << 10

// Info describes a stream as its owner knows it, with the viewers of all
// replicas: live.ErrOffline when nobody publishes it. While its owner cannot be
// asked, what is pulled here is told.
func (r *Relay) Info(ctx context.Context, stream string) (live.Info, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	here := r.hub.Info(stream)
	if here.Live && !here.Relayed {
		return r.withPullers(ctx, here), nil
	}
	src, ok, err := r.registry.Find(ctx, stream)
	if err == nil && ok && !src.Here {
		var there live.Info
		if there, err = r.ask(ctx, src, infoPath+stream); err == nil {
			return there, nil
		}
	}
	if here.Live {
		return here, nil
	}
	return live.Info{}, errors.Join(live.ErrOffline, err)
}

// withPullers adds the viewers of the replicas that pull a stream from here,
// each of which is itself one of this replica's. One that does not answer
// counts as that one.
func (r *Relay) withPullers(ctx context.Context, i live.Info) live.Info {
	pullers := r.pullers.of(i.Stream)
	told := make([]live.Info, len(pullers))
	var asking sync.WaitGroup
	for n, src := range pullers {
		asking.Go(func() {
			if there, err := r.ask(ctx, src, watchedPath+i.Stream); err == nil {
				there.Viewers--
				told[n] = there
			}
		})
	}
	asking.Wait()
	for _, there := range told {
		i.Viewers += there.Viewers
		i.SkippedToKey += there.SkippedToKey
		i.DroppedSlow += there.DroppedSlow
		i.DroppedStalled += there.DroppedStalled
	}
	return i
}

func (r *Relay) ask(ctx context.Context, src Source, path string) (i live.Info, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout/2) // the owner asks others in turn
	defer cancel()
	res, err := r.get(ctx, src, path)
	if err != nil {
		return i, err
	}
	defer func() { _ = res.Body.Close() }()
	err = json.NewDecoder(io.LimitReader(res.Body, maxInfo)).Decode(&i)
	return i, err
}

// serveInfo answers other replicas: all of a stream that is published here, or
// who watches one that is pulled.
func (r *Relay) serveInfo(w http.ResponseWriter, req *http.Request) {
	i := r.hub.Info(req.PathValue("stream"))
	if !i.Live || i.Relayed {
		http.Error(w, "not here", http.StatusNotFound)
		return
	}
	writeInfo(w, r.withPullers(req.Context(), i))
}

func (r *Relay) serveWatched(w http.ResponseWriter, req *http.Request) {
	i := r.hub.Info(req.PathValue("stream"))
	if !i.Relayed {
		http.Error(w, "not here", http.StatusNotFound)
		return
	}
	writeInfo(w, i)
}

func writeInfo(w http.ResponseWriter, i live.Info) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(i)
}

// pullers are the replicas that pull streams from this one, as long as they do.
type pullers struct {
	mu   sync.Mutex                // guards what follows
	here map[string]map[Source]int // by stream, with how many pulls
}

// join notes who pulls a stream until leave is called. Who says nothing of
// itself is not noted.
func (p *pullers) join(stream string, head http.Header) (leave func()) {
	src := Source{URL: head.Get(pullerURL), Token: head.Get(pullerToken)}
	if src.URL == "" {
		return func() {}
	}
	p.add(stream, src, 1)
	return func() { p.add(stream, src, -1) }
}

func (p *pullers) add(stream string, src Source, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.here == nil {
		p.here = map[string]map[Source]int{}
	}
	if p.here[stream] == nil {
		p.here[stream] = map[Source]int{}
	}
	if p.here[stream][src] += n; p.here[stream][src] == 0 {
		delete(p.here[stream], src)
	}
	if len(p.here[stream]) == 0 {
		delete(p.here, stream)
	}
}

func (p *pullers) of(stream string) []Source {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Source
	for src := range p.here[stream] {
		all = append(all, src)
	}
	return all
}
