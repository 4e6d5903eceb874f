package archtest

import (
	"errors"
	"fmt"
	"go/ast"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// The columns of docs/KEY-TECHNIQUES.md.
const (
	columnTechnique = iota
	columnCode
	columnProof
	columnBenchmark
	columnNumber
	columns
)

// CheckTechniques reads the table in text (docs/KEY-TECHNIQUES.md) and reports
// each backticked reference that leads nowhere. A reference is `path` or
// `path:Name`, relative to root; in a Go file or folder Name must be declared
// there, elsewhere it must occur in the text. A proof in Go must be a test or a
// fuzz target, a benchmark a benchmark.
func CheckTechniques(root, text string) []Violation {
	var found []Violation
	rows := 0
	for number, line := range strings.Split(text, "\n") {
		cells, ok := tableRow(line)
		if !ok {
			continue
		}
		rows++
		if len(cells) != columns {
			found = append(found, Violation(fmt.Sprintf("line %d has %d columns instead of %d", number+1, len(cells), columns)))
			continue
		}
		for _, problem := range checkRow(root, cells) {
			found = append(found, Violation(fmt.Sprintf("line %d, %s: %s", number+1, cells[columnTechnique], problem)))
		}
	}
	if rows == 0 {
		found = append(found, "there is no table")
	}
	return found
}

// tableRow splits a row into its trimmed cells; headings and rulers are no rows.
func tableRow(line string) ([]string, bool) {
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|--") || strings.HasPrefix(line, "| technique") {
		return nil, false
	}
	cells := strings.Split(strings.Trim(line, "|"), "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells, true
}

func checkRow(root string, cells []string) []string {
	var problems []string
	for column, prefixes := range map[int][]string{
		columnCode: nil, columnProof: {"Test", "Fuzz", "Example"}, columnBenchmark: {"Benchmark"},
	} {
		if cells[column] == "" {
			problems = append(problems, "an empty cell: name the place, or write \"not yet\" with the issue")
		}
		for _, reference := range references(cells[column]) {
			if err := resolve(root, reference, prefixes); err != nil {
				problems = append(problems, fmt.Sprintf("`%s`: %v", reference, err))
			}
		}
	}
	return problems
}

func references(cell string) []string {
	var found []string
	for _, match := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
		found = append(found, match[1])
	}
	return found
}

// resolve follows one reference. Prefixes, if any, are what a Go name must begin
// with.
func resolve(root, reference string, prefixes []string) error {
	place, name, _ := strings.Cut(reference, ":")
	full := filepath.Join(root, filepath.FromSlash(place))
	info, err := os.Stat(full)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("no such file or folder")
	case err != nil:
		return err
	case name == "":
		return nil
	case info.IsDir():
		return declaredIn(root, place, name, prefixes)
	case strings.HasSuffix(place, ".go"):
		file, err := parseFile(root, full)
		if err != nil {
			return err
		}
		return declared([]File{file}, name, prefixes)
	}
	return occurs(full, name)
}

func declaredIn(root, folder, name string, prefixes []string) error {
	names, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(folder), "*.go"))
	if err != nil {
		return err
	}
	var files []File
	for _, each := range names {
		file, err := parseFile(root, each)
		if err != nil {
			return err
		}
		files = append(files, file)
	}
	return declared(files, name, prefixes)
}

func declared(files []File, name string, prefixes []string) error {
	if !anyPrefix(name, prefixes) {
		return fmt.Errorf("not a name that go test runs (%s)", strings.Join(prefixes, ", "))
	}
	for _, file := range files {
		for _, declaration := range file.syntax.Decls {
			if declares(declaration, name) {
				return nil
			}
		}
	}
	return fmt.Errorf("%s is not declared there", name)
}

func anyPrefix(name string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return len(prefixes) == 0
}

// declares knows functions, "Type.Method", types, constants and variables.
func declares(declaration ast.Decl, name string) bool {
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		return functionName(d) == name
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.Name == name {
					return true
				}
			case *ast.ValueSpec:
				for _, each := range s.Names {
					if each.Name == name {
						return true
					}
				}
			}
		}
	}
	return false
}

// functionName is the name of a function, or "Type.Method" without a star.
func functionName(function *ast.FuncDecl) string {
	if function.Recv == nil || len(function.Recv.List) == 0 {
		return function.Name.Name
	}
	receiver := function.Recv.List[0].Type
	if star, ok := receiver.(*ast.StarExpr); ok {
		receiver = star.X
	}
	if generic, ok := receiver.(*ast.IndexExpr); ok {
		receiver = generic.X
	}
	if ident, ok := receiver.(*ast.Ident); ok {
		return ident.Name + "." + function.Name.Name
	}
	return function.Name.Name
}

func occurs(file, name string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if !strings.Contains(string(text), name) {
		return fmt.Errorf("%q does not occur in %s", name, path.Base(file))
	}
	return nil
}
