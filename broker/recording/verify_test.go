package recording

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/broker/store"
)

// three makes a recording of three segments.
func (r *rig) three() store.Recording {
	r.t.Helper()
	s := r.begin()
	must(r.t, s.key())
	for i := range 3 {
		must(r.t, s.fill(byte(i)))
		s.credited()
		t := r.s.find(theSession.ID)
		t.mu.Lock()
		err := t.tape.close()
		t.mu.Unlock()
		must(r.t, err)
	}
	r.s.End(theSession.ID)
	return r.over()
}

// TestVerifyNamesTheFirstFileThatIsNotWhatItWas: each in a copy of its own.
func TestVerifyNamesTheFirstFileThatIsNotWhatItWas(t *testing.T) {
	r := newFolder(t, on)
	rec := r.three()
	dir := filepath.Join(r.data, "recordings", rec.ID)
	file := func(name string) string { return filepath.Join(dir, name) }
	read := func(name string) []byte {
		b, err := os.ReadFile(file(name))
		must(t, err)
		return b
	}
	if rec.Segments < 3 {
		t.Fatalf("%d segments", rec.Segments)
	}
	whole := map[string][]byte{}
	names, err := os.ReadDir(dir)
	must(t, err)
	for _, n := range names {
		whole[n.Name()] = read(n.Name())
	}
	flip := func(name string) {
		b := read(name)
		b[len(b)/2] ^= 1
		must(t, os.WriteFile(file(name), b, 0o600))
	}
	for _, c := range []struct {
		name, want string
		harm       func()
	}{
		{"nothing", "", func() {}},
		{"a flipped byte", "00000002.age of " + rec.ID + " was changed", func() { flip("00000002.age"); flip("00000003.age") }},
		{"a removed segment", "00000002.age of " + rec.ID + " is missing", func() { must(t, os.Remove(file("00000002.age"))) }},
		{"swapped segments", "00000001.age of " + rec.ID + " is in truth 00000003.age", func() {
			must(t, os.WriteFile(file("00000001.age"), whole["00000003.age"], 0o600))
			must(t, os.WriteFile(file("00000003.age"), whole["00000001.age"], 0o600))
		}},
		{"another index", "index.age of " + rec.ID + " was changed", func() { flip("index.age") }},
		{"no index", "index.age of " + rec.ID + " is missing", func() { must(t, os.Remove(file("index.age"))) }},
		{"one too many", "00000099.age of " + rec.ID + " is superfluous", func() { must(t, os.WriteFile(file("00000099.age"), whole["00000001.age"], 0o600)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.harm()
			for _, id := range []string{"", rec.ID} {
				var told []error
				err := r.s.Verify(t.Context(), id, func(v Verified, wrong error) error {
					if v.Recording.ID != rec.ID || v.Open || v.Segments != rec.Segments {
						t.Errorf("%+v", v)
					}
					told = append(told, wrong)
					return nil
				})
				switch {
				case c.want == "" && err != nil:
					t.Error(err)
				case c.want != "" && (!errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), c.want)):
					t.Errorf("%v, want %q", err, c.want)
				case len(told) != 1 || (told[0] == nil) != (c.want == ""):
					t.Errorf("told %v", told)
				}
			}
			must(t, os.RemoveAll(dir))
			must(t, os.Mkdir(dir, 0o700))
			for name, b := range whole {
				must(t, os.WriteFile(file(name), b, 0o600))
			}
		})
	}
}

// TestVerifyFindsWhatIsNotListed: a recording that was taken out of the list, and
// files that nobody made.
func TestVerifyFindsWhatIsNotListed(t *testing.T) {
	r := newFolder(t, on)
	rec := r.three()
	quiet := func(Verified, error) error { return nil }
	stray := filepath.Join(r.data, "recordings", strings.Repeat("0f", 16))
	must(t, os.Mkdir(stray, 0o700))
	if err := r.s.Verify(t.Context(), "", quiet); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "superfluous") {
		t.Errorf("a folder of nobody's: %v", err)
	}
	must(t, os.Remove(stray))
	must(t, r.store.Update(t.Context(), func(tx *store.Tx) error { return tx.DeleteRecording(rec.ID, r.now()) }))
	if err := r.s.Verify(t.Context(), "", quiet); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), rec.ID+" is missing") {
		t.Errorf("a recording that nobody deleted is gone: %v", err)
	}
	if err := r.s.Verify(t.Context(), rec.ID, quiet); err == nil {
		t.Error("a recording that is not there is whole")
	}
}

// TestVerifyTakesWhatWasDeletedAndWhatGoesOn.
func TestVerifyTakesWhatWasDeletedAndWhatGoesOn(t *testing.T) {
	r := newFolder(t, on)
	s := r.begin()
	must(t, s.key())
	s.credited()
	n := 0
	must(t, r.s.Verify(t.Context(), "", func(v Verified, wrong error) error {
		if n++; !v.Open || wrong != nil {
			t.Errorf("%+v: %v", v, wrong)
		}
		return nil
	}))
	if n != 1 {
		t.Errorf("%d recordings", n)
	}
	r.s.End(theSession.ID)
	must(t, r.s.Delete(t.Context(), rob, r.over().ID))
	must(t, r.s.Verify(t.Context(), "", func(v Verified, _ error) error {
		t.Errorf("%+v is deleted", v)
		return nil
	}))
}
