package redis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"synctv/internal/cluster"
)

// Claims are kept as "fence key owner" under the claimed name.
type Claims struct {
	link                *Link
	claim, keep, giveUp *rueidis.Lua
}

// The fence is made as that of locks is, see acquireScript.
const claimScript = `
local cur = redis.call('GET', KEYS[1])
if cur and string.match(cur, '^%d+ (%S*) ') ~= ARGV[1] then return false end
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
local last = math.max(tonumber(redis.call('GET', KEYS[2]) or '0'), tonumber(cur and string.match(cur, '^%d+') or '0'))
local fence = string.format('%.0f', math.max(last + 1, now))
redis.call('SET', KEYS[1], fence .. ' ' .. ARGV[1] .. ' ' .. ARGV[3], 'PX', ARGV[2])
redis.call('SET', KEYS[2], fence, 'PX', 86400000)
return fence`

// An owner keeps its claim unless a later one is there.
const keepScript = `
local cur = redis.call('GET', KEYS[1])
if cur and cur ~= ARGV[1] and tonumber(string.match(cur, '^%d+')) > tonumber(string.match(ARGV[1], '^%d+')) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`

// NewClaims makes claims over a link.
func NewClaims(link *Link) *Claims {
	return &Claims{
		link: link, claim: rueidis.NewLuaScript(claimScript), keep: rueidis.NewLuaScript(keepScript),
		giveUp: rueidis.NewLuaScript(releaseScript),
	}
}

func claimKeys(name string) []string {
	return []string{prefix + "claim:{" + name + "}", prefix + "claim-fence:{" + name + "}"}
}

// Claim implements cluster.Claims.
func (c *Claims) Claim(ctx context.Context, name string, o cluster.Owner) (cluster.Claim, error) {
	said, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	fence := strconv.FormatInt(time.Now().UnixMicro(), 10) // if Redis cannot be asked
	err = c.link.ask(ctx, "claim", func(ctx context.Context) error {
		given, err := c.claim.Exec(ctx, c.link.client, claimKeys(name), []string{o.Key, millis(cluster.ClaimLife), string(said)}).ToString()
		if rueidis.IsRedisNil(err) {
			fence = ""
		} else if err == nil {
			fence = given
		}
		return err
	})
	if fence == "" {
		return nil, cluster.ErrLocked
	}
	if err != nil && !errors.Is(err, cluster.ErrAway) {
		return nil, err
	}
	h := &claim{claims: c, name: name, value: fence + " " + o.Key + " " + string(said), lost: make(chan struct{}), stop: make(chan struct{})}
	h.keeping.Go(h.keep)
	return h, nil
}

// Owner implements cluster.Claims.
func (c *Claims) Owner(ctx context.Context, name string) (o cluster.Owner, ok bool, err error) {
	var value string
	err = c.link.ask(ctx, "claim", func(ctx context.Context) (err error) {
		value, err = c.link.client.Do(ctx, c.link.client.B().Get().Key(claimKeys(name)[0]).Build()).ToString()
		return err
	})
	if err != nil || value == "" {
		return o, false, err
	}
	parts := strings.SplitN(value, " ", 3)
	if len(parts) != 3 || json.Unmarshal([]byte(parts[2]), &o) != nil {
		return o, false, fmt.Errorf("claim %s: %q", name, value)
	}
	o.Key = parts[1]
	o.Fence, err = strconv.ParseInt(parts[0], 10, 64)
	return o, err == nil, err
}

// claim is one that is held, with the goroutine that keeps it.
type claim struct {
	claims     *Claims
	name       string
	value      string
	lost, stop chan struct{}
	keeping    sync.WaitGroup
	once       sync.Once
}

func (h *claim) Lost() <-chan struct{} { return h.lost }

// Release implements cluster.Claim.
func (h *claim) Release() {
	h.once.Do(func() {
		close(h.stop)
		h.keeping.Wait()
		_ = h.claims.link.ask(context.Background(), "claim", func(ctx context.Context) error {
			return h.claims.giveUp.Exec(ctx, h.claims.link.client, claimKeys(h.name)[:1], []string{h.value}).Error()
		})
	})
}

// keep says again and again whose the name is, until a later owner is there.
func (h *claim) keep() {
	tick := time.NewTicker(cluster.ClaimLife / 4)
	defer tick.Stop()
	for {
		select {
		case <-h.stop:
			return
		case <-tick.C:
		}
		mine := int64(1)
		err := h.claims.link.ask(context.Background(), "claim", func(ctx context.Context) (err error) {
			mine, err = h.claims.keep.Exec(ctx, h.claims.link.client, claimKeys(h.name)[:1], []string{h.value, millis(cluster.ClaimLife)}).AsInt64()
			return err
		})
		if err == nil && mine == 0 {
			close(h.lost)
			return
		}
	}
}
