// Package console holds the built pages of the console. They are built from src
// by `npm run build` and committed, so that building the broker needs nothing
// but Go.
package console

import (
	"embed"
	"io/fs"
)

//go:embed dist
var dist embed.FS

// WorkerScript is the path, within Files, of the script that runs the viewer
// and therefore is served under WorkerPolicy.
const WorkerScript = "assets/worker.js"

// Content-Security-Policy of the pages and of the viewer's worker. The worker
// may also compile WebAssembly of its own origin, which decodes zstd; a worker
// follows the policy of its own response and not of the page's. Neither may
// evaluate text, run anything inline or reach another origin.
const (
	PagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; " +
		"connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
		"require-trusted-types-for 'script'; trusted-types alongside"
	WorkerPolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; " +
		"require-trusted-types-for 'script'; trusted-types 'none'"
)

// Files are the built files: index.html and assets/. Names stay the same from
// build to build, so answers must be revalidated (ETag, no-cache).
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("console: " + err.Error()) // the folder is embedded
	}
	return files
}

// Index is the page that answers every address of the console, from / to
// /settings/scopes. Its script shows the right one.
func Index() []byte {
	b, err := dist.ReadFile("dist/index.html")
	if err != nil {
		panic("console: " + err.Error()) // the file is embedded
	}
	return b
}

// Portal is the public page, which is for customers and has none of the console's
// code.
func Portal() []byte {
	b, err := dist.ReadFile("dist/portal.html")
	if err != nil {
		panic("console: " + err.Error()) // the file is embedded
	}
	return b
}

// Policy is the Content-Security-Policy for a path within Files.
func Policy(path string) string {
	if path == WorkerScript {
		return WorkerPolicy
	}
	return PagePolicy
}
