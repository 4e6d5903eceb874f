package proxy

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"synctv/internal/guard"
	"synctv/internal/problem"
)

const (
	maxList   = 8 << 20          // bytes of a playlist
	listTime  = 30 * time.Second // a low-latency one answers when it has news
	liveFresh = 500 * time.Millisecond
	doneFresh = time.Minute // of a playlist that does not grow any more
	maxLists  = 256
)

// errList is for what is not a playlist.
var errList = problem.New(problem.Unavailable, "upstream_not_playlist", "The other server sent something that is not a playlist.")

// lists fetches playlists, each once for all who ask within half a second.
type lists struct {
	client *guard.Client
	flight singleflight.Group
	mu     sync.Mutex
	byURL  map[string]list // guarded by mu
}

type list struct {
	at   time.Time
	base *url.URL
	body []byte
	done bool // it does not change any more
}

func newLists(c *guard.Client) *lists { return &lists{client: c, byURL: map[string]list{}} }

// get fetches; somebody who leaves does not end it for the others.
func (l *lists) get(ctx context.Context, address, referer string) (list, error) {
	l.mu.Lock()
	have, ok := l.byURL[address]
	l.mu.Unlock()
	if age := time.Since(have.at); ok && (age < liveFresh || have.done && age < doneFresh) {
		return have, nil
	}
	got, err, _ := l.flight.Do(address, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), listTime)
		defer cancel()
		doc, err := l.client.Fetch(ctx, address, http.Header{"Referer": {referer}}, maxList)
		if err != nil {
			return list{}, err
		}
		return l.keep(address, list{
			at: time.Now(), base: doc.URL, body: doc.Body,
			done: bytes.Contains(doc.Body, []byte("#EXT-X-ENDLIST")) || bytes.Contains(doc.Body, []byte(`type="static"`)),
		}), nil
	})
	if err != nil {
		return list{}, err
	}
	return got.(list), nil //nolint:forcetypeassert // what the function above gives
}

func (l *lists) keep(address string, n list) list {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.byURL) >= maxLists {
		for k, old := range l.byURL {
			if time.Since(old.at) > liveFresh {
				delete(l.byURL, k)
			}
		}
	}
	if len(l.byURL) < maxLists {
		l.byURL[address] = n
	}
	return n
}

// serveList fetches a playlist and rewrites its links for this visit.
func (p *Proxy) serveList(w http.ResponseWriter, r *http.Request, v Visit, t target) error {
	address := t.url
	if t.what == isHLS {
		address = withDirectives(address, r.URL.Query())
	}
	l, err := p.lists.get(r.Context(), address, v.referer())
	if err != nil {
		return err
	}
	kind := "application/vnd.apple.mpegurl"
	var body []byte
	if t.what == isHLS {
		body, err = p.rewriteHLS(v, l.base, l.body)
	} else {
		kind = "application/dash+xml"
		body, err = p.rewriteDASH(v, l.base, l.body)
	}
	if err != nil {
		return err
	}
	if err := p.budgets.spend(v, int64(len(body))); err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the viewer may be gone
	}
	return nil
}

// withDirectives hands on what a low-latency player asks of the playlist
// ("answer when there is part 3 of segment 120") and nothing else.
func withDirectives(address string, q url.Values) string {
	var add []string
	for _, name := range []string{"_HLS_msn", "_HLS_part", "_HLS_skip"} {
		if value := q.Get(name); value != "" && len(value) < 20 {
			add = append(add, name+"="+url.QueryEscape(value))
		}
	}
	u, err := url.Parse(address)
	if err != nil || len(add) == 0 {
		return address
	}
	if u.RawQuery != "" {
		add = append([]string{u.RawQuery}, add...)
	}
	u.RawQuery = strings.Join(add, "&")
	return u.String()
}
