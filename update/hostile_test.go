//go:build unix

package update_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/update"
	"github.com/alongside-remote/alongside/update/release"
)

// A mirror that shows what it showed before has an endpoint take nothing back.
func TestD25_AnOlderListIsRefused(t *testing.T) {
	w := newWorld(t)
	w.release("v1.1.0")
	old := w.copied()
	w.release("v1.2.0")
	if r, _ := w.newest("v1.0.0"); r.Version != "v1.2.0" {
		t.Fatalf("%v", r)
	}
	w.files = http.FileServer(http.Dir(old))
	w.refuses("the older timestamp", update.ErrRefused)
	// It is known to a process that comes later, and to a root that comes later.
	w.root(w.roots, w.roots[1:])
	current := w.folder.Path
	for _, name := range []string{"timestamp.json", "2.snapshot.json", "2.targets.json"} {
		must(t, copyFile(filepath.Join(old, strings.Replace(name, "2.", "1.", 1)), filepath.Join(current, name)))
	}
	w.files = http.FileServer(http.Dir(current))
	w.refuses("the older timestamp under a new root", update.ErrRefused)
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	return errors.Join(err, os.WriteFile(to, b, 0o600))
}

// A mirror that holds something back is noticed when what it has is out of date.
func TestD25_AFrozenMirrorIsNoticed(t *testing.T) {
	w := newWorld(t)
	w.release("v1.1.0")
	if _, err := w.refresh(); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(release.FreshLife + time.Second)
	w.refuses("after its time", update.ErrStale)
	w.trust.Path = filepath.Join(t.TempDir(), "trust.json")
	w.refuses("to an endpoint that knows nothing", update.ErrStale)
	must(t, w.folder.Refresh(w.fresh, release.FreshLife))
	if r, _ := w.newest("v1.0.0"); r.Version != "v1.1.0" {
		t.Errorf("refreshed: %v", r)
	}
}

// The list's own time ends as well, however fresh somebody says that it is; and so does
// the root's, with the signing keys that it names.
func TestD25_WhatIsSignedExpires(t *testing.T) {
	for what, life := range map[string]time.Duration{"the list": release.ListLife, "the root": release.RootLife} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			w.release("v1.1.0")
			w.now = w.now.Add(life - time.Hour)
			if what == "the root" {
				w.release("v1.2.0")
			}
			must(t, w.folder.Refresh(w.fresh, release.FreshLife))
			if _, err := w.refresh(); err != nil {
				t.Fatal(err)
			}
			w.now = w.now.Add(2 * time.Hour)
			w.refuses("after its time", update.ErrStale)
			if what == "the root" {
				if err := w.folder.Rollout(w.keys(), "v1.2.0", 10); !errors.Is(err, release.ErrNoRoot) {
					t.Errorf("the releaser signs with its keys: %v", err)
				}
				w.root(w.roots, w.roots[:2])
				if r, _ := w.newest("v1.0.0"); r.Version != "v1.2.0" {
					t.Errorf("under the next root: %v", r)
				}
			}
		})
	}
}

// Parts of different lists are not taken together.
func TestD25_MixedListsAreRefused(t *testing.T) {
	w := newWorld(t)
	w.release("v1.1.0")
	w.release("v1.2.0")
	for _, swap := range [][2]string{{"1.targets.json", "/2.targets.json"}, {"1.snapshot.json", "/2.snapshot.json"}} {
		w.trust.Path = filepath.Join(t.TempDir(), "trust.json")
		w.serve(func(rw http.ResponseWriter, path string) bool {
			if "/"+path != swap[1] {
				return false
			}
			b, err := os.ReadFile(filepath.Join(w.folder.Path, swap[0]))
			must(t, err)
			_, _ = rw.Write(b)
			return true
		})
		w.refuses(swap[0]+" in place of "+swap[1], update.ErrRefused)
	}
}

