package archtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// root is the repository, as seen from this folder, where go test runs.
const root = "../.."

func load(t testing.TB) []Package {
	t.Helper()
	packages, err := Load(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) < 3 {
		t.Fatalf("found only %d packages: the tree was not read", len(packages))
	}
	return packages
}

func report(t *testing.T, found []Violation) {
	t.Helper()
	for _, violation := range found {
		t.Error(violation)
	}
}

func TestImportsFollowTheTable(t *testing.T) {
	report(t, CheckImports(load(t), Table()))
}

// BenchmarkImports reads the whole tree and judges it.
func BenchmarkImports(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if found := CheckImports(load(b), Table()); len(found) > 0 {
			b.Fatal(found)
		}
	}
}

func TestNothingHasGrownTooLarge(t *testing.T) {
	report(t, CheckSizes(load(t)))
}

func TestHabits(t *testing.T) {
	report(t, CheckHabits(load(t)))
}

func TestTechniquesLeadSomewhere(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "KEY-TECHNIQUES.md"))
	if err != nil {
		t.Fatal(err)
	}
	report(t, CheckTechniques(root, string(text)))
}

func TestLoadLeavesOutForeignCode(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "a/a.go", "package a\n")
	write(t, folder, "web/node_modules/x/x.go", "package x\n")
	write(t, folder, "nested/go.mod", "module nested\n")
	write(t, folder, "nested/n.go", "package n\n")
	write(t, folder, ".hidden/h.go", "package h\n")
	packages, err := Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) != 1 || packages[0].Path != "synctv/a" {
		t.Errorf("loaded %v, want only synctv/a", packages)
	}
}

func TestLoadNamesTheFileItCannotRead(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "a/broken.go", "package")
	if _, err := Load(folder); err == nil || !strings.Contains(err.Error(), "a/broken.go") {
		t.Errorf("error %v does not name a/broken.go", err)
	}
}

func write(t *testing.T, folder, name, text string) {
	t.Helper()
	full := filepath.Join(folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// made is a package of one made-up file.
func made(t *testing.T, name, text string) []Package {
	t.Helper()
	file, err := parse(name, text)
	if err != nil {
		t.Fatal(err)
	}
	return []Package{{Path: module + "/" + filepath.ToSlash(filepath.Dir(name)), Files: []File{file}}}
}

// wantOne expects exactly one violation that says every one of the words, or
// none at all when there are no words.
func wantOne(t *testing.T, found []Violation, words ...string) {
	t.Helper()
	if len(words) == 0 {
		report(t, found)
		return
	}
	if len(found) != 1 {
		t.Fatalf("found %q, want one violation saying %q", found, words)
	}
	for _, word := range words {
		if !strings.Contains(string(found[0]), word) {
			t.Errorf("%q does not say %q", found[0], word)
		}
	}
}
