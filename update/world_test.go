package update_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/update"
	"github.com/alongside-remote/alongside/update/release"
)

const system = "linux/amd64"

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// world is a releaser with a folder, a web server that has it, and an endpoint.
type world struct {
	t       *testing.T
	now     time.Time
	folder  release.Folder
	roots   []ed25519.PrivateKey
	signing ed25519.PrivateKey
	fresh   ed25519.PrivateKey
	server  *httptest.Server
	files   http.Handler // what the server serves
	trust   update.Trust
	mirror  update.Web
}

func newKey(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	must(t, release.NewKey(path))
	k, err := release.ReadKey(path)
	must(t, err)
	return k
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func public(keys ...ed25519.PrivateKey) (all []ed25519.PublicKey) {
	for _, k := range keys {
		all = append(all, k.Public().(ed25519.PublicKey))
	}
	return all
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: noon, signing: newKey(t), fresh: newKey(t), roots: []ed25519.PrivateKey{newKey(t), newKey(t), newKey(t)}}
	w.folder = release.Folder{Path: t.TempDir(), Now: func() time.Time { return w.now }}
	w.root(w.roots, w.roots[:2])
	w.files = http.FileServer(http.Dir(w.folder.Path))
	w.server = httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.files.ServeHTTP(rw, r) }))
	t.Cleanup(w.server.Close)
	base, err := url.Parse(w.server.URL)
	must(t, err)
	w.mirror = update.Web{Base: base, Client: w.server.Client()}
	anchor, err := w.folder.Root()
	must(t, err)
	w.trust = update.Trust{Anchor: anchor, Path: filepath.Join(t.TempDir(), "trust.json"), Now: func() time.Time { return w.now }}
	return w
}

// root has the next root made for keys and signed by others.
func (w *world) root(keys, signers []ed25519.PrivateKey) {
	w.t.Helper()
	must(w.t, w.folder.Draft(release.Roles{
		Root: public(keys...), Threshold: 2, Signing: public(w.signing), Freshness: public(w.fresh),
	}, release.RootLife))
	inForce := false
	for _, k := range signers {
		var err error
		inForce, err = w.folder.SignRoot(k)
		must(w.t, err)
	}
	if !inForce {
		w.t.Fatal("the root is not in force")
	}
}

func (w *world) keys() release.Keys { return release.Keys{Signing: w.signing, Freshness: w.fresh} }

// release releases a version for everybody; its program says what it is.
func (w *world) release(version string) []byte {
	w.t.Helper()
	program := filepath.Join(w.t.TempDir(), "alongside-linux-amd64")
	content := bytes.Repeat([]byte(version+"\n"), 5000)
	must(w.t, os.WriteFile(program, content, 0o600))
	must(w.t, w.folder.Add(w.keys(), version, "stable", 100, []string{program}))
	return content
}

func (w *world) refresh() ([]update.Release, error) { return w.trust.Refresh(w.t.Context(), w.mirror) }

// newest is what an endpoint with a version is offered.
func (w *world) newest(running string) (update.Release, bool) {
	w.t.Helper()
	all, err := w.refresh()
	must(w.t, err)
	return update.Endpoint{Running: running, Channel: "stable", System: system, Key: []byte("a device")}.Choose(all)
}

// serve has the server answer with f where it says so.
func (w *world) serve(f func(rw http.ResponseWriter, path string) bool) {
	files := http.FileServer(http.Dir(w.folder.Path))
	w.files = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !f(rw, strings.TrimPrefix(r.URL.Path, "/")) {
			files.ServeHTTP(rw, r)
		}
	})
}

// refuses checks what a refresh comes to.
func (w *world) refuses(what string, want error) {
	w.t.Helper()
	if all, err := w.refresh(); !errors.Is(err, want) {
		w.t.Errorf("%s: %v, %v, want %v", what, all, err, want)
	}
}

func TestD25_AReleaseIsFetched(t *testing.T) {
	w := newWorld(t)
	w.release("v1.0.0")
	want := w.release("v1.2.0")
	w.release("v1.1.0")
	r, found := w.newest("v1.0.0")
	if !found || r.Version != "v1.2.0" {
		t.Fatalf("%+v, %v", r, found)
	}
	to := filepath.Join(t.TempDir(), "program")
	must(t, os.WriteFile(to, []byte("left from before"), 0o600))
	must(t, r.Fetch(t.Context(), w.mirror, to, 0o755))
	got, err := os.ReadFile(to)
	fi, statErr := os.Stat(to)
	if err != nil || statErr != nil || !bytes.Equal(got, want) || fi.Mode().Perm() != 0o755 || sha256.Sum256(got) != r.Hash {
		t.Errorf("%d bytes, %v, %v", len(got), fi.Mode(), err)
	}
	// From the folder itself it is the same, as who installs it reads what was fetched.
	must(t, r.Fetch(t.Context(), update.Folder{Path: w.folder.Path}, to, 0o700))
	if _, found := w.newest("v1.2.0"); found {
		t.Error("the version that runs is offered")
	}
}

func TestD25_AMirrorThatIsAwayIsAskedAgain(t *testing.T) {
	w := newWorld(t)
	w.refuses("without a list", update.ErrMirror)
	w.release("v1.1.0")
	w.serve(func(rw http.ResponseWriter, _ string) bool { rw.WriteHeader(http.StatusBadGateway); return true })
	w.refuses("a bad gateway", update.ErrMirror)
	w.serve(func(rw http.ResponseWriter, _ string) bool {
		_, _ = rw.Write([]byte("{"))
		rw.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	w.refuses("one that stops half way", update.ErrMirror)
	w.files = http.FileServer(http.Dir(w.folder.Path))
	if r, _ := w.newest("v1.0.0"); r.Version != "v1.1.0" {
		t.Errorf("afterwards: %v", r)
	}
}
