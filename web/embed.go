// Package web carries the built web page inside the server's binary. It knows
// where the files are and nothing of how they are served: caching, compression
// and the fallback to index.html belong to whoever mounts them. Without a build
// (a clean clone) it holds placeholder.html alone.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files returns the page's files: index.html, assets/… (names carry a hash of
// their content) and placeholder.html, the page to answer with while index.html
// is missing.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		// Only an invalid path literal above can get here.
		panic(err)
	}
	return files
}
