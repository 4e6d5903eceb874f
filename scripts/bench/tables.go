package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// table compares rows of benchmarks, column by column.
type table struct {
	title, words string
	columns      []string // units of testing.B: "ns/op", or "/name" for a benchmark below the row's
	rows         []row
}

type row struct {
	says  string
	bench string // folder:name without "Benchmark"
	more  string // a last column of words
}

// tables is what the page shows; every benchmark that is quoted stands here.
func tables() []table {
	cost := []string{"ns/op", "B/op", "allocs/op"}
	return []table{
		{
			"From the server to a viewer", "One GiB to a TCP socket on loopback in pieces of 64 KiB, those of a stream each sent a hundred times, as to a hundred viewers, those of a file once: processor time of the sending thread, the kernel's part included. Copies are those in our memory.",
			[]string{"cpu-ms/GiB", "allocs/op"}, []row{
				{"a copy for each viewer, then written", "internal/live:BytesToViewer/copied", "1 copy and 1 buffer"},
				{"one buffer shared by all (live)", "internal/live:BytesToViewer/shared", "none"},
				{"a file, read into a pooled buffer and written", "internal/live:BytesToViewer/file", "1 copy"},
				{"a file by sendfile (library, slices)", "internal/live:BytesToViewer/sendfile", "none"},
			},
		},
		{
			"Session map", "500 rooms of four people, all cores at it. Read asks for one person, write is a socket that comes and goes, mixed is nine reads to a write. The chosen one keeps the ids of sockets as well, which the others here only count, and no room waits for another; whether that gains time on two cores has changed from one day to the next.",
			[]string{"/read", "/write", "/mixed"}, []row{
				{"mutex and map", "internal/realtime:SessionMap/mutex", ""}, {"RWMutex and map", "internal/realtime:SessionMap/rwmutex", ""},
				{"sync.Map", "internal/realtime:SessionMap/syncmap", ""}, {"**xsync.Map, a mutex in each room**", "internal/realtime:SessionMap/xsync", "chosen"},
			},
		},
		{"Buffers of 64 KiB", "Lent, one page touched, given back; all cores at it.", cost, []row{
			{"fresh", "internal/guard:Buffers/fresh", ""}, {"**pooled**", "internal/guard:Buffers/pooled", "chosen"},
		}},
		{"Locks", "Taken, a function run that does nothing, released. Redis is a real one on loopback.", cost, []row{
			{"within the process", "internal/cluster/local:LockRoundTrip", ""}, {"Redis, with a fence", "internal/cluster/redis:LockRoundTrip", ""},
		}},
		{"Cache", "A request for media asks for a room and for somebody's place in it: two copies in memory, two in Redis, two rows of the store. Redis and PostgreSQL are real ones on loopback.", cost, []row{
			{"from memory", "cmd/synctv:Cache/memory", ""}, {"from Redis", "cmd/synctv:Cache/redis", ""},
			{"from SQLite", "cmd/synctv:Cache/sqlite", ""}, {"from PostgreSQL", "cmd/synctv:Cache/postgres", ""},
		}},
		{"What guards a call to outside", "Around a function that does nothing and succeeds.", cost, []row{
			{"bare", "internal/guard:Overhead/bare", ""}, {"breaker", "internal/guard:Overhead/breaker", ""},
			{"retry", "internal/guard:Overhead/retry", ""}, {"limit", "internal/guard:Overhead/limit", ""}, {"all of them", "internal/guard:Overhead/all", ""},
		}},
		{"Watching", "What each request, log line and step pays.", cost, []row{
			{"a request counted", "internal/telemetry:Request", ""}, {"a log line nobody hears", "internal/telemetry:UnheardLine", ""},
			{"a step, traces off", "internal/telemetry:Traces/off", ""}, {"a step, traces on", "internal/telemetry:Traces/on", ""},
		}},
		{"A request", "Into the handler and out of it, without a network: the chain gives it an id, looks where it comes from, sets the headers and counts it.", cost, []row{
			{"the mux alone", "internal/api:Answer/mux", ""}, {"the whole chain", "internal/api:Answer/chain", ""},
			{"an error, in the one shape", "internal/api:Answer/problem", ""},
		}},
		{"Packed text", "The document of the API, asked for through the whole chain.", []string{"sent-B/op", "ns/op", "allocs/op"}, []row{
			{"as it is", "internal/api:Pack/plain", ""}, {"gzip", "internal/api:Pack/gzip", ""}, {"**zstd**", "internal/api:Pack/zstd", "preferred"},
		}},
		{
			"Store", "PostgreSQL is a real one on loopback that does not wait for its disk. A room's lock is within the process beside SQLite, in Redis beside PostgreSQL.",
			[]string{"/sqlite", "/postgres"}, []row{
				{"a playback swapped", "internal/store:Store/swap", ""}, {"a playback not swapped: it has changed", "internal/store:Store/late", ""},
				{"a room created under a lock, with a fence, and recorded", "cmd/synctv:LockedCommand", ""},
				{"100 films written, one in a statement", "internal/store:Store/one", ""}, {"100 films written, 20 in a statement", "internal/store:Store/many", "chosen"},
				{"500 old messages of 20,000 deleted", "internal/store:Store/trim", ""}, {"opened, its schema up to date, under the migrations' lock", "internal/store:Store/open", ""},
			},
		},
		{"Configuration, secrets, imports", "Every key from a file, some again from the environment and flags, all checked; what a linked source is signed in with, closed and opened; every file of this repository read and its imports judged.", cost, []row{
			{"configuration read", "internal/config:Load", ""}, {"live settings over it", "internal/setting:Over", ""},
			{"a secret closed", "internal/vault:Secret/seal", ""}, {"a secret opened", "internal/vault:Secret/open", ""},
			{"the import table", "internal/archtest:Imports", ""},
		}},
		{"Live", "A picture of 12 KB into the log; a picture of 10 KB from there to 100 viewers.", cost, []row{
			{"into the log", "internal/live/streamlog:Write", ""}, {"to 100 viewers", "internal/live:Fan", ""},
		}},
	}
}

