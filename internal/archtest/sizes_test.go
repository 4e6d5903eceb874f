package archtest

import (
	"strings"
	"testing"
)

func TestSizesRefuse(t *testing.T) {
	long := "package a\n\nfunc long() {\n" + strings.Repeat("\t_ = 1\n", 99) + "}\n"
	wantOne(t, CheckSizes(made(t, "internal/a/a.go", long)), "long", "101 lines", "internal/a/a.go:3")

	fits := "package a\n\nfunc fits() {\n" + strings.Repeat("\t_ = 1\n", 98) + "}\n"
	wantOne(t, CheckSizes(made(t, "internal/a/a.go", fits)))

	big := "package a\n" + strings.Repeat("\n", 4000)
	wantOne(t, CheckSizes(made(t, "internal/a/a.go", big)), "synctv/internal/a", "4001 lines")
	wantOne(t, CheckSizes(made(t, "internal/a/a_test.go", big)))
}

func TestHabitsRefuse(t *testing.T) {
	tests := []struct {
		name, file, text string
		want             []string
	}{
		{"a name that says nothing", "internal/util/u.go", "// Package util is.\npackage util", []string{"after what it knows"}},
		{"no package comment", "internal/a/a.go", "package a", []string{"package comment"}},
		{"tests alone need none", "internal/a/a_test.go", "package a", nil},
		{"an init function", "internal/a/a.go", "// Package a is.\npackage a\nfunc init() {}", []string{"a.go:3", "init"}},
		{"a method named init", "internal/a/a.go", "// Package a is.\npackage a\ntype t struct{}\nfunc (t) init() {}", nil},
		{"a sleeping test", "internal/a/a_test.go", "package a\nimport \"time\"\nfunc f() { time.Sleep(1) }", []string{"a_test.go:3", "deadline"}},
		{"a loop may rest", "internal/a/a_test.go", "package a\nimport \"time\"\nfunc f() { for { time.Sleep(1) } }", nil},
		{"a polled condition may rest", "internal/a/a_test.go", "package a\nimport \"time\"\nvar f = func() bool { time.Sleep(1); return true }", nil},
		{"other functions not", "internal/a/a_test.go", "package a\nimport \"time\"\nvar f = func(int) bool { time.Sleep(1); return true }", []string{"deadline"}},
		{"a reason", "internal/a/a_test.go", "package a\nimport \"time\"\nfunc f() {\ntime.Sleep(1) // sleep: a slow reader\n}", nil},
		{"no reason", "internal/a/a_test.go", "package a\nimport \"time\"\nfunc f() {\ntime.Sleep(1) // sleep:\n}", []string{"deadline"}},
		{"a bubble may sleep", "internal/a/a_test.go", "package a\nimport (\n\"time\"\n_ \"testing/synctest\"\n)\nfunc f() { time.Sleep(1) }", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			wantOne(t, CheckHabits(made(t, test.file, test.text)), test.want...)
		})
	}
}
