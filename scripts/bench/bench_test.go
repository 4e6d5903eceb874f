package main

import (
	"os"
	"strings"
	"testing"
)

// What docs/KEY-TECHNIQUES.md quotes is what docs/BENCHMARKS.md has.
func TestTechniquesQuoteTheBenchmarks(t *testing.T) {
	page, err := os.ReadFile("../../docs/BENCHMARKS.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../docs/KEY-TECHNIQUES.md")
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := Quote(text, page)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(quoted().FindAll(text, -1)); string(fresh) != string(text) || n < 10 {
		t.Errorf("%d quotes, and not those of the page: run make bench", n)
	}
}

func TestTablesFromOutput(t *testing.T) {
	got := results{}
	for _, tab := range tables() {
		for _, r := range tab.rows {
			for _, c := range tab.columns {
				folder, name, _ := strings.Cut(r.bench, ":")
				if below, ok := strings.CutPrefix(c, "/"); ok {
					name, c = name+"/"+below, "ns/op"
				}
				got.read(folder, "goos: linux\nBenchmark"+name+"-2   100   1500 "+c+"\nBenchmark"+name+"-2   100   1300 "+c+"\nBenchmark"+name+"-2   100   90 "+c+"\nok\n")
			}
		}
	}
	text, err := got.tables()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, `| mutex and map | <a id="sessionmap-mutex-read"></a>1.30 µs |`) {
		t.Errorf("got %s", text)
	}
	if _, err := (results{}).tables(); err == nil {
		t.Error("nothing was measured, and tables made of it")
	}
	if _, err := Quote([]byte("[1](BENCHMARKS.md#nothing)"), []byte(text)); err == nil {
		t.Error("a quote of nothing was taken")
	}
	if p := pattern("internal/guard"); p != "^Benchmark(Buffers|Overhead)$" {
		t.Errorf("pattern %s", p)
	}
}
