package main

import (
	"context"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"synctv/internal/config"
	"synctv/internal/store"
)

// cgroupMemory is where Linux says how much memory this container may use.
const cgroupMemory = "/sys/fs/cgroup/memory.max"

// limitMemory tells Go's collector about a container's limit, so that it works
// harder instead of being killed. A GOMEMLIMIT that somebody set stays.
func limitMemory(ctx context.Context, log *slog.Logger, env config.Lookup) {
	if _, set := env("GOMEMLIMIT"); set {
		return
	}
	raw, err := os.ReadFile(cgroupMemory)
	if err != nil {
		return // no cgroup: no limit
	}
	if limit := memoryFor(string(raw)); limit > 0 {
		debug.SetMemoryLimit(limit)
		log.InfoContext(ctx, "memory limit of the container", "go_uses_at_most", limit)
	}
}

// twoAtOnce lets two threads run Go on a machine with one core: the kernel takes
// the core from one that hashes a password as soon as an event wants to go out;
// Go alone would let it go on for 10 ms. A GOMAXPROCS that somebody set stays.
func twoAtOnce(ctx context.Context, log *slog.Logger, env config.Lookup) {
	if _, set := env("GOMAXPROCS"); set || runtime.GOMAXPROCS(0) > 1 {
		return
	}
	runtime.GOMAXPROCS(2)
	log.DebugContext(ctx, "one core: two threads run at a time")
}

// restAsLong gives a hash's slot back after as long again as the hash took.
func restAsLong() func(free func()) {
	began := time.Now()
	return func(free func()) { time.AfterFunc(time.Since(began), free) }
}

// memoryFor leaves a tenth of the limit for what Go does not count; 0: no limit.
func memoryFor(cgroup string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(cgroup), 10, 64)
	if err != nil {
		return 0 // "max"
	}
	return n / 10 * 9
}

// warnOfPool compares the pool with what the database server takes: replicas
// times pool must stay below it.
func warnOfPool(ctx context.Context, log *slog.Logger, db *store.Store, pool int) {
	limit, err := db.ServerConnections(ctx)
	switch {
	case err != nil:
		log.WarnContext(ctx, "the database does not tell how many connections it takes", "error", err)
	case limit > 0 && pool*2 > limit:
		log.WarnContext(ctx, "two replicas would need more connections than the database takes", "database_max_conns", pool, "server_takes", limit)
	}
}

// warnOfConfig says at the start what would be found out late: variables that set
// nothing, and what several replicas need.
func warnOfConfig(ctx context.Context, log *slog.Logger, cfg config.Config, strays []string) {
	for _, s := range strays {
		log.WarnContext(ctx, "a variable is not used", "variable", s)
	}
	if cfg.RedisURL != "" && cfg.SourceKeys == "" {
		log.WarnContext(ctx, "source-keys is not set: nobody can link a source; several replicas need the same keys")
	}
}
