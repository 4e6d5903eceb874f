package api

import (
	"embed"
	"net/http"
)

// The page that shows the document, of our own making: no script of others.
//
//go:embed docs/index.html docs/docs.js
var docsFiles embed.FS

// docsFile serves one file of that page.
func docsFile(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		data, err := docsFiles.ReadFile("docs/" + name)
		if err != nil {
			http.Error(w, "not found", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", contentType(name))
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(data) // the client may be gone
	}
}
