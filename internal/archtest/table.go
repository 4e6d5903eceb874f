package archtest

// outside lists what a pure package must not know: transports, stores, files,
// processes and loggers.
func outside() []string {
	return []string{"net/http", "net", "database/sql", "os", "io/fs", "log", "net/url", "embed", "flag", "expvar"}
}

// Table is the import table of the house: one row per package, relative to the
// module. A package that is not here is refused, so that each new one is a
// decision. Rules in words: a type lives where its rules live; adapters know the
// rule book, never each other; live knows nothing of rooms; whoever needs a port
// declares it; only cmd sees everything.
func Table() map[string]Rule {
	table := map[string]Rule{}
	for _, part := range []map[string]Rule{leaves(), ruleBook(), adapters(), sources(), liveRows(), outsideRows(), edges()} {
		for name, rule := range part {
			table[name] = rule
		}
	}
	return table
}

// leaves know nothing of this module.
func leaves() map[string]Rule {
	return map[string]Rule{
		"internal/problem":  {NoStd: outside(), NoClock: true, Strict: true},
		"internal/ident":    {NoStd: outside(), NoClock: true, Strict: true},
		"internal/text":     {Internal: []string{"internal/problem"}, Modules: []string{"golang.org/x/text"}, NoStd: outside(), NoClock: true, Strict: true},
		"internal/vault":    {NoStd: outside(), NoClock: true, Strict: true},
		"internal/spelling": {NoStd: outside(), NoClock: true, Strict: true},
		"internal/audit":    {NoStd: outside(), NoClock: true, Strict: true},
		"internal/archtest": {Strict: true},
		"web":               {Strict: true},
		// How the program tells what it does: whoever reaches outside may.
		"internal/telemetry": {
			Internal: []string{"internal/problem", "internal/ident", "internal/spelling"}, NoStd: []string{"database/sql"},
			Modules: []string{"github.com/prometheus/client_golang", "go.opentelemetry.io", "google.golang.org/protobuf"},
		},
	}
}

// ruleBook is what the product is about, without transport, store, clock or log.
func ruleBook() map[string]Rule {
	// The limiter of x/time takes the time as a value (AllowN), as the rules do.
	words := []string{"golang.org/x/text", "golang.org/x/sync", "golang.org/x/time"}
	return map[string]Rule{
		// The pure rules that room's use cases stand on.
		"internal/right":  {Internal: []string{"internal/problem"}, NoStd: outside(), NoClock: true, Strict: true},
		"internal/mark":   {NoStd: outside(), NoClock: true, Strict: true},
		"internal/flood":  {Modules: []string{"golang.org/x/time"}, NoStd: outside(), NoClock: true, Strict: true},
		"internal/talk":   {Internal: []string{"internal/problem", "internal/text", "internal/ident", "internal/right", "internal/screen"}, NoStd: outside(), NoClock: true, Strict: true},
		"internal/screen": {Internal: []string{"internal/problem", "internal/text", "internal/ident"}, NoStd: outside(), NoClock: true, Strict: true},
		"internal/room": {
			Internal: []string{
				"internal/problem", "internal/ident", "internal/text", "internal/audit",
				"internal/right", "internal/talk", "internal/screen", "internal/flood",
			},
			Modules: words, NoStd: outside(), NoClock: true, Strict: true,
		},
		"internal/setting": {Internal: []string{"internal/problem"}, NoStd: outside(), NoClock: true, Strict: true},
		"internal/waiting": {
			Internal: []string{"internal/problem", "internal/right", "internal/screen", "internal/flood", "internal/room"},
			NoStd:    outside(), NoClock: true, Strict: true,
		},
		// The subtitles of a room's items.
		"internal/caption": {
			Internal: []string{
				"internal/problem", "internal/ident", "internal/text", "internal/right", "internal/screen",
				"internal/room", "internal/media/subtitle",
			},
			NoStd: outside(), NoClock: true, Strict: true,
		},
		"internal/account": {
			Internal: []string{"internal/problem", "internal/ident", "internal/text", "internal/audit"},
			Modules:  append([]string{"golang.org/x/crypto"}, words...),
			NoStd:    outside(), NoClock: true, Strict: true,
		},
		"internal/cluster": {
			Internal: []string{"internal/problem"}, NoStd: outside(), Strict: true,
		},
	}
}

