package release

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"

	"github.com/alongside-remote/alongside/internal/wholefile"
	"github.com/alongside-remote/alongside/update"
)

// ErrList says that the list of releases cannot be changed so.
var ErrList = errors.New("releases")

// Keys sign a list and that it is the newest.
type Keys struct{ Signing, Freshness ed25519.PrivateKey }

// Add adds the programs of a version, each called alongside-GOOS-GOARCH as make dist calls
// them, and signs the list.
func (d Folder) Add(k Keys, version, channel string, rollout int, programs []string) error {
	if !update.Versioned(version) {
		return fmt.Errorf("%w: %q is not the version of a release, as v1.2.3 or v1.2.3-rc.1", ErrList, version)
	}
	if channel == "" || rollout < 0 || rollout > 100 || len(programs) == 0 {
		return fmt.Errorf("%w: without a channel or programs, or for %d percent", ErrList, rollout)
	}
	return d.change(k, func(list map[string]*metadata.TargetFiles) error {
		for _, program := range programs {
			name := filepath.Base(program)
			parts := strings.Split(strings.TrimSuffix(name, ".exe"), "-")
			if len(parts) != 3 || parts[0] != "alongside" {
				return fmt.Errorf("%w: %s is not called alongside-GOOS-GOARCH", ErrList, program)
			}
			name = version + "/" + name
			if _, there := list[name]; there {
				return fmt.Errorf("%w: %s is there already, and others have it", ErrList, name)
			}
			t, err := d.add(name, program)
			if err != nil {
				return err
			}
			if err := describe(t, update.Terms{Version: version, Channel: channel, System: parts[1] + "/" + parts[2], Rollout: rollout}); err != nil {
				return err
			}
			list[name] = t
		}
		return nil
	})
}

// Rollout says how many percent of the endpoints take a version.
func (d Folder) Rollout(k Keys, version string, percent int) error {
	if percent < 0 || percent > 100 {
		return fmt.Errorf("%w: %d percent", ErrList, percent)
	}
	return d.change(k, func(list map[string]*metadata.TargetFiles) error {
		return each(list, version, func(_ string, t *metadata.TargetFiles, terms update.Terms) error {
			terms.Rollout = percent
			return describe(t, terms)
		})
	})
}

// Withdraw takes a version from the list. Endpoints that have it keep it.
func (d Folder) Withdraw(k Keys, version string) error {
	return d.change(k, func(list map[string]*metadata.TargetFiles) error {
		return each(list, version, func(name string, _ *metadata.TargetFiles, _ update.Terms) error {
			delete(list, name)
			return nil
		})
	})
}

func each(list map[string]*metadata.TargetFiles, version string, f func(string, *metadata.TargetFiles, update.Terms) error) error {
	found := false
	for name, t := range list {
		var terms update.Terms
		if t.Custom == nil || json.Unmarshal(*t.Custom, &terms) != nil || terms.Version != version {
			continue
		}
		found = true
		if err := f(name, t, terms); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("%w: there is no %s", ErrList, version)
	}
	return nil
}

func describe(t *metadata.TargetFiles, terms update.Terms) error {
	b, err := json.Marshal(terms)
	if err != nil {
		return err
	}
	raw := json.RawMessage(b)
	t.Custom = &raw
	return nil
}

// add copies a program to where mirrors have it.
func (d Folder) add(name, program string) (*metadata.TargetFiles, error) {
	f, err := os.Open(program)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, update.MaxProgram+1))
	if err != nil {
		return nil, err
	}
	if len(b) == 0 || len(b) > update.MaxProgram {
		return nil, fmt.Errorf("%w: %s has %d bytes", ErrList, program, len(b))
	}
	t, err := metadata.TargetFile().FromBytes(name, b, "sha256")
	if err != nil {
		return nil, err
	}
	dir, base := filepath.Split(filepath.FromSlash(name))
	to := filepath.Join(d.Path, "targets", dir, fmt.Sprintf("%x.%s", []byte(t.Hashes["sha256"]), base))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil { //nolint:gosec // a web server reads it
		return nil, err
	}
	return t, wholefile.Replace(to, bytes.NewReader(b), 0o644)
}

type targets = metadata.Metadata[metadata.TargetsType]

// change signs a list that was changed, and then that it is the newest. A mirror that is
// read meanwhile has the last one.
func (d Folder) change(k Keys, f func(map[string]*metadata.TargetFiles) error) error {
	list, err := d.list()
	if err != nil {
		return err
	}
	if err := f(list.Signed.Targets); err != nil {
		return err
	}
	list.Signed.Version++
	list.Signed.Expires = d.Now().UTC().Add(ListLife).Truncate(time.Second)
	list.ClearSignatures()
	if err := sign(list, k.Signing); err != nil {
		return err
	}
	if err := d.mayBe(metadata.TARGETS, list); err != nil {
		return err
	}
	if err := d.write(fmt.Sprintf("%d.targets.json", list.Signed.Version), list); err != nil {
		return err
	}
	return d.Refresh(k.Freshness, FreshLife)
}

