package keyring

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestKeysStayTheSame(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	a, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := a.SetupSecret(func() string { return "one" })
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if a.Identity.Pin() != b.Identity.Pin() || !a.Grant.Equal(b.Grant) {
		t.Error("the keys changed")
	}
	if again, err := b.SetupSecret(func() string { return "two" }); err != nil || again != secret {
		t.Errorf("setup secret %q, then %q, %v", secret, again, err)
	}
	for _, name := range []string{grantFile, setupFile} {
		fi, err := os.Stat(filepath.Join(dir, name))
		if err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v", name, fi.Mode(), err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, grantFile), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil {
		t.Error("a key that others could read was used")
	}
}

func TestCertificatesByHashRotate(t *testing.T) {
	k, err := Open(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	hosts := []string{"localhost", "127.0.0.1"}
	now := time.Now().Truncate(time.Second)
	var before ByHash
	for day := range 60 {
		at := now.Add(time.Duration(day) * 24 * time.Hour)
		h, err := k.ByHash(hosts, at)
		if err != nil {
			t.Fatal(err)
		}
		c := h.Current.Leaf
		if at.Before(c.NotBefore) || at.After(c.NotAfter) || c.NotAfter.Sub(c.NotBefore) > 14*24*time.Hour {
			t.Fatalf("day %d: valid %v to %v", day, c.NotBefore, c.NotAfter)
		}
		if before.Current != nil && !bytes.Equal(before.Hashes()[0], h.Hashes()[0]) {
			if diff := cmp.Diff(before.Hashes()[1], h.Hashes()[0]); diff != "" {
				t.Fatalf("day %d: in use is one that was not published: %s", day, diff)
			}
		}
		before = h
	}
	// After a long stop both have run out.
	late := now.Add(400 * 24 * time.Hour)
	h, err := k.ByHash(hosts, late)
	if err != nil || late.After(h.Current.Leaf.NotAfter) {
		t.Fatalf("%v, %v", h.Current.Leaf.NotAfter, err)
	}
}