// adapters reach one technology each. None of them knows another.
func adapters() map[string]Rule {
	book := []string{
		"internal/problem", "internal/ident", "internal/text", "internal/audit", "internal/room", "internal/account",
		"internal/right", "internal/talk", "internal/screen", "internal/flood", "internal/mark", "internal/caption",
		"internal/media/source", "internal/vault",
	}
	return map[string]Rule{
		"internal/store": {
			// cluster: the fences of locks, which are checked where things are written.
			Internal: append([]string{"internal/cluster", "internal/telemetry"}, book...), NoStd: []string{"net/http"},
			Modules: []string{
				"github.com/jackc/pgx/v5", "modernc.org/sqlite", "github.com/pressly/goose/v3",
				"golang.org/x/text", "golang.org/x/sync", "golang.org/x/sys", // sys: the file lock
			},
		},
		"internal/store/storetest": {
			Internal: append([]string{"internal/store"}, book...), NoStd: []string{"net/http"},
			Modules: []string{"github.com/google/go-cmp", "github.com/jackc/pgx/v5"},
		},
		"internal/realtime": {
			Internal: append([]string{"internal/cluster", "internal/telemetry"}, book...), NoStd: []string{"database/sql"},
			// The socket library registers its own metrics.
			Modules: []string{
				"github.com/centrifugal", "github.com/felixge/httpsnoop", "github.com/prometheus/client_golang", "github.com/puzpuzpuz/xsync/v4",
				"golang.org/x/sync",
			},
		},
		// cached stands before the store and knows what it wraps, not the store.
		"internal/cached": {
			Internal: []string{"internal/cluster", "internal/room"}, NoStd: []string{"net/http", "database/sql"},
			Modules: []string{"github.com/maypok86/otter/v2"},
		},
		"internal/cluster/redis": {
			Internal: []string{"internal/cluster", "internal/problem"},
			NoStd:    []string{"net/http", "database/sql"},
			Modules:  []string{"github.com/redis/rueidis", "golang.org/x/sync"},
		},
		"internal/cluster/clustertest": {Internal: []string{"internal/cluster"}, NoStd: []string{"database/sql"}},
		"internal/cluster/local": {
			Internal: []string{"internal/cluster", "internal/problem"},
			NoStd:    []string{"net/http", "database/sql"},
			Modules:  []string{"github.com/puzpuzpuz/xsync/v4", "golang.org/x/sync"},
		},
	}
}

// sources are what can be played: media picks one by the kind of item, each source
// knows one place that videos come from.
func sources() map[string]Rule {
	book := []string{"internal/problem", "internal/ident", "internal/text", "internal/room", "internal/screen"}
	source := Rule{Internal: book, NoStd: []string{"database/sql"}}
	return map[string]Rule{
		"internal/media": {
			Internal: append([]string{"internal/media/direct", "internal/media/library", "internal/media/subtitle", "internal/media/ffmpeg", "internal/media/source", "internal/caption"}, book...),
			Modules:  []string{"golang.org/x/sync"},
			NoStd:    []string{"net/http", "database/sql"},
		},
		"internal/media/direct": source,
		// What people link: source is the port and who may use it, each vendor has a folder.
		"internal/media/source": {Internal: append([]string{"internal/vault"}, book...), NoStd: []string{"database/sql", "net/http", "os"}},
		"internal/media/webdav": {
			Internal: append([]string{"internal/guard", "internal/media/source", "internal/media/library"}, book...),
			NoStd:    []string{"database/sql"},
		},
		// look fetches from other servers, so it stands on guard.
		"internal/media/look": {
			Internal: append([]string{"internal/guard", "internal/right", "internal/media/direct", "internal/media/ffmpeg"}, book...),
			NoStd:    []string{"database/sql"},
		},
		"internal/media/library":  {Internal: append([]string{"internal/media/subtitle"}, book...), NoStd: []string{"database/sql"}},
		"internal/media/ffmpeg":   {Internal: []string{"internal/problem"}, NoStd: []string{"net/http", "database/sql"}},
		"internal/media/subtitle": {Internal: []string{"internal/problem"}, Modules: []string{"golang.org/x/text"}, NoStd: outside(), NoClock: true, Strict: true},
	}
}

