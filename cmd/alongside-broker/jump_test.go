package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/broker/store"
)

// A bundle whose devices become Jump Clients names a group that there is.
func TestJ5_ABundleOfACommandPins(t *testing.T) {
	data, dir := filepath.Join(t.TempDir(), "data"), t.TempDir()
	if out, err := do(t, data, password+"\n", "account", "create", "--name", "ada", "--display-name", "Ada", "--admin", "--organisation", "Example Ltd"); err != nil {
		t.Fatal(out)
	}
	s, err := store.Open(t.Context(), filepath.Join(data, "broker.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Update(t.Context(), func(tx *store.Tx) error {
		return tx.PutJumpGroup(store.JumpGroup{Object: store.Object{ID: "g1", Name: "Tills"}})
	}); err != nil {
		t.Fatal(err)
	}
	create := func(file string, more ...string) (string, error) {
		return do(t, data, "", append([]string{"enrollment", "create", "--public-address", "support.example.com:443", "--out", file}, more...)...)
	}
	for _, wrong := range [][]string{{"--jump-group", "Nothing"}, {"--jump-group", "Tills", "--jump-policy", "Nothing"}, {"--jump-tag", "till"}} {
		file := filepath.Join(dir, "none")
		if out, err := create(file, wrong...); err == nil {
			t.Errorf("%v: %s", wrong, out)
		}
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v left a file: %v", wrong, err)
		}
	}
	if out, err := create(filepath.Join(dir, "bundle"), "--uses", "200", "--jump-group", "Tills", "--jump-tag", "till"); err != nil || !strings.Contains(out, "valid until") {
		t.Fatal(out, err)
	}
	all, err := s.Tokens(t.Context(), 10)
	if err != nil || len(all) != 1 || all[0].Jump != (store.JumpPlan{Group: "g1", Tag: "till"}) || all[0].Uses != 200 {
		t.Fatalf("%+v, %v", all, err)
	}
}