// list is the newest signed list; an empty one of version 0 when there is none.
func (d Folder) list() (*targets, error) {
	v, err := d.newest("targets")
	if err != nil {
		return nil, err
	}
	if v == 0 {
		t := metadata.Targets()
		t.Signed.Version = 0
		return t, nil
	}
	return metadata.Targets().FromFile(filepath.Join(d.Path, fmt.Sprintf("%d.targets.json", v)))
}

// newest is the version of a role's newest file; 0: there is none.
func (d Folder) newest(role string) (int64, error) {
	names, err := filepath.Glob(filepath.Join(d.Path, "*."+role+".json"))
	if err != nil {
		return 0, err
	}
	var newest int64
	for _, name := range names {
		var v int64
		if n, err := fmt.Sscanf(filepath.Base(name), "%d.", &v); n == 1 && err == nil {
			newest = max(newest, v)
		}
	}
	return newest, nil
}

// Refresh says anew which list is the newest, for as long as life.
func (d Folder) Refresh(key ed25519.PrivateKey, life time.Duration) error {
	if life <= 0 || life > MaxFreshLife {
		return fmt.Errorf("%w: fresh for at most %s", ErrList, MaxFreshLife)
	}
	lists, err := d.newest("targets")
	if err != nil {
		return err
	}
	if lists == 0 {
		return fmt.Errorf("%w: there is no list", ErrList)
	}
	last, err := d.newest("snapshot")
	if err != nil {
		return err
	}
	expires := d.Now().UTC().Add(life).Truncate(time.Second)
	s := metadata.Snapshot(expires)
	s.Signed.Version = last + 1
	if s.Signed.Meta["targets.json"], err = d.measure(fmt.Sprintf("%d.targets.json", lists), lists); err != nil {
		return err
	}
	if err := errors.Join(sign(s, key), d.mayBe(metadata.SNAPSHOT, s)); err != nil {
		return err
	}
	name := fmt.Sprintf("%d.snapshot.json", s.Signed.Version)
	if err := d.write(name, s); err != nil {
		return err
	}
	t := metadata.Timestamp(expires)
	if old, err := metadata.Timestamp().FromFile(filepath.Join(d.Path, "timestamp.json")); err == nil {
		t.Signed.Version = old.Signed.Version + 1
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if t.Signed.Meta["snapshot.json"], err = d.measure(name, s.Signed.Version); err != nil {
		return err
	}
	if err := errors.Join(sign(t, key), d.mayBe(metadata.TIMESTAMP, t)); err != nil {
		return err
	}
	return d.write("timestamp.json", t)
}

func (d Folder) measure(name string, version int64) (*metadata.MetaFiles, error) {
	b, err := os.ReadFile(filepath.Join(d.Path, name))
	if err != nil {
		return nil, err
	}
	t, err := metadata.TargetFile().FromBytes(name, b, "sha256")
	if err != nil {
		return nil, err
	}
	m := metadata.MetaFile(version)
	m.Length, m.Hashes = t.Length, t.Hashes
	return m, nil
}

// mayBe checks that endpoints would take what was signed.
func (d Folder) mayBe(role string, signed any) error {
	r, err := d.root()
	if err != nil {
		return err
	}
	if r.Signed.IsExpired(d.Now().UTC()) {
		return fmt.Errorf("%w: it was good until %s", ErrNoRoot, r.Signed.Expires.Format(time.DateOnly))
	}
	if err := r.VerifyDelegate(role, signed); err != nil {
		return fmt.Errorf("%w: this key is not one of the root's for %s: %w", ErrList, role, err)
	}
	return nil
}

// sign adds a signature, in place of an older one by the same key.
func sign[T metadata.Roles](m *metadata.Metadata[T], key ed25519.PrivateKey) error {
	s, err := signature.LoadED25519Signer(key)
	if err != nil {
		return err
	}
	made, err := m.Sign(s)
	if err != nil {
		return err
	}
	last := len(m.Signatures) - 1
	m.Signatures = append(slices.DeleteFunc(m.Signatures[:last:last], func(s metadata.Signature) bool { return s.KeyID == made.KeyID }), *made)
	return nil
}

type writer interface {
	ToBytes(pretty bool) ([]byte, error)
}

func (d Folder) write(name string, m writer) error {
	b, err := m.ToBytes(true)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(d.Path, 0o755); err != nil { //nolint:gosec // a web server reads it
		return err
	}
	return wholefile.Replace(filepath.Join(d.Path, name), bytes.NewReader(append(bytes.TrimSpace(b), '\n')), 0o644)
}