// liveRows: streams in, streams out. Nothing below live knows of rooms, people
// or stores; whom to let in it asks through a port.
func liveRows() map[string]Rule {
	none := []string{"database/sql"}
	quiet := []string{"database/sql", "net/http", "log"}
	inside := []string{"internal/problem", "internal/live/streamlog", "internal/live/flv"}
	parts := []string{"golang.org/x/sync"}
	return map[string]Rule{
		"internal/live":           {Internal: inside, NoStd: none, Modules: parts},
		"internal/live/streamlog": {Internal: []string{"internal/live/flv"}, NoStd: quiet, Strict: true},
		"internal/live/hls": {
			Internal: []string{"internal/live", "internal/live/flv", "internal/live/streamlog"}, NoStd: none,
			Modules: []string{"github.com/bluenviron/gohlslib/v2", "github.com/bluenviron/mediacommon/v2"},
		},
		"internal/live/relay": {Internal: []string{"internal/live", "internal/live/flv", "internal/telemetry"}, NoStd: none, Modules: parts},
		// pull fetches from other servers, so it stands on guard.
		"internal/live/pull": {Internal: append([]string{
			"internal/guard", "internal/live", "internal/live/rtmp/amf0", "internal/live/rtmp/chunk", "internal/live/rtmp/handshake",
		}, inside...), NoStd: none},
		"internal/live/flv": {NoStd: quiet, Strict: true},
		"internal/live/rtmp": {Internal: append([]string{
			"internal/live", "internal/live/rtmp/amf0", "internal/live/rtmp/chunk", "internal/live/rtmp/handshake",
		}, inside...), NoStd: none, Modules: parts},
		"internal/live/rtmp/amf0":      {NoStd: quiet, Strict: true},
		"internal/live/rtmp/chunk":     {NoStd: quiet, Strict: true},
		"internal/live/rtmp/handshake": {NoStd: quiet, Strict: true},
		"internal/live/rtmp/rtmptest":  {Internal: []string{"internal/live/..."}, NoStd: none},
	}
}

// outsideRows: other servers, fetched from with care. None of them knows rooms.
func outsideRows() map[string]Rule {
	return map[string]Rule{
		// guard fetches what people give addresses of; every source may stand on it.
		"internal/guard": {
			Internal: []string{"internal/problem"}, NoStd: []string{"database/sql"},
			Modules: []string{"code.dny.dev/ssrf", "golang.org/x/sync"},
		},
		// proxy knows one visit at a time, no rooms.
		"internal/proxy": {
			Internal: []string{"internal/problem", "internal/guard", "internal/proxy/disk"}, NoStd: []string{"database/sql"},
			Modules: []string{"golang.org/x/sync", "golang.org/x/time"},
		},
		"internal/proxy/disk":      {Internal: []string{"internal/guard"}, NoStd: []string{"database/sql"}},
		"internal/guard/guardtest": {NoStd: []string{"database/sql"}, Modules: []string{"golang.org/x/net"}},
	}
}

// edges are where the program meets its users and its operator.
func edges() map[string]Rule {
	return map[string]Rule{
		// api is thin: decode, call, encode. It reaches sockets and streams through
		// ports of its own, so realtime, store and cluster are not in its row.
		"internal/api": {
			Internal: []string{
				"internal/problem", "internal/ident", "internal/text", "internal/audit", "internal/room", "internal/account",
				"internal/right", "internal/talk", "internal/screen", "internal/flood", "internal/media", "internal/telemetry",
				"internal/waiting", "internal/setting",
				"internal/caption", "internal/media/subtitle", "internal/media/look", "internal/media/source",
			},
			NoStd: []string{"database/sql"},
			Modules: []string{
				"github.com/danielgtaylor/huma/v2", "github.com/felixge/httpsnoop", "github.com/klauspost/compress/gzhttp",
				"github.com/google/uuid", "golang.org/x/sync", "golang.org/x/time",
			},
		},
		"internal/config": {Internal: []string{"internal/ident", "internal/spelling", "internal/telemetry", "internal/vault"}, Modules: []string{"go.yaml.in/yaml/v3"}, NoStd: []string{"net/http", "database/sql"}},
		"cmd/synctv":      {Everything: true},
		// What measures servers from outside, on Linux.
		"test/outside": {NoStd: []string{"database/sql"}, Modules: []string{"golang.org/x/sys"}},
		"test/films":   {Internal: []string{"test/outside"}, NoStd: []string{"database/sql"}},
		"test/attack":  {Internal: []string{"test/outside"}, NoStd: []string{"database/sql"}, Modules: []string{"github.com/coder/websocket"}},
		"test/sockets": {Internal: []string{"test/outside"}, NoStd: []string{"database/sql"}},
		"test/tcp":     {NoStd: []string{"database/sql"}, Modules: []string{"golang.org/x/sys"}},
		"test/load": {
			Internal: []string{"internal/live/...", "test/outside"}, NoStd: []string{"database/sql"},
			Modules: []string{"golang.org/x/sync", "golang.org/x/sys"},
		},
		// Breaks real servers, from outside.
		"test/cluster": {
			Internal: []string{"internal/cluster/clustertest", "internal/store/storetest", "internal/live/rtmp/rtmptest", "test/outside"}, NoStd: []string{"database/sql"},
			Modules: []string{"github.com/coder/websocket"},
		},
		"scripts/bench": {NoStd: []string{"net", "database/sql"}},
		"scripts/count": {NoStd: []string{"net", "database/sql"}},
	}
}
