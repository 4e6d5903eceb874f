package archtest

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

// A Rule says what one package may import.
type Rule struct {
	// Internal lists packages of this module, relative to it ("internal/room").
	// A trailing "/..." takes in everything below too.
	Internal []string
	// Modules lists third-party import path prefixes. Nothing else from outside
	// the standard library is allowed.
	Modules []string
	// NoStd lists standard library packages (and all below them) it must not know.
	NoStd []string
	// NoClock forbids reading or waiting for the time: it arrives as a value.
	NoClock bool
	// Strict holds the tests to the same internal imports. Elsewhere a test may
	// put real neighbours together.
	Strict bool
	// Everything lifts all limits: the one place that wires the program.
	Everything bool
}

// CheckImports reports every import the table does not allow, every package the
// table does not list, and every clock read where time must be a value.
func CheckImports(packages []Package, table map[string]Rule) []Violation {
	var found []Violation
	for _, pkg := range packages {
		name := strings.TrimPrefix(strings.TrimPrefix(pkg.Path, module), "/")
		rule, listed := table[name]
		if !listed {
			found = append(found, Violation(fmt.Sprintf(
				"%s is not in the import table: decide what it may know and add a row to internal/archtest/table.go", name)))
			continue
		}
		if rule.Everything {
			continue
		}
		for _, file := range pkg.Files {
			found = append(found, checkFile(name, rule, file)...)
		}
	}
	return found
}

func checkFile(name string, rule Rule, file File) []Violation {
	var found []Violation
	for _, target := range file.Imports {
		if why := refused(name, rule, file.Test, target); why != "" {
			found = append(found, Violation(fmt.Sprintf("%s imports %s: %s", file.Path, target, why)))
		}
	}
	if rule.NoClock && !file.Test {
		found = append(found, clockUses(file)...)
	}
	return found
}

// refused says why a package may not import target, or nothing if it may.
func refused(name string, rule Rule, test bool, target string) string {
	inside, internal := strings.CutPrefix(target, module+"/")
	switch {
	case internal && inside == name:
		return "" // an external test package importing its own package
	case internal && test && !rule.Strict:
		return refusedInTest(inside)
	case internal && !test && testSupport(inside) && !testSupport(name):
		return "test support belongs in tests only"
	case internal && !matches(rule.Internal, inside):
		return "not among the packages it may know"
	case internal, test:
		return ""
	case matchesAny(rule.NoStd, target):
		return "this package must not know it"
	case thirdParty(target) && !matchesAny(rule.Modules, target):
		return "this module is not allowed here"
	}
	return ""
}

func refusedInTest(inside string) string {
	if strings.HasPrefix(inside, "cmd/") {
		return "only the program itself knows cmd"
	}
	return ""
}

// testSupport tells suites and peers for tests (storetest, rtmptest) by name, and
// the programs below test/ that drive them.
func testSupport(name string) bool {
	return strings.HasSuffix(path.Base(name), "test") || strings.HasPrefix(name, "test/")
}

// thirdParty tells module paths from the standard library: the first element of
// a module path has a dot.
func thirdParty(target string) bool {
	first, _, _ := strings.Cut(target, "/")
	return strings.Contains(first, ".")
}

func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		prefix, tree := strings.CutSuffix(pattern, "/...")
		return name == prefix || tree && strings.HasPrefix(name, prefix+"/")
	})
}

// matchesAny takes each pattern as a path and everything below it.
func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(prefix string) bool {
		return name == prefix || strings.HasPrefix(name, prefix+"/")
	})
}

// clockUses finds calls and mentions of the wall or monotonic clock.
func clockUses(file File) []Violation {
	clock := []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTimer", "NewTicker"}
	var found []Violation
	ast.Inspect(file.syntax, func(node ast.Node) bool {
		if of, ok := timeFunction(node); ok && slices.Contains(clock, of) {
			found = append(found, Violation(fmt.Sprintf(
				"%s uses time.%s: time is a value here, hand it in", file.line(node), of)))
		}
		return true
	})
	return found
}

// timeFunction is the name selected from package time, if node is such a
// selector. Nobody renames that import here.
func timeFunction(node ast.Node) (string, bool) {
	selector, ok := node.(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	of, ok := selector.X.(*ast.Ident)
	return selector.Sel.Name, ok && of.Name == "time"
}
