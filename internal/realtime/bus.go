package realtime

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"
)

// Shared is how a node reaches the sockets of other replicas. Without one it is
// alone.
type Shared struct {
	Redis centrifuge.RedisShardConfig
	// Away tells whether Redis cannot be reached now. It must not block.
	Away func() bool
}

// Sharded pub/sub in a Redis Cluster: so many groups of channels, each on one
// node and with a connection of its own.
const clusterPartitions = 16

// redisLimit bounds a call to Redis on the way of an event; a frozen server
// holds one event for at most twice as long, until Away tells.
const redisLimit = time.Second

// bus is the library's Redis broker, made to survive the loss of Redis: what
// cannot be published goes to this replica's own sockets, what cannot be
// subscribed is subscribed when Redis is back, and nobody waits. Other
// replicas learn from the store what they missed (see mend.go).
type bus struct {
	*centrifuge.RedisBroker
	shard *centrifuge.RedisShard
	away  func() bool
	tap   tap
	fan   *fan
	here  centrifuge.BrokerEventHandler // set once, before any event

	mu      sync.Mutex
	pending map[string]bool // channels to subscribe when Redis is back; guarded by mu
}

func newBus(node *centrifuge.Node, s *Shared, t tap, f *fan) (*bus, error) {
	s.Redis.IOTimeout, s.Redis.ConnectTimeout = redisLimit, redisLimit
	shard, err := centrifuge.NewRedisShard(node, s.Redis)
	if err != nil {
		return nil, errors.New("connect the event bus to Redis") // its words could hold the password
	}
	cfg := centrifuge.RedisBrokerConfig{Prefix: "synctv", Shards: []*centrifuge.RedisShard{shard}}
	if shard.Mode() == centrifuge.RedisShardModeCluster {
		cfg.NumShardedPubSubPartitions, cfg.UsePrecomputedPartitionTags = clusterPartitions, true
	}
	broker, err := centrifuge.NewRedisBroker(node, cfg)
	if err != nil {
		shard.Close()
		return nil, fmt.Errorf("make the event bus: %w", err)
	}
	return &bus{RedisBroker: broker, shard: shard, away: s.Away, tap: t, fan: f, pending: map[string]bool{}}, nil
}

// RegisterBrokerEventHandler is called once, before anything else.
func (b *bus) RegisterBrokerEventHandler(h centrifuge.BrokerEventHandler) error {
	b.tap.BrokerEventHandler = fanned{h, b.fan}
	b.here = b.tap
	return b.RedisBroker.RegisterBrokerEventHandler(b.here)
}

// Close ends the broker's goroutines and connections.
func (b *bus) Close(ctx context.Context) error {
	err := b.RedisBroker.Close(ctx)
	b.shard.Close()
	return err
}

// publishTries is how often an event is offered to Redis.
const publishTries = 2

// Publish implements centrifuge.Broker.
func (b *bus) Publish(ch string, data []byte, o centrifuge.PublishOptions) (centrifuge.PublishResult, error) {
	for try := range publishTries {
		if b.away() {
			break
		}
		if try > 0 {
			time.Sleep(rand.N(50 * time.Millisecond)) //nolint:gosec // jitter
		}
		if r, err := b.RedisBroker.Publish(ch, data, o); err == nil {
			return r, nil
		}
	}
	pub := &centrifuge.Publication{Data: data, Info: o.ClientInfo, Tags: o.Tags, Time: time.Now().UnixMilli()}
	return centrifuge.PublishResult{}, b.here.HandlePublication(ch, pub, centrifuge.StreamPosition{}, false, nil)
}

// PublishControl implements centrifuge.Controller. Sockets of this replica were
// acted on already; those of others are found by their own looks at the store.
func (b *bus) PublishControl(data []byte, nodeID, shardKey string) error {
	if b.away() {
		return nil
	}
	return b.RedisBroker.PublishControl(data, nodeID, shardKey)
}

// Subscribe implements centrifuge.Broker.
func (b *bus) Subscribe(channels ...string) error {
	if !b.away() && b.RedisBroker.Subscribe(channels...) == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, ch := range channels {
		b.pending[ch] = true
	}
	return nil
}

// Unsubscribe implements centrifuge.Broker. What fails is not subscribed again
// when the connection is back.
func (b *bus) Unsubscribe(channels ...string) error {
	b.mu.Lock()
	for _, ch := range channels {
		delete(b.pending, ch)
	}
	b.mu.Unlock()
	_ = b.RedisBroker.Unsubscribe(channels...)
	return nil
}

// retry subscribes what could not be subscribed; it is called now and then.
func (b *bus) retry() {
	if b.away() {
		return
	}
	b.mu.Lock()
	waiting := make([]string, 0, len(b.pending))
	for ch := range b.pending {
		waiting = append(waiting, ch)
	}
	b.mu.Unlock()
	for _, ch := range waiting {
		if b.RedisBroker.Subscribe(ch) != nil {
			return
		}
		b.mu.Lock()
		wanted := b.pending[ch]
		delete(b.pending, ch)
		b.mu.Unlock()
		if !wanted { // its last socket left meanwhile
			_ = b.RedisBroker.Unsubscribe(ch)
		}
	}
}
