// Package redis is what replicas need of each other, across processes, by way
// of a Redis (or Valkey) server. Every key it writes has a lifetime. It knows
// the ports of cluster and nothing of rooms.
package redis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/rueidis"
)

// prefix stands before every key, so that one server can be shared.
const prefix = "synctv:"

// dialTimeout bounds connecting; each call has a deadline of its own.
const dialTimeout = 3 * time.Second

// Open connects to redis://[user:password@]host:port[/db]. The caller closes
// the client.
func Open(ctx context.Context, url string) (rueidis.Client, error) {
	o, err := rueidis.ParseURL(url)
	if err != nil {
		return nil, errors.New("redis URL: want redis://[user:password@]host:port") // its words could hold the password
	}
	o.Dialer.Timeout = dialTimeout
	o.DisableCache = true
	client, err := rueidis.NewClient(o)
	if err != nil {
		return nil, fmt.Errorf("connect to Redis: %w", err)
	}
	if err := client.Do(ctx, client.B().Ping().Build()).Error(); err != nil {
		client.Close()
		return nil, fmt.Errorf("ping Redis: %w", err)
	}
	return client, nil
}
