package main

import (
	"context"
	"io/fs"
	"log/slog"
	"path"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"synctv/internal/config"
	"synctv/internal/store"
)

// limitMemory tells Go's collector about the limit of this process's control
// group (a container's, systemd's MemoryMax), so that it works harder instead of
// being killed. A GOMEMLIMIT that somebody set stays.
func limitMemory(ctx context.Context, log *slog.Logger, env config.Lookup, root fs.FS) {
	if _, set := env("GOMEMLIMIT"); set {
		return
	}
	if limit := memoryLimit(root); limit > 0 {
		most := limit / 10 * 9 // the rest is for what Go does not count
		debug.SetMemoryLimit(most)
		log.InfoContext(ctx, "memory limit of the control group", "limit", limit, "go_uses_at_most", most)
	}
}

// memoryLimit is the least that any group around this process may use, bytes; 0:
// no limit. Inside a container the group's own folder is all one sees; outside
// it is named in /proc/self/cgroup: "0::/path" for version 2, "7:memory:/path"
// for version 1.
func memoryLimit(root fs.FS) (least int64) {
	look := func(folder, group, file string) {
		for ; ; group = path.Dir(group) {
			raw, err := fs.ReadFile(root, path.Join("sys/fs/cgroup", folder, group, file))
			n, bad := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64) // "max" is no number
			if err == nil && bad == nil && n > 0 && n < noLimit && (least == 0 || n < least) {
				least = n
			}
			if group == "/" || group == "." {
				return
			}
		}
	}
	look("", "/", "memory.max")
	look("memory", "/", "memory.limit_in_bytes")
	raw, _ := fs.ReadFile(root, "proc/self/cgroup") // without it there is nothing to look at
	for line := range strings.Lines(string(raw)) {
		switch f := strings.SplitN(strings.TrimSpace(line), ":", 3); {
		case len(f) != 3:
		case f[1] == "":
			look("", path.Clean("/"+f[2]), "memory.max")
		case slices.Contains(strings.Split(f[1], ","), "memory"):
			look("memory", path.Clean("/"+f[2]), "memory.limit_in_bytes")
		}
	}
	return least
}

// noLimit is more than any machine has: version 1 says "none" by a number near 2^63.
const noLimit = 1 << 60

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

// restAsLong lets a hash pause as long as it worked. A pause that became longer
// than it should counts for the next.
func restAsLong() func() {
	began, owed := time.Now(), time.Duration(0)
	return func() {
		worked := time.Now()
		owed += worked.Sub(began)
		time.Sleep(owed) // not at all when nothing is owed
		began = time.Now()
		owed -= began.Sub(worked)
	}
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
	if cfg.RedisURL != "" && cfg.RTMPAddr == "" && cfg.RTMPSAddr == "" && cfg.RTMPURL == "" {
		log.WarnContext(ctx, "rtmp-url is not set: this replica takes no encoders and cannot say where others do")
	}
}
