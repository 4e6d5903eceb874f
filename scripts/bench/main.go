// Command bench runs the benchmarks that docs/BENCHMARKS.md compares, writes
// that page, and puts the numbers that docs/KEY-TECHNIQUES.md quotes right.
//
//	bench [-time 300ms] [-count 5]    from the top of the repository
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	long := flag.Duration("time", 300*time.Millisecond, "how long each benchmark runs")
	count := flag.Int("count", 5, "how often; the median is told")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *long, *count); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

const (
	page       = "docs/BENCHMARKS.md"
	techniques = "docs/KEY-TECHNIQUES.md"
	begin, end = "<!-- begin -->\n", "<!-- end -->"
)

func run(ctx context.Context, long time.Duration, count int) error {
	started := time.Now()
	got := results{}
	binaries := map[string]string{}
	for _, p := range packages() {
		binary, err := filepath.Abs(filepath.Join("bin", "bench", strings.ReplaceAll(p, "/", "-")+".test"))
		if err != nil {
			return err
		}
		binaries[p] = binary
		if out, err := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, "./"+p).CombinedOutput(); err != nil { //nolint:gosec // our own packages
			return fmt.Errorf("build %s: %w\n%s", p, err, out)
		}
	}
	for _, p := range packages() {
		fmt.Println("measuring", p)
		cmd := exec.CommandContext(ctx, binaries[p], "-test.run=^$", "-test.bench="+pattern(p), "-test.benchmem", //nolint:gosec // what was just built
			"-test.benchtime="+long.String(), "-test.count="+strconv.Itoa(count), "-test.timeout=5m")
		cmd.Dir = p
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", p, err, out)
		}
		got.read(p, string(out))
	}
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	tables, err := got.tables()
	if err != nil {
		return err
	}
	about := fmt.Sprintf("Measured on %s: %s, %d cores, %s, %v.\n\n", time.Now().Format(time.DateOnly), processor(), runtime.NumCPU(), runtime.Version(), time.Since(started).Round(time.Second))
	fmt.Print(about, tables)
	fresh, err := between(text, about+tables)
	if err != nil {
		return err
	}
	if err := os.WriteFile(page, fresh, 0o600); err != nil {
		return err
	}
	return requote(fresh)
}

// requote puts the page's numbers where they are quoted.
func requote(page []byte) error {
	text, err := os.ReadFile(techniques)
	if err != nil {
		return err
	}
	fresh, err := Quote(text, page)
	if err != nil {
		return err
	}
	return os.WriteFile(techniques, fresh, 0o600)
}

// between replaces what stands between the markers.
func between(text []byte, with string) ([]byte, error) {
	head, rest, ok := bytes.Cut(text, []byte(begin))
	_, tail, ok2 := bytes.Cut(rest, []byte(end))
	if !ok || !ok2 {
		return nil, errors.New(page + " has no markers")
	}
	return slices.Concat(head, []byte(begin), []byte(with), []byte(end), tail), nil
}

// processor is what the machine calls its own.
func processor() string {
	raw, err := os.ReadFile("/proc/cpuinfo")
	m := regexp.MustCompile(`model name\s*:\s*(.*)`).FindSubmatch(raw)
	if err != nil || m == nil {
		return runtime.GOARCH
	}
	return string(m[1])
}

// quoted is a number in the text: [0.4 µs](BENCHMARKS.md#breaker).
func quoted() *regexp.Regexp {
	return regexp.MustCompile(`\[([^\]]*)\]\(BENCHMARKS\.md#([a-z0-9-]+)\)`)
}

// Quote gives text with each quoted number as the page has it.
func Quote(text, page []byte) ([]byte, error) {
	var missing []string
	fresh := quoted().ReplaceAllFunc(text, func(q []byte) []byte {
		id := string(quoted().FindSubmatch(q)[2])
		m := regexp.MustCompile(`<a id="` + id + `"></a>([^|]*) \|`).FindSubmatch(page)
		if m == nil {
			missing = append(missing, id)
			return q
		}
		return []byte("[" + strings.TrimSpace(string(m[1])) + "](BENCHMARKS.md#" + id + ")")
	})
	if len(missing) > 0 {
		return nil, fmt.Errorf("quoted, and not measured: %s", strings.Join(missing, ", "))
	}
	return fresh, nil
}
