package archtest

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

// The limits past which a reader is lost. Most code stays far below them.
const (
	maxPackageLines  = 4000 // without tests
	maxFunctionLines = 100
)

// CheckSizes reports packages and functions that have grown past their limits.
func CheckSizes(packages []Package) []Violation {
	var found []Violation
	for _, pkg := range packages {
		lines := 0
		for _, file := range pkg.Files {
			if !file.Test {
				lines += file.Lines
			}
			found = append(found, longFunctions(file)...)
		}
		if lines > maxPackageLines {
			found = append(found, Violation(fmt.Sprintf(
				"%s has %d lines without tests, more than %d: split it by noun", pkg.Path, lines, maxPackageLines)))
		}
	}
	return found
}

func longFunctions(file File) []Violation {
	var found []Violation
	for _, function := range functions(file) {
		first := file.fset.Position(function.Pos()).Line
		last := file.fset.Position(function.End()).Line
		if length := last - first + 1; length > maxFunctionLines {
			found = append(found, Violation(fmt.Sprintf(
				"%s: %s has %d lines, more than %d", file.line(function), function.Name.Name, length, maxFunctionLines)))
		}
	}
	return found
}

// CheckHabits reports names that say nothing, init functions, packages without a
// package comment, and tests that sleep instead of waiting for something.
func CheckHabits(packages []Package) []Violation {
	var found []Violation
	for _, pkg := range packages {
		found = append(found, emptyName(pkg)...)
		found = append(found, noComment(pkg)...)
		for _, file := range pkg.Files {
			found = append(found, inits(file)...)
			if file.Test {
				found = append(found, sleeps(file)...)
			}
		}
	}
	return found
}

func emptyName(pkg Package) []Violation {
	vague := []string{"util", "utils", "common", "types", "helper", "helpers", "manager", "misc", "shared", "base"}
	if !slices.Contains(vague, path.Base(pkg.Path)) {
		return nil
	}
	return []Violation{Violation(pkg.Path + ": name the package after what it knows")}
}

func noComment(pkg Package) []Violation {
	code := false
	for _, file := range pkg.Files {
		if file.Test {
			continue
		}
		code = true
		if strings.TrimSpace(file.syntax.Doc.Text()) != "" {
			return nil
		}
	}
	if !code {
		return nil
	}
	return []Violation{Violation(pkg.Path + ": say in a package comment what it knows and what it does not")}
}

func inits(file File) []Violation {
	var found []Violation
	for _, function := range functions(file) {
		if function.Recv == nil && function.Name.Name == "init" {
			found = append(found, Violation(file.line(function)+": no init functions; do it where the program is wired"))
		}
	}
	return found
}

// sleeps finds time.Sleep in tests. Inside a loop, or a condition that somebody
// polls (func() bool), a short rest is allowed; so is any sleep in a
// testing/synctest bubble, where it costs nothing and is exact. Elsewhere
// "// sleep: why" on the same line is needed.
func sleeps(file File) []Violation {
	if slices.Contains(file.Imports, "testing/synctest") {
		return nil
	}
	allowed := explained(file)
	var loops []ast.Node
	var found []Violation
	ast.Inspect(file.syntax, func(node ast.Node) bool {
		if repeats(node) {
			loops = append(loops, node)
		}
		if of, ok := timeFunction(node); ok && of == "Sleep" && !within(loops, node) && !allowed[file.line(node)] {
			found = append(found, Violation(file.line(node)+
				": a test waits for a condition with a deadline, it does not sleep"))
		}
		return true
	})
	return found
}

// repeats tells loops, and functions that answer yes or no and nothing else:
// those are asked until they say yes.
func repeats(node ast.Node) bool {
	switch n := node.(type) {
	case *ast.ForStmt, *ast.RangeStmt:
		return true
	case *ast.FuncLit:
		if n.Type.Params.NumFields() > 0 || n.Type.Results.NumFields() != 1 {
			return false
		}
		answer, ok := n.Type.Results.List[0].Type.(*ast.Ident)
		return ok && answer.Name == "bool"
	}
	return false
}

// explained is every place whose line ends in a comment "// sleep: why".
func explained(file File) map[string]bool {
	places := map[string]bool{}
	for _, group := range file.syntax.Comments {
		for _, comment := range group.List {
			if why, ok := strings.CutPrefix(comment.Text, "// sleep:"); ok && strings.TrimSpace(why) != "" {
				places[file.line(comment)] = true
			}
		}
	}
	return places
}

func within(outer []ast.Node, node ast.Node) bool {
	return slices.ContainsFunc(outer, func(each ast.Node) bool {
		return each.Pos() <= node.Pos() && node.End() <= each.End()
	})
}

func functions(file File) []*ast.FuncDecl {
	var found []*ast.FuncDecl
	for _, declaration := range file.syntax.Decls {
		if function, ok := declaration.(*ast.FuncDecl); ok {
			found = append(found, function)
		}
	}
	return found
}
