package keyring

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestSealIsOfItsOwnerAndItsKey(t *testing.T) {
	dir := t.TempDir()
	seal := func() *Seal {
		k, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = k.Close() }()
		s, err := k.FactorSeal()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := seal()
	a := s.Seal("ada", "GEZDGNBV")
	if a == s.Seal("ada", "GEZDGNBV") || strings.Contains(a, "GEZD") || !s.Sealed(a) || s.Sealed("GEZDGNBV") {
		t.Fatal(a)
	}
	if got, err := seal().Open("ada", a); err != nil || got != "GEZDGNBV" {
		t.Fatalf("%q, %v", got, err)
	}
	flipped := []byte(a)
	flipped[len(flipped)-2] ^= 1
	for _, c := range []struct{ owner, sealed string }{
		{"bob", a}, {"ada", string(flipped)}, {"ada", a[:len(a)-4]}, {"ada", "GEZDGNBV"}, {"ada", ""}, {"ada", "s1."}, {"ada", "s2" + a[2:]},
	} {
		if got, err := s.Open(c.owner, c.sealed); !errors.Is(err, ErrSeal) {
			t.Errorf("%v: %q, %v", c, got, err)
		}
	}
	// A lost key, and the lost line put back before the new one.
	file := filepath.Join(dir, factorFile)
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := seal().Open("ada", a); !errors.Is(err, ErrSealKeyLost) {
		t.Error(err)
	}
	b := seal().Seal("ada", "MZXW6")
	now, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(old, now...), 0o600); err != nil {
		t.Fatal(err)
	}
	for sealed, want := range map[string]string{a: "GEZDGNBV", b: "MZXW6"} {
		if got, err := seal().Open("ada", sealed); err != nil || got != want {
			t.Errorf("%q, %v", got, err)
		}
	}
	for _, bad := range []string{"", "\n", "c2hvcnQ=\n", "not base64\n"} {
		if s, err := parseSeal(bad); err == nil {
			t.Errorf("%q is a key: %v", bad, s)
		}
	}
}

// TestOneSealKeyForAll: whoever makes the file first, everybody has its key.
func TestOneSealKeyForAll(t *testing.T) {
	k, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = k.Close() }()
	var all [8]*Seal
	var group sync.WaitGroup
	for i := range all {
		group.Go(func() { all[i], _ = k.FactorSeal() })
	}
	group.Wait()
	for _, s := range all {
		if s == nil {
			t.Fatal("no seal")
		}
		if got, err := s.Open("ada", all[0].Seal("ada", "MZXW6")); err != nil || got != "MZXW6" {
			t.Errorf("%q, %v", got, err)
		}
	}
}
