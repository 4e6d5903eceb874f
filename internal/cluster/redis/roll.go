package redis

import (
	"context"
	"strings"

	"github.com/redis/rueidis"

	"synctv/internal/cluster"
)

// Roll is the roll across processes: one sorted set per set of names, with an
// entry "replica name" for each, scored by when it runs out (Redis' own clock,
// so that replicas' clocks do not matter).
type Roll struct {
	link                       *Link
	replica                    string
	enter, leave, names, renew *rueidis.Lua
}

// Each script begins with the time and the names that have not run out.
const rollHead = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local function held(name)
  for _, m in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')) do
    if string.sub(m, string.find(m, ' ', 1, true) + 1) == name then return true end
  end
  return false
end
`

const enterScript = rollHead + `
local first = held(ARGV[2])
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1] .. ' ' .. ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return first and 0 or 1`

const leaveScript = rollHead + `
if redis.call('ZREM', KEYS[1], ARGV[1] .. ' ' .. ARGV[2]) == 0 then return 0 end
return held(ARGV[2]) and 0 or 1`

const namesScript = rollHead + `return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')`

const renewScript = rollHead + `
for i = 3, #ARGV do redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1] .. ' ' .. ARGV[i]) end
if #ARGV > 2 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
local out = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local gone = {}
for _, m in ipairs(out) do
  local name = string.sub(m, string.find(m, ' ', 1, true) + 1)
  if not held(name) then gone[#gone + 1] = name end
end
return gone`

// NewRoll notes names for one replica, whose id has no spaces.
func NewRoll(link *Link, replica string) *Roll {
	return &Roll{
		link: link, replica: replica,
		enter: rueidis.NewLuaScript(enterScript), leave: rueidis.NewLuaScript(leaveScript),
		names: rueidis.NewLuaScript(namesScript), renew: rueidis.NewLuaScript(renewScript),
	}
}

func (r *Roll) run(ctx context.Context, script *rueidis.Lua, set string, read func(rueidis.RedisResult) error, args ...string) error {
	return r.link.ask(ctx, "roll", func(ctx context.Context) error {
		return read(script.Exec(ctx, r.link.client, []string{prefix + "roll:{" + set + "}"}, args))
	})
}

func flag(into *bool) func(rueidis.RedisResult) error {
	return func(res rueidis.RedisResult) error {
		n, err := res.AsInt64()
		*into = n == 1
		return err
	}
}

func list(into *[]string) func(rueidis.RedisResult) error {
	return func(res rueidis.RedisResult) (err error) {
		*into, err = res.AsStrSlice()
		return err
	}
}

// Enter implements cluster.Roll.
func (r *Roll) Enter(ctx context.Context, set, name string) (first bool, err error) {
	err = r.run(ctx, r.enter, set, flag(&first), r.replica, name, millis(cluster.RollLife))
	return first, err
}

// Leave implements cluster.Roll.
func (r *Roll) Leave(ctx context.Context, set, name string) (last bool, err error) {
	err = r.run(ctx, r.leave, set, flag(&last), r.replica, name)
	return last, err
}

// Names implements cluster.Roll.
func (r *Roll) Names(ctx context.Context, set string) ([]string, error) {
	var entries []string
	if err := r.run(ctx, r.names, set, list(&entries)); err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(entries))
	names := entries[:0]
	for _, e := range entries {
		if _, name, ok := strings.Cut(e, " "); ok && !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names, nil
}

// Renew implements cluster.Roll.
func (r *Roll) Renew(ctx context.Context, set string, names []string) (gone []string, err error) {
	args := append([]string{r.replica, millis(cluster.RollLife)}, names...)
	err = r.run(ctx, r.renew, set, list(&gone), args...)
	return gone, err
}
