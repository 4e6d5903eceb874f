package web

import (
	"io/fs"
	"os"
	"strings"
	"testing"
)

func publicDir() fs.FS { return os.DirFS("public") }

func TestPlaceholderIsAlwaysThere(t *testing.T) {
	page, err := fs.ReadFile(Files(), "placeholder.html")
	if err != nil {
		t.Fatalf("the placeholder page must be committed: %v", err)
	}
	if !strings.Contains(string(page), "make web") {
		t.Error("the placeholder must say how to build the page")
	}
}

func TestPlaceholderSurvivesEveryBuild(t *testing.T) {
	// vite empties dist/ and copies public/ into it, so both copies must agree.
	embedded, err := fs.ReadFile(Files(), "placeholder.html")
	if err != nil {
		t.Fatal(err)
	}
	source, err := fs.ReadFile(publicDir(), "placeholder.html")
	if err != nil {
		t.Fatal(err)
	}
	if string(embedded) != string(source) {
		t.Error("dist/placeholder.html differs from public/placeholder.html")
	}
}
