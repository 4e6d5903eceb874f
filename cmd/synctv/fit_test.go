package main

import (
	"log/slog"
	"runtime/debug"
	"strings"
	"testing"
	"testing/fstest"

	"synctv/internal/config"
)

func TestMemoryLimitOfTheControlGroup(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	for name, c := range map[string]struct {
		files map[string]string
		want  int64 // 0: nothing is set
	}{
		"a container":            {map[string]string{"sys/fs/cgroup/memory.max": "1000000000\n", "proc/self/cgroup": "0::/\n"}, 900000000},
		"no limit":               {map[string]string{"sys/fs/cgroup/memory.max": "max\n", "proc/self/cgroup": "0::/\n"}, 0},
		"no Linux":               {nil, 0},
		"systemd's MemoryMax":    {map[string]string{"proc/self/cgroup": "0::/system.slice/synctv.service\n", "sys/fs/cgroup/system.slice/synctv.service/memory.max": "500000000\n", "sys/fs/cgroup/system.slice/memory.max": "max\n"}, 450000000},
		"the slice's is less":    {map[string]string{"proc/self/cgroup": "0::/a.slice/b.service\n", "sys/fs/cgroup/a.slice/b.service/memory.max": "500000000\n", "sys/fs/cgroup/a.slice/memory.max": "300000000\n"}, 270000000},
		"version 1":              {map[string]string{"proc/self/cgroup": "9:cpu,cpuacct:/x\n7:memory:/docker/1\n", "sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes": "200000000\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 180000000},
		"version 1, a container": {map[string]string{"proc/self/cgroup": "7:memory:/docker/1\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "200000000\n"}, 180000000},
		"version 1, none":        {map[string]string{"proc/self/cgroup": "7:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 0},
		"no way out":             {map[string]string{"proc/self/cgroup": "0::/../../etc\nnonsense\n"}, 0},
	} {
		root := fstest.MapFS{}
		for path, text := range c.files {
			root[path] = &fstest.MapFile{Data: []byte(text)}
		}
		var out strings.Builder
		debug.SetMemoryLimit(before)
		limitMemory(t.Context(), slog.New(slog.NewTextHandler(&out, nil)), config.Environment(nil), root)
		want := c.want
		if want == 0 {
			want = before
		}
		if got := debug.SetMemoryLimit(-1); got != want || strings.Contains(out.String(), "memory limit") != (c.want > 0) {
			t.Errorf("%s: %d, want %d; %s", name, got, want, &out)
		}
		debug.SetMemoryLimit(before)
		limitMemory(t.Context(), slog.New(slog.DiscardHandler), config.Environment([]string{"GOMEMLIMIT=1GiB"}), root)
		if got := debug.SetMemoryLimit(-1); got != before {
			t.Errorf("%s: overrules GOMEMLIMIT", name)
		}
	}
}