// packages with benchmarks on the page, in its order.
func packages() []string {
	var list []string
	for _, t := range tables() {
		for _, r := range t.rows {
			if folder, _, _ := strings.Cut(r.bench, ":"); !slices.Contains(list, folder) {
				list = append(list, folder)
			}
		}
	}
	return list
}

// pattern matches the page's benchmarks of one package.
func pattern(folder string) string {
	var names []string
	for _, t := range tables() {
		for _, r := range t.rows {
			if f, name, _ := strings.Cut(r.bench, ":"); f == folder {
				name, _, _ = strings.Cut(name, "/")
				names = append(names, name)
			}
		}
	}
	return "^Benchmark(" + strings.Join(slices.Compact(names), "|") + ")$"
}

// results are all values by benchmark ("folder:name") and unit.
type results map[string]map[string][]float64

// read takes the lines of go test -bench: "BenchmarkX-2  100  5 ns/op  0 B/op".
func (r results) read(folder, out string) {
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(f[0], "Benchmark")
		if i := strings.LastIndexByte(name, '-'); i > 0 { // the number of cores
			name = name[:i]
		}
		key := folder + ":" + name
		if r[key] == nil {
			r[key] = map[string][]float64{}
		}
		for i := 2; i+1 < len(f); i += 2 {
			if v, err := strconv.ParseFloat(f[i], 64); err == nil {
				r[key][f[i+1]] = append(r[key][f[i+1]], v)
			}
		}
	}
}

func (r results) tables() (string, error) {
	var out strings.Builder
	for _, t := range tables() {
		last := slices.ContainsFunc(t.rows, func(r row) bool { return r.more != "" })
		fmt.Fprintf(&out, "## %s\n\n%s\n\n| |", t.title, t.words)
		for _, c := range t.columns {
			fmt.Fprintf(&out, " %s |", heading(c))
		}
		rule := strings.Repeat("---|", len(t.columns)+1)
		if last {
			out.WriteString(" |")
			rule += "---|"
		}
		out.WriteString("\n|" + rule + "\n")
		for _, one := range t.rows {
			fmt.Fprintf(&out, "| %s |", one.says)
			for i, c := range t.columns {
				text, err := r.cell(one.bench, c, i == 0)
				if err != nil {
					return "", err
				}
				fmt.Fprintf(&out, " %s |", text)
			}
			if last {
				fmt.Fprintf(&out, " %s |", one.more)
			}
			out.WriteString("\n")
		}
		out.WriteString("\n")
	}
	return out.String(), nil
}

func heading(column string) string {
	switch column {
	case "ns/op":
		return "time"
	case "B/op":
		return "bytes"
	case "allocs/op":
		return "allocations"
	case "cpu-ms/GiB":
		return "processor time a GiB"
	case "sent-B/op":
		return "sent"
	case "/sqlite":
		return "SQLite"
	case "/postgres":
		return "PostgreSQL"
	}
	return strings.TrimPrefix(column, "/")
}

// cell is the median of one benchmark in one unit. The first of a row, or each
// of several benchmarks in one, can be quoted by its id.
func (r results) cell(bench, column string, first bool) (string, error) {
	unit := column
	if below, ok := strings.CutPrefix(column, "/"); ok {
		bench, unit, first = bench+"/"+below, "ns/op", true
	}
	values := slices.Sorted(slices.Values(r[bench][unit]))
	if len(values) == 0 {
		return "", fmt.Errorf("%s has no %s", bench, unit)
	}
	text := amount(values[len(values)/2], unit)
	if !first {
		return text, nil
	}
	_, name, _ := strings.Cut(bench, ":")
	return fmt.Sprintf(`<a id="%s"></a>%s`, identifier(bench, name), text), nil
}

// identifier is the benchmark's name in a link; locks have one name in two
// folders.
func identifier(bench, name string) string {
	id := strings.ToLower(strings.ReplaceAll(name, "/", "-"))
	if name == "LockRoundTrip" {
		folder, _, _ := strings.Cut(bench, ":")
		id += "-" + folder[strings.LastIndexByte(folder, '/')+1:]
	}
	return id
}

// amount writes a value with three digits.
func amount(v float64, unit string) string {
	switch unit {
	case "ns/op":
		for _, step := range []struct {
			above float64
			unit  string
		}{{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}} {
			if v >= step.above {
				return digits(v/step.above) + " " + step.unit
			}
		}
		return digits(v) + " ns"
	case "cpu-ms/GiB":
		return digits(v) + " ms"
	case "sent-B/op":
		return digits(v/1000) + " KB"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func digits(v float64) string {
	switch {
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}
