// Package update brings an endpoint newer versions of its program. What it installs is
// signed, by the rules of The Update Framework (TUF), with keys that are on no broker:
//
//	root keys, offline ▶ signing keys ▶ list of releases ▶ a program's size and hash
//	                   ▶ freshness keys ▶ which list is the newest, for some days
//
// A mirror, which the broker may be, is trusted with nothing but to be there. It can be
// away and it can be slow; it cannot have an endpoint take an older version, another file,
// parts of different lists, or a list that nobody has confirmed lately. docs/UPDATES.md is
// the format.
package update

import (
	"errors"
	"time"
)

// Limits of what is taken from a mirror.
const (
	// MaxRoot, MaxTimestamp, MaxSnapshot and MaxTargets are sizes of metadata in bytes. A
	// root with five keys has 3 KiB, a list of sixty programs 30 KiB.
	MaxRoot      = 64 << 10
	MaxTimestamp = 16 << 10
	MaxSnapshot  = 16 << 10
	MaxTargets   = 1 << 20
	// MaxProgram is the size of a program in bytes; ours has 20 MiB.
	MaxProgram = 128 << 20
	// MaxRotations is how many new roots are taken at a time.
	MaxRotations = 32
	// MetadataTime is how long a mirror may take for one file of metadata, DownloadTime
	// for a program.
	MetadataTime = time.Minute
	DownloadTime = time.Hour
)

// Errors of this package tell what to do.
var (
	// ErrMirror: it cannot be reached or read now. Ask again later.
	ErrMirror = errors.New("mirror of updates is not to be reached")
	// ErrStale: nobody has confirmed lately that what the mirror has is the newest. It
	// holds something back, or the releaser has gone. Ask again later.
	ErrStale = errors.New("updates are out of date")
	// ErrRefused: what the mirror has is not what was signed, or is older than what was
	// there before. Ask again later; until then it is nobody to listen to.
	ErrRefused = errors.New("updates refused")
	// ErrAbsent is a mirror's answer that it has no such file.
	ErrAbsent = errors.New("no such file")
)
