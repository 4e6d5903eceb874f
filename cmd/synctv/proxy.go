package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"synctv/internal/api"
	"synctv/internal/config"
	"synctv/internal/guard"
	"synctv/internal/media/source"
	"synctv/internal/proxy"
	"synctv/internal/proxy/disk"
	"synctv/internal/screen"
	"synctv/internal/store"
)

// outside is how this replica reaches other servers.
type outside struct {
	client *guard.Client // fetches what people give addresses of
	cache  *disk.Cache
	proxy  *proxy.Proxy
	linked *source.Service
	base   string // see config
}

// openOutside takes over the cache in the data folder. The key of the proxy's
// links is in the store, so that every replica opens what another made.
func openOutside(ctx context.Context, conf *reloader, db *store.Store, now func() time.Time, log *slog.Logger) (*outside, error) {
	cfg := *conf.now.Load()
	fresh := make([]byte, 32)
	_, _ = rand.Read(fresh) // never fails
	secret, err := db.Secret(ctx, "proxy_links", hex.EncodeToString(fresh))
	if err != nil {
		return nil, fmt.Errorf("key of the proxy's links: %w", err)
	}
	key, err := hex.DecodeString(secret)
	if err != nil {
		return nil, fmt.Errorf("key of the proxy's links: %w", err)
	}
	policy := fetchPolicy(cfg)
	policy.Log = log
	o := &outside{client: guard.NewClient(policy), base: cfg.BasePath}
	o.linked = sourcesOf(cfg, db, o.client, now)
	if o.cache, err = disk.Open(filepath.Join(cfg.DataDir, "cache", "media"), int64(cfg.ProxyCache)<<20, o.client); err != nil {
		return nil, err
	}
	budgets := proxy.NewBudgets(func() (room, person int64) {
		now := conf.now.Load()
		return int64(now.ProxyRoomGiB) << 30, int64(now.ProxyPersonGiB) << 30
	})
	if o.proxy, err = proxy.New(o.client, o.cache, key, budgets); err != nil {
		o.close()
		return nil, err
	}
	return o, nil
}

// close ends what is being fetched.
func (o *outside) close() {
	o.cache.Close()
	o.client.Close()
}

// fetchPolicy is what the operator set for the one client that fetches.
func fetchPolicy(cfg config.Config) guard.Policy {
	p := guard.Policy{Allow: guard.Places(cfg.FetchAllow), Deny: guard.Places(cfg.FetchDeny), DNS: cfg.FetchDNS}
	for _, r := range cfg.FetchPorts {
		p.Ports = append(p.Ports, guard.PortRange(r))
	}
	return p
}

// ServeItem implements api.Proxy.
func (o *outside) ServeItem(w http.ResponseWriter, r *http.Request, ask api.Proxied) error {
	it := ask.Item
	mode := source.Mode{URL: it.Source.URL, Kind: it.Source.Kind}
	if it.Source.Type == screen.SourceLinked {
		var err error
		if mode, err = o.linked.Resolve(r.Context(), it); err != nil {
			return err
		}
	}
	return o.proxy.Serve(w, r, proxy.Visit{
		Room: it.RoomID, Item: it.ID, Session: ask.Session, Person: ask.Person, URL: mode.URL, Kind: kindOf(mode.Kind), Authorization: mode.Authorization,
		Base: o.base + "/api/rooms/" + it.RoomID + "/items/" + it.ID + "/proxy",
	}, ask.Token, ask.Rest)
}

func kindOf(k screen.MediaKind) proxy.Kind {
	switch k {
	case screen.KindHLS:
		return proxy.HLS
	case screen.KindDASH:
		return proxy.DASH
	case screen.KindFile, screen.KindFLV:
	}
	return proxy.File
}
