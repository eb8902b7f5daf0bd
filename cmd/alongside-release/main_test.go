package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/update"
)

// TestD25_AReleaserWalksTheWholeWay: keys, a root of two of three owners, a version for a
// tenth and then for all, and what an endpoint makes of it.
func TestD25_AReleaserWalksTheWholeWay(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	release := func(want string, args ...string) {
		t.Helper()
		var out, errOut bytes.Buffer
		if code := execute(append([]string{"--folder", at("updates")}, args...), &out, &errOut); code != 0 || out.String() != want {
			t.Fatalf("%v: %d, %q, want %q, %s", args, code, out.String(), want, errOut.String())
		}
	}
	for _, name := range []string{"ann", "bob", "cem", "signing", "freshness"} {
		release("", "key", at(name))
		if fi, err := os.Stat(at(name)); err != nil || fi.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", name, fi.Mode(), err)
		}
	}
	release("", "draft", "--root", at("ann.pub"), "--root", at("bob.pub"), "--root", at("cem.pub"), "--threshold", "2",
		"--signing", at("signing.pub"), "--freshness", at("freshness.pub"))
	release("signed; it needs more signatures\n", "sign", "--key", at("bob"))
	release("signed; it needs more signatures\n", "sign", "--key", at("bob"))
	release("signed; the root is in force\n", "sign", "--key", at("cem"))
	root, err := os.ReadFile(at("updates/1.root.json"))
	if err != nil {
		t.Fatal(err)
	}
	release(fmt.Sprintf("update_root = \"%x\"\n", sha256.Sum256(root)), "root")

	program := at("alongside-linux-amd64")
	if err := os.WriteFile(program, []byte("program"), 0o600); err != nil {
		t.Fatal(err)
	}
	keys := []string{"--signing", at("signing"), "--freshness", at("freshness")}
	release("", append([]string{"add", "--release", "v1.4.0", "--rollout", "10", program}, keys...)...)
	take := func() (n int) {
		t.Helper()
		all, err := update.Trust{Anchor: root, Path: at("trust.json"), Now: time.Now}.Refresh(t.Context(), update.Folder{Path: at("updates")})
		if err != nil {
			t.Fatal(err)
		}
		for d := range 1000 {
			if _, found := (update.Endpoint{Running: "v1.3.0", Channel: "stable", System: "linux/amd64", Key: fmt.Append(nil, d)}).Choose(all); found {
				n++
			}
		}
		return n
	}
	if n := take(); n < 50 || n > 150 {
		t.Errorf("%d of 1000 take what is for a tenth", n)
	}
	release("", append([]string{"rollout", "v1.4.0", "100"}, keys...)...)
	if n := take(); n != 1000 {
		t.Errorf("%d of 1000 take what is for all", n)
	}
	release("", "refresh", "--freshness", at("freshness"), "--days", "14")
	release("", append([]string{"withdraw", "v1.4.0"}, keys...)...)
	if n := take(); n != 0 {
		t.Errorf("%d of 1000 take what was withdrawn", n)
	}
	var out, errOut bytes.Buffer
	if code := execute([]string{"--folder", at("updates"), "refresh", "--freshness", at("ann")}, &out, &errOut); code == 0 {
		t.Error("a root key confirms a list")
	}
}
