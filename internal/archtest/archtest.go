// Package archtest holds the picture of this code base as a test: which package
// may import which, what the rule book must not know, and how large things may
// grow. It reads source text with go/parser, so it needs no network, no build of
// the web UI and no other tool; it knows nothing of what the code does.
//
// The checks are functions over parsed packages. The tests feed them the real
// tree, and also small made-up packages that must be refused, so that a check
// that has stopped checking is noticed.
package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// module is the import path prefix of this repository.
const module = "synctv"

// A Violation is one breach of the rules, in words that name the place and what
// to do about it.
type Violation string

// A File is one parsed Go source file.
type File struct {
	Path    string // relative to the repository, with slashes
	Test    bool   // name ends in _test.go
	Imports []string
	Lines   int
	fset    *token.FileSet
	syntax  *ast.File
}

// A Package is every Go file of one folder, tests included.
type Package struct {
	Path  string // import path: "synctv/internal/room"
	Files []File
}

// Load parses every package below root, except nested modules and folders that
// hold no code of ours.
func Load(root string) ([]Package, error) {
	found := map[string][]File{}
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skipFolder(root, name)
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		file, err := parseFile(root, name)
		if err != nil {
			return err
		}
		folder := path.Join(module, path.Dir(file.Path))
		found[folder] = append(found[folder], file)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the source tree: %w", err)
	}
	return sorted(found), nil
}

// skipFolder answers fs.SkipDir for folders the go command ignores as well, and
// for modules of their own.
func skipFolder(root, name string) error {
	base := filepath.Base(name)
	if name != root && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
		return fs.SkipDir
	}
	if base == "node_modules" || base == "testdata" {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(name, "go.mod")); name != root && err == nil {
		return fs.SkipDir
	}
	return nil
}

func parseFile(root, name string) (File, error) {
	relative, err := filepath.Rel(root, name)
	if err != nil {
		return File{}, err
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return File{}, err
	}
	return parse(filepath.ToSlash(relative), string(text))
}

// parse reads one file from its text; tests make their own files with it.
func parse(name, text string) (File, error) {
	fset := token.NewFileSet()
	syntax, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return File{}, fmt.Errorf("parse %s: %w", name, err)
	}
	file := File{
		Path: name, Test: strings.HasSuffix(name, "_test.go"),
		Lines: strings.Count(text, "\n"), fset: fset, syntax: syntax,
	}
	for _, spec := range syntax.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return File{}, fmt.Errorf("import in %s: %w", name, err)
		}
		file.Imports = append(file.Imports, target)
	}
	return file, nil
}

func sorted(found map[string][]File) []Package {
	packages := make([]Package, 0, len(found))
	for name, files := range found {
		packages = append(packages, Package{Path: name, Files: files})
	}
	sort.Slice(packages, func(i, j int) bool { return packages[i].Path < packages[j].Path })
	return packages
}

// line is the place of a node as "path:line".
func (f File) line(node ast.Node) string {
	return fmt.Sprintf("%s:%d", f.Path, f.fset.Position(node.Pos()).Line)
}