// flipEvery is how many bytes lie between two that are changed: each refresh writes to the
// disk.
const flipEvery = 17

// Any changed bit of any metadata is refused, and none of it crashes.
func TestD25_AnyFlippedBitIsRefused(t *testing.T) {
	w := newWorld(t)
	w.release("v1.1.0")
	w.root(w.roots, w.roots[:2]) // there is a 2.root.json
	if _, err := w.refresh(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"} {
		good, err := os.ReadFile(filepath.Join(w.folder.Path, name))
		must(t, err)
		for i := 0; i < len(good); i += flipEvery {
			bad := bytes.Clone(good)
			bad[i] ^= 1 << (i % 8)
			must(t, os.RemoveAll(w.trust.Path))
			all, err := w.trust.Refresh(t.Context(), changed{update.Folder{Path: w.folder.Path}, name, bad})
			if err == nil && len(all) == 1 && all[0].Version == "v1.1.0" && meaningless(good[i], bad[i], good, i) {
				continue
			}
			if !errors.Is(err, update.ErrRefused) && !errors.Is(err, update.ErrMirror) {
				t.Fatalf("%s: %q for %q at %d: %v, %v", name, bad[i], good[i], i, all, err)
			}
		}
	}
}

// changed is a mirror with one file that is another.
type changed struct {
	update.Mirror
	name    string
	content []byte
}

func (c changed) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if name == c.name {
		return io.NopCloser(bytes.NewReader(c.content)), nil
	}
	return c.Mirror.Open(ctx, name)
}

// meaningless says whether JSON with this byte in place of that one says the same: a blank
// for another one, hexadecimal digits in upper case, or one signature of three spoilt
// that was not needed.
func meaningless(was, is byte, all []byte, at int) bool {
	blank := func(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }
	sig := bytes.LastIndex(all[:at], []byte(`"signatures"`))
	return blank(was) && blank(is) || bytes.EqualFold([]byte{was}, []byte{is}) || sig >= 0
}

// Nothing endless is read to its end.
func TestD25_AnEndlessFileIsCutOff(t *testing.T) {
	w := newWorld(t)
	w.release("v1.1.0")
	r, _ := w.newest("v1.0.0")
	read := 0
	endless := func(name string) {
		w.serve(func(rw http.ResponseWriter, path string) bool {
			if path != name {
				return false
			}
			for read = 0; ; {
				n, err := rw.Write(make([]byte, 32<<10))
				if read += n; err != nil {
					return true
				}
			}
		})
	}
	for _, name := range []string{"2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"} {
		endless(name)
		w.trust.Path = filepath.Join(t.TempDir(), "trust.json")
		w.refuses(name, update.ErrRefused)
	}
	endless(fmt.Sprintf("targets/v1.1.0/%x.alongside-linux-amd64", r.Hash))
	to := filepath.Join(t.TempDir(), "program")
	if err := r.Fetch(t.Context(), w.mirror, to, 0o755); !errors.Is(err, update.ErrRefused) {
		t.Errorf("a program: %v", err)
	}
	if _, err := os.Lstat(to); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a file: %v", err)
	}
	// More roots than anybody has are not followed for ever either.
	w.trust.Path = filepath.Join(t.TempDir(), "trust.json")
	for range update.MaxRotations {
		w.root(w.roots, w.roots[:2])
	}
	w.files = http.FileServer(http.Dir(w.folder.Path))
	w.refuses("too many roots", update.ErrRefused)
	if _, err := w.refresh(); err != nil { // what was verified counts the next time
		t.Error(err)
	}
}

