package release

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// Errors of roots.
var (
	// ErrNoRoot: the folder has none that is in force. Draft one and have it signed.
	ErrNoRoot = errors.New("no root is in force")
	// ErrDraft: what is drafted cannot come into force.
	ErrDraft = errors.New("root")
)

// Lifetimes, at most and as they are made when nothing is said.
const (
	// RootLife is how long a root is good, and with it the signing keys that it names:
	// who steals one of those has it until the next root at the latest.
	RootLife    = 180 * 24 * time.Hour
	MaxRootLife = 400 * 24 * time.Hour
	// ListLife is how long a list of releases is good without being signed again.
	ListLife = 90 * 24 * time.Hour
	// FreshLife is for how long a mirror can hold something back unnoticed.
	FreshLife    = 7 * 24 * time.Hour
	MaxFreshLife = 60 * 24 * time.Hour
)

// draftFile is a root that lacks signatures. No endpoint reads it.
const draftFile = "root.draft.json"

// Roles says who may sign what.
type Roles struct {
	Root      []ed25519.PublicKey // offline, with their owners
	Threshold int                 // how many of them it takes
	Signing   []ed25519.PublicKey // for lists of releases; any one
	Freshness []ed25519.PublicKey // for that a list is the newest; any one
}

// Folder is what a mirror serves. Its methods are called one at a time.
type Folder struct {
	Path string
	Now  func() time.Time
}

type root = metadata.Metadata[metadata.RootType]

// Draft writes the next root, which its owners have to sign.
func (d Folder) Draft(r Roles, life time.Duration) error {
	if r.Threshold < 1 || r.Threshold > len(r.Root) || len(r.Signing) == 0 || len(r.Freshness) == 0 {
		return fmt.Errorf("%w: %d of %d root keys, %d signing keys, %d freshness keys", ErrDraft, r.Threshold, len(r.Root), len(r.Signing), len(r.Freshness))
	}
	if life <= 0 || life > MaxRootLife {
		return fmt.Errorf("%w: good for at most %s", ErrDraft, MaxRootLife)
	}
	next := metadata.Root(d.Now().UTC().Add(life).Truncate(time.Second))
	old, err := d.root()
	switch {
	case err == nil:
		next.Signed.Version = old.Signed.Version + 1
	case !errors.Is(err, ErrNoRoot):
		return err
	}
	for role, keys := range map[string][]ed25519.PublicKey{
		metadata.ROOT: r.Root, metadata.TARGETS: r.Signing, metadata.SNAPSHOT: r.Freshness, metadata.TIMESTAMP: r.Freshness,
	} {
		for _, k := range keys {
			key, err := metadata.KeyFromPublicKey(k)
			if err == nil {
				err = next.Signed.AddKey(key, role)
			}
			if err != nil {
				return fmt.Errorf("%w: %w", ErrDraft, err)
			}
		}
	}
	next.Signed.Roles[metadata.ROOT].Threshold = r.Threshold
	return d.write(draftFile, next)
}

// SignRoot signs the draft. With enough signatures, the last root's and its own, it comes
// into force.
func (d Folder) SignRoot(key ed25519.PrivateKey) (inForce bool, err error) {
	draft, err := metadata.Root().FromFile(filepath.Join(d.Path, draftFile))
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrDraft, err)
	}
	if err := sign(draft, key); err != nil {
		return false, err
	}
	if err := d.write(draftFile, draft); err != nil {
		return false, err
	}
	if draft.VerifyDelegate(metadata.ROOT, draft) != nil {
		return false, nil //nolint:nilerr // others have to sign, too
	}
	old, err := d.root()
	if err == nil && old.VerifyDelegate(metadata.ROOT, draft) != nil {
		return false, nil //nolint:nilerr // likewise
	}
	if err != nil && !errors.Is(err, ErrNoRoot) {
		return false, err
	}
	return true, os.Rename(filepath.Join(d.Path, draftFile), filepath.Join(d.Path, rootFile(draft.Signed.Version)))
}

// Root is the newest root as endpoints are given it.
func (d Folder) Root() ([]byte, error) {
	r, err := d.root()
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(d.Path, rootFile(r.Signed.Version)))
}

func rootFile(version int64) string { return strconv.FormatInt(version, 10) + ".root.json" }

func (d Folder) root() (*root, error) {
	var newest *root
	for v := int64(1); ; v++ {
		r, err := metadata.Root().FromFile(filepath.Join(d.Path, rootFile(v)))
		switch {
		case errors.Is(err, fs.ErrNotExist) && newest == nil:
			return nil, ErrNoRoot
		case errors.Is(err, fs.ErrNotExist):
			return newest, nil
		case err != nil:
			return nil, fmt.Errorf("%s: %w", rootFile(v), err)
		}
		newest = r
	}
}
