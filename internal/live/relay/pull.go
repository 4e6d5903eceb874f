package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"synctv/internal/live"
	"synctv/internal/live/flv"
	"synctv/internal/telemetry"
)

// Paths of the internal listener.
const (
	flvPath     = "/relay/flv/"
	hlsPath     = "/relay/hls/"
	infoPath    = "/relay/info/"
	watchedPath = "/relay/watched/"
)

var errUnwatched = errors.New("relay: nobody watches")

// follow keeps one stream coming from whoever owns it, until nobody watches it,
// nobody has published it for long, or a publisher comes to this replica.
func (r *Relay) follow(pub *live.Publication, stream string) {
	defer pub.Close(true)
	orphaned, used := time.Now(), time.Now()
	for {
		src, ok, err := r.registry.Find(pub.Context(), stream)
		if ok && !src.Here {
			pulled := time.Now()
			err = r.copy(pub, src, stream, &used)
			r.log.Debug("a pull ended", "stream", stream, "after", time.Since(pulled), "reason", err)
			if time.Since(pulled) > r.limits.Quiet {
				orphaned = time.Now()
			}
		} else if err == nil && !ok {
			pub.Pause(true) // its owner is gone
		}
		switch {
		case pub.Context().Err() != nil, errors.Is(err, errUnwatched), time.Since(orphaned) > r.limits.Wait:
			return
		case r.hub.Viewers(stream) > 0:
			used = time.Now()
		case time.Since(used) > r.limits.Idle:
			return
		}
		pause := time.NewTimer(r.limits.Again)
		select {
		case <-pause.C:
		case <-pub.Context().Done():
			pause.Stop()
			return
		}
	}
}

// copy appends what the owner sends until it sends no more.
func (r *Relay) copy(pub *live.Publication, src Source, stream string, used *time.Time) error {
	ctx, cancel := context.WithCancel(pub.Context())
	defer cancel()
	quiet := time.AfterFunc(r.limits.Quiet, cancel)
	defer quiet.Stop()
	res, err := r.get(ctx, src, flvPath+stream)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	tags := flv.NewReader(res.Body, 0)
	for {
		tag, err := tags.Next()
		if err != nil {
			return err
		}
		quiet.Reset(r.limits.Quiet)
		pub.Pause(false)
		if err := pub.Append(tag.Type, tag.DTS, tag.Payload); err != nil {
			return err
		}
		if r.hub.Viewers(stream) > 0 {
			*used = time.Now()
		} else if time.Since(*used) > r.limits.Idle {
			return errUnwatched
		}
	}
}

// get asks another replica. Anything but 200 is an error. What is traced ends
// with the head of the answer: the body may last for hours.
func (r *Relay) get(ctx context.Context, src Source, path string) (res *http.Response, err error) {
	traced, span := r.traces.Begin(ctx, "relay pull", nil)
	defer func() { span.End(err) }()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, src.URL+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+src.Token)
	if r.Self.URL != "" {
		req.Header.Set(pullerURL, r.Self.URL)
		req.Header.Set(pullerToken, r.Self.Token)
	}
	for k, v := range telemetry.Carry(traced) {
		req.Header.Set(k, v)
	}
	res, err = r.client.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		_, _ = io.CopyN(io.Discard, res.Body, 4<<10)
		_ = res.Body.Close()
		return nil, fmt.Errorf("relay: %w: status %d", live.ErrOffline, res.StatusCode)
	}
	return res, nil
}