// A program that is not the signed one leaves no file: other bytes, too few, too many.
func TestD25_AnotherProgramIsRefused(t *testing.T) {
	w := newWorld(t)
	good := w.release("v1.1.0")
	r, _ := w.newest("v1.0.0")
	name := fmt.Sprintf("targets/v1.1.0/%x.alongside-linux-amd64", r.Hash)
	other := bytes.Clone(good)
	other[len(other)/2] ^= 1
	for what, content := range map[string][]byte{"other bytes": other, "too few": good[:len(good)-1], "none": {}, "too many": append(bytes.Clone(good), '\n')} {
		w.serve(func(rw http.ResponseWriter, path string) bool {
			if path != name {
				return false
			}
			_, _ = io.Copy(rw, bytes.NewReader(content))
			return true
		})
		to := filepath.Join(t.TempDir(), "program")
		if err := r.Fetch(t.Context(), w.mirror, to, 0o755); !errors.Is(err, update.ErrRefused) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := os.Lstat(to); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: there is a file: %v", what, err)
		}
	}
}

// A new root needs the signatures of the last one's owners, as many as that says, and of
// its own.
func TestD25_ARootWithTooFewSignaturesIsRefused(t *testing.T) {
	w := newWorld(t)
	w.release("v1.1.0")
	if _, err := w.refresh(); err != nil {
		t.Fatal(err)
	}
	thief := newWorld(t) // has another repository, and one of our root keys
	thief.now = w.now
	thieves := append(thief.roots[:2:2], w.roots[0])
	for what, signers := range map[string]int{"its own alone": 2, "and one of two": 3} {
		must(t, os.Remove(filepath.Join(thief.folder.Path, "1.root.json")))
		must(t, copyFile(filepath.Join(w.folder.Path, "1.root.json"), filepath.Join(thief.folder.Path, "1.root.json")))
		must(t, thief.folder.Draft(release.Roles{Root: public(thieves...), Threshold: 2, Signing: public(thief.signing), Freshness: public(thief.fresh)}, release.RootLife))
		for _, k := range thieves[:signers] {
			if inForce, err := thief.folder.SignRoot(k); err != nil || inForce {
				t.Fatalf("%s: in force: %v, %v", what, inForce, err)
			}
		}
		w.serve(func(rw http.ResponseWriter, path string) bool {
			if path != "2.root.json" {
				return false
			}
			b, err := os.ReadFile(filepath.Join(thief.folder.Path, "root.draft.json"))
			must(t, err)
			_, _ = rw.Write(b)
			return true
		})
		w.refuses(what, update.ErrRefused)
	}
	w.files = http.FileServer(http.Dir(w.folder.Path))
	if r, _ := w.newest("v1.0.0"); r.Version != "v1.1.0" {
		t.Errorf("afterwards: %v", r)
	}
}

// With a new root the old signing keys are worth nothing, and a mirror that hides the new
// root from one who has it gains nothing.
func TestD25_RotatedKeysAreWorthNothing(t *testing.T) {
	w := newWorld(t)
	w.release("v1.1.0")
	if _, err := w.refresh(); err != nil {
		t.Fatal(err)
	}
	stolen, before := w.keys(), w.copied()
	w.signing, w.fresh = newKey(t), newKey(t)
	w.root(w.roots[1:], w.roots[1:])
	w.release("v1.2.0")
	if r, _ := w.newest("v1.0.0"); r.Version != "v1.2.0" {
		t.Fatalf("under the new keys: %v", r)
	}
	if err := w.folder.Rollout(stolen, "v1.2.0", 0); !errors.Is(err, release.ErrList) {
		t.Errorf("the releaser signs with old keys: %v", err)
	}
	evil := release.Folder{Path: before, Now: w.folder.Now}
	program := filepath.Join(t.TempDir(), "alongside-linux-amd64")
	must(t, os.WriteFile(program, []byte("evil"), 0o600))
	for i := range 5 {
		must(t, evil.Add(stolen, fmt.Sprintf("v9.%d.0", i), "stable", 100, []string{program}))
	}
	w.files = http.FileServer(http.Dir(before))
	w.refuses("signed with the stolen keys, the new root hidden", update.ErrRefused)
}

