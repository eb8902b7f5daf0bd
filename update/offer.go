package update

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"golang.org/x/mod/semver"
)

// Release is a program of one version for one system, as it was signed.
type Release struct {
	Name string // of the file, with slashes, below the mirror's folder of programs
	Size int64
	Hash [sha256.Size]byte
	Terms
}

// Terms is what a releaser says of a program beside what it is.
type Terms struct {
	Version string `json:"version"` // as the program says it
	Channel string `json:"channel"`
	System  string `json:"system"`  // GOOS/GOARCH
	Rollout int    `json:"rollout"` // percent of the endpoints that take it
}

// Limits of terms.
const (
	maxReleases = 2000
	maxName     = 200
)

// releasesOf reads the signed list. What is not for programs like this one, or is not
// understood, is left out: a later releaser may say more.
func releasesOf(targets map[string]*metadata.TargetFiles) ([]Release, error) {
	if len(targets) > maxReleases {
		return nil, fmt.Errorf("%w: more than %d releases", ErrRefused, maxReleases)
	}
	var all []Release
	for name, t := range targets {
		r := Release{Name: name}
		if t == nil || t.Custom == nil || json.Unmarshal(*t.Custom, &r.Terms) != nil {
			continue
		}
		hash := t.Hashes["sha256"]
		if len(hash) != len(r.Hash) || t.Length <= 0 || t.Length > MaxProgram || len(name) > maxName || path.Clean("/"+name) != "/"+name {
			continue
		}
		r.Size, r.Hash = t.Length, [sha256.Size]byte(hash)
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Release) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// file is where a mirror has the program: its hash is in the name, so that a mirror which
// is being written has both, the old and the new.
func (r Release) file() string {
	dir, base := path.Split(r.Name)
	return fmt.Sprintf("targets/%s%x.%s", dir, r.Hash, base)
}

// Endpoint is who asks for a release.
type Endpoint struct {
	Running string // its version
	Channel string
	System  string
	// Key is the device's own, which it made itself: nobody else chooses which endpoints
	// are the first ones.
	Key []byte
	// Passed reports whether a version was tried here and did not work; nil: none was.
	Passed func(version string) bool
}

// Versioned reports whether a version is one of a release, which others can be newer
// than. What git describe makes of a commit between releases is none.
func Versioned(v string) bool {
	pre := strings.TrimPrefix(semver.Prerelease(v), "-")
	return semver.IsValid(v) && semver.Canonical(v) == v && pre != "dirty" && !strings.Contains(pre, "-")
}

// Choose returns the newest release for an endpoint. Its version is strictly greater than
// the one that runs.
func (e Endpoint) Choose(all []Release) (best Release, found bool) {
	if !Versioned(e.Running) {
		return Release{}, false
	}
	best.Version = e.Running
	for _, r := range all {
		if r.Channel == e.Channel && r.System == e.System && Versioned(r.Version) && semver.Compare(r.Version, best.Version) > 0 &&
			e.share(r.Version) < r.Rollout && (e.Passed == nil || !e.Passed(r.Version)) {
			best, found = r, true
		}
	}
	return best, found
}

// share is in which hundredth of the endpoints this one is, for a version: 0 to 99. It is
// another one for each version, so that it is not always the same who goes first.
func (e Endpoint) share(version string) int {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "alongside rollout v1\x00%s\x00", version)
	_, _ = h.Write(e.Key)
	return int(binary.BigEndian.Uint64(h.Sum(nil)) % 100) //nolint:gosec // under 100
}
