package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/redis/rueidis"

	"synctv/internal/cached"
	"synctv/internal/cluster"
	"synctv/internal/cluster/local"
	"synctv/internal/cluster/redis"
	"synctv/internal/config"
	"synctv/internal/ident"
	"synctv/internal/realtime"
	"synctv/internal/store"
	"synctv/internal/waiting"
)

// shared is what this replica has in common with the others: one set of twins.
type shared struct {
	replica string // this process's id, new at every start
	locks   *cluster.Counted
	roll    cluster.Roll
	bus     *realtime.Shared // nil: alone
	now     func() time.Time // the cluster's time
	claims  cluster.Claims   // nil: alone
	shelf   cluster.Shelf    // nil: alone
	away    func() bool      // nil: alone
	run     func(context.Context)
	close   func()
}

// joinCluster picks the twins: within this process, or by Redis.
func joinCluster(ctx context.Context, cfg config.Config, log *slog.Logger) (*shared, error) {
	if cfg.RedisURL == "" {
		return &shared{locks: cluster.Count(local.NewLocks()), roll: local.NewRoll(), now: local.NewClock().Now, run: func(context.Context) {}, close: func() {}}, nil
	}
	client, err := redis.Open(ctx, string(cfg.RedisURL))
	if err != nil {
		return nil, err
	}
	clock, err := redis.NewClock(ctx, client, began())
	if err != nil {
		client.Close()
		return nil, err
	}
	link := redis.NewLink(client)
	s := &shared{replica: ident.New(), now: clock.Now, close: client.Close}
	s.locks = cluster.Count(cluster.Either{All: redis.NewLocks(client), Here: local.NewLocks(), Away: link.Away})
	s.roll = redis.NewRoll(link, s.replica)
	s.claims, s.shelf, s.away = redis.NewClaims(link), redis.NewShelf(link), link.Away
	s.bus = &realtime.Shared{Redis: busAddress(string(cfg.RedisURL), client), Away: link.Away}
	s.run = func(ctx context.Context) {
		var following sync.WaitGroup
		defer following.Wait()
		following.Go(func() { clock.Run(ctx) })
		link.Run(ctx, func(away bool) {
			if away {
				log.WarnContext(ctx, "Redis is away: what this replica does alone goes on")
			} else {
				log.InfoContext(ctx, "Redis is back")
			}
		})
	}
	return s, nil
}

// busAddress says the same address in the words of the event bus.
func busAddress(url string, client rueidis.Client) centrifuge.RedisShardConfig {
	o, _ := rueidis.ParseURL(url) // it was opened with it
	c := centrifuge.RedisShardConfig{User: o.Username, Password: o.Password, DB: o.SelectDB, TLSConfig: o.TLSConfig}
	switch {
	case o.Sentinel.MasterSet != "":
		c.SentinelAddresses, c.SentinelMasterName = o.InitAddress, o.Sentinel.MasterSet
		c.SentinelUser, c.SentinelPassword, c.SentinelTLSConfig = o.Sentinel.Username, o.Sentinel.Password, o.Sentinel.TLSConfig
	case client.Mode() == rueidis.ClientModeCluster:
		c.ClusterAddresses = o.InitAddress
	default:
		c.Address = o.InitAddress[0]
	}
	return c
}

// copies puts caches before the store; what changes is told to the other
// replicas.
func (s *shared) copies(db *store.Store, node *realtime.Node) *cached.Rooms {
	if s.shelf == nil {
		return cached.NewRooms(db, nil, s.now, nil)
	}
	return cached.NewRooms(db, s.shelf, s.now, func(ctx context.Context, what string) { node.Broadcast(ctx, forget, what) })
}

// others is the roll of ready pages; nil: alone, and then the process knows them all.
func (s *shared) others() waiting.Roll {
	if s.bus == nil {
		return nil
	}
	return s.roll
}

// missing names what this replica has to do without for now.
func (s *shared) missing() []string {
	if s.away != nil && s.away() {
		return []string{"redis: what happens on other replicas comes late"}
	}
	return nil
}
