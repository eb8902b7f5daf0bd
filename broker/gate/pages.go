package gate

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// Console is the built console.
type Console struct {
	Files  fs.FS
	Index  []byte
	Policy func(file string) string // Content-Security-Policy of a file
	// Pages are the addresses that the console's script shows.
	Pages []string
	// Portal is the public page, at PortalPath.
	Portal     []byte
	PortalPath string
	// Connect are origins beside the own one that viewers connect to.
	Connect []string
}

// portalFile is the public page among the files.
const portalFile = "portal.html"

// read are the methods of what does not change anything.
var read = []string{http.MethodGet, http.MethodHead}

// Routes are the pages and the files, each by its exact path.
func (c Console) Routes() ([]Route, error) {
	var all []Route
	for _, p := range c.Pages {
		all = append(all, Route{Path: p, Methods: read, Public: true, Same: true, Handler: c.page("index.html", c.Index)})
	}
	all = append(all, Route{Path: c.PortalPath, Methods: read, Public: true, Same: true, Handler: c.page(portalFile, c.Portal)})
	err := fs.WalkDir(c.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == "index.html" || name == portalFile {
			return err
		}
		b, err := fs.ReadFile(c.Files, name)
		if err != nil {
			return err
		}
		all = append(all, Route{Path: "/" + name, Methods: read, Public: true, Same: true, Handler: c.page(name, b)})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("console files: %w", err)
	}
	return all, nil
}

// types are fixed here, so that the system's table does not decide.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml", ".wasm": "application/wasm", ".txt": "text/plain; charset=utf-8", ".json": "application/json",
}

func (c Console) page(name string, b []byte) http.Handler {
	sum := sha256.Sum256(b)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
	kind := types[path.Ext(name)]
	if kind == "" {
		kind = mime.TypeByExtension(path.Ext(name))
	}
	policy := c.Policy(name)
	if len(c.Connect) > 0 {
		policy = strings.Replace(policy, "connect-src 'self'", "connect-src 'self' "+strings.Join(c.Connect, " "), 1)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", tag)
		if kind != "" {
			h.Set("Content-Type", kind)
		}
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(b))
	})
}
