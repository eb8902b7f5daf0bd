package update

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/trustedmetadata"
)

// Trust is what is believed of releases: the root that this endpoint was given, and the
// newest that was verified with it since. Its methods are called one at a time.
type Trust struct {
	// Anchor is the root's metadata that came with the endpoint, not from a mirror. With
	// another one all that was believed is forgotten.
	Anchor []byte
	// Path is the file of what was verified. Its folder is nobody else's to write.
	Path string
	// Now is the clock.
	Now func() time.Time
}

// trusted is what stands in the file: metadata as it came, verified. A file that is not
// there, or is not whole, is an empty one.
type trusted struct {
	Anchor    string `json:"anchor"` // hash of the root that the endpoint was given
	Root      []byte `json:"root"`
	Timestamp []byte `json:"timestamp,omitempty"`
	Snapshot  []byte `json:"snapshot,omitempty"`
	Targets   []byte `json:"targets,omitempty"`
}

// maxTrusted is the size of the file: base64 of all of it.
const maxTrusted = 2 * (MaxRoot + MaxTimestamp + MaxSnapshot + MaxTargets)

// refresh is one walk through the rules of TUF, 5.3 to 5.6. What is verified is kept at
// once: a mirror that fails half way cannot take it back.
type refresh struct {
	Trust
	ctx    context.Context //nolint:containedctx // of the one call
	mirror Mirror
	kept   trusted
	set    *trustedmetadata.TrustedMetadata
}

// Refresh asks a mirror for what is new and returns the releases that there are.
func (t Trust) Refresh(ctx context.Context, m Mirror) (releases []Release, err error) {
	r := &refresh{Trust: t, ctx: ctx, mirror: m}
	// The library takes it for granted that signed metadata has all that it must have.
	defer func() {
		if p := recover(); p != nil {
			releases, err = nil, fmt.Errorf("%w: metadata: %v", ErrRefused, p)
		}
	}()
	for _, step := range []func() error{r.open, r.roots, r.timestamp, r.snapshot, r.targets} {
		if err := step(); err != nil {
			return nil, verdict(err)
		}
	}
	return releasesOf(r.set.Targets[metadata.TARGETS].Signed.Targets)
}

// verdict makes an error one of ours.
func verdict(err error) error {
	switch {
	case errors.Is(err, ErrMirror), errors.Is(err, ErrRefused), errors.Is(err, errKept):
		return err
	case errors.Is(err, ErrAbsent):
		return fmt.Errorf("%w: %w", ErrMirror, err)
	case errors.Is(err, &metadata.ErrExpiredMetadata{}):
		return fmt.Errorf("%w: %w", ErrStale, err)
	default:
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
}

func (r *refresh) open() error {
	hash := sha256.Sum256(r.Anchor)
	anchor := hex.EncodeToString(hash[:])
	// What is not whole is begun anew: it was written by nobody but us.
	if err := load(r.Path, maxTrusted, &r.kept); err != nil || r.kept.Anchor != anchor {
		r.kept = trusted{Anchor: anchor, Root: r.Anchor}
	}
	var err error
	if r.set, err = trustedmetadata.New(r.kept.Root); err != nil {
		return fmt.Errorf("root: %w", err)
	}
	r.set.RefTime = r.Now().UTC()
	return nil
}

// keep writes what was verified.
func (r *refresh) keep(at *[]byte, b []byte) error {
	*at = b
	return save(r.Path, r.kept)
}

func (r *refresh) roots() error {
	for range MaxRotations {
		name := strconv.FormatInt(r.set.Root.Signed.Version+1, 10) + ".root.json"
		b, err := read(r.ctx, r.mirror, name, MaxRoot)
		if errors.Is(err, ErrAbsent) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := r.set.UpdateRoot(b); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := r.keep(&r.kept.Root, b); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: more than %d new roots", ErrRefused, MaxRotations)
}

func (r *refresh) timestamp() error {
	if len(r.kept.Timestamp) > 0 {
		// One that is out of date is still what the next has to be newer than. One whose
		// keys are no longer the root's counts for nothing.
		_, _ = r.set.UpdateTimestamp(r.kept.Timestamp)
	}
	b, err := read(r.ctx, r.mirror, "timestamp.json", MaxTimestamp)
	if err != nil {
		return err
	}
	if _, err := r.set.UpdateTimestamp(b); err != nil {
		if errors.Is(err, &metadata.ErrEqualVersionNumber{}) {
			return nil
		}
		return fmt.Errorf("timestamp: %w", err)
	}
	return r.keep(&r.kept.Timestamp, b)
}

func (r *refresh) snapshot() error {
	if len(r.kept.Snapshot) > 0 {
		if _, err := r.set.UpdateSnapshot(r.kept.Snapshot, true); err == nil {
			return nil
		}
	}
	meta := r.set.Timestamp.Signed.Meta["snapshot.json"]
	b, err := r.listed("snapshot", meta, MaxSnapshot)
	if err != nil {
		return err
	}
	if _, err := r.set.UpdateSnapshot(b, false); err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	return r.keep(&r.kept.Snapshot, b)
}

func (r *refresh) targets() error {
	if len(r.kept.Targets) > 0 {
		if _, err := r.set.UpdateTargets(r.kept.Targets); err == nil {
			return nil
		}
	}
	b, err := r.listed("targets", r.set.Snapshot.Signed.Meta["targets.json"], MaxTargets)
	if err != nil {
		return err
	}
	if _, err := r.set.UpdateTargets(b); err != nil {
		return fmt.Errorf("targets: %w", err)
	}
	return r.keep(&r.kept.Targets, b)
}

// listed reads metadata of a version and, where it is told, a size.
func (r *refresh) listed(role string, meta *metadata.MetaFiles, most int64) ([]byte, error) {
	if meta == nil {
		return nil, fmt.Errorf("%w: %s is not listed", ErrRefused, role)
	}
	if meta.Length > 0 {
		most = min(most, meta.Length)
	}
	return read(r.ctx, r.mirror, strconv.FormatInt(meta.Version, 10)+"."+role+".json", most)
}