// What somebody put into the folder of downloads leads nowhere and holds nobody up.
func TestD25_AFolderOfOthersIsReadOnlyWhereItIsFiles(t *testing.T) {
	w := newWorld(t)
	w.release("v1.1.0")
	r, _ := w.newest("v1.0.0")
	secret := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(secret, bytes.Repeat([]byte("s"), 100), 0o600))
	name := filepath.Join(w.folder.Path, fmt.Sprintf("targets/v1.1.0/%x.alongside-linux-amd64", r.Hash))
	to := filepath.Join(t.TempDir(), "program")
	for what, lay := range map[string]func() error{
		"a link out of it": func() error { return os.Symlink(secret, name) },
		"a pipe":           func() error { return syscall.Mkfifo(name, 0o600) },
		"a folder":         func() error { return os.Mkdir(name, 0o700) },
		"nothing":          func() error { return nil },
	} {
		must(t, os.RemoveAll(name))
		must(t, lay())
		if err := r.Fetch(t.Context(), update.Folder{Path: w.folder.Path}, to, 0o755); !errors.Is(err, update.ErrMirror) {
			t.Errorf("%s: %v", what, err)
		}
	}
	must(t, os.Rename(filepath.Join(w.folder.Path, "targets"), filepath.Join(t.TempDir(), "away")))
	must(t, os.Symlink(filepath.Dir(secret), filepath.Join(w.folder.Path, "targets")))
	if _, err := (update.Folder{Path: w.folder.Path}).Open(t.Context(), "targets/secret"); err == nil {
		t.Error("a folder that is a link out of it was followed")
	}
	for _, name := range []string{"../secret", "/etc/passwd", "a/../../b", ""} {
		if _, err := (update.Folder{Path: w.folder.Path}).Open(t.Context(), name); err == nil {
			t.Errorf("%q was opened", name)
		}
	}
}

// A link in the place where the program goes is not written through, and a file that is
// there keeps what it had for who has it open.
func TestD25_WhatStandsInTheWayIsNotWritten(t *testing.T) {
	w := newWorld(t)
	w.release("v1.1.0")
	r, _ := w.newest("v1.0.0")
	victim := filepath.Join(t.TempDir(), "victim")
	must(t, os.WriteFile(victim, []byte("mine"), 0o600))
	for _, lay := range []func(old, new string) error{os.Symlink, os.Link} {
		to := filepath.Join(t.TempDir(), "program")
		if err := lay(victim, to); err != nil {
			to = filepath.Join(filepath.Dir(victim), "program")
			must(t, lay(victim, to))
		}
		must(t, r.Fetch(t.Context(), w.mirror, to, 0o755))
		if b, err := os.ReadFile(victim); err != nil || string(b) != "mine" {
			t.Errorf("%q, %v", b, err)
		}
	}
}

// A file that is not whole any more, as a loss of power may leave it, is begun anew, and
// another root than before forgets what the last one vouched for.
func TestD25_WhatIsKeptCanBeLost(t *testing.T) {
	w := newWorld(t)
	w.release("v1.1.0")
	if _, err := w.refresh(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(w.trust.Path)
	must(t, err)
	for _, b := range [][]byte{nil, whole[:len(whole)/2], []byte("null"), []byte("{}"), whole[1:]} {
		must(t, os.WriteFile(w.trust.Path, b, 0o600))
		if r, _ := w.newest("v1.0.0"); r.Version != "v1.1.0" {
			t.Errorf("%.20q: %v", b, r)
		}
	}
	other := newWorld(t)
	other.release("v3.0.0")
	other.trust.Path = w.trust.Path
	if r, _ := other.newest("v1.0.0"); r.Version != "v3.0.0" {
		t.Errorf("another root: %v", r)
	}
}

// copied is the folder as it is now.
func (w *world) copied() string {
	w.t.Helper()
	to := filepath.Join(w.t.TempDir(), "copy")
	must(w.t, os.CopyFS(to, os.DirFS(w.folder.Path)))
	return to
}
