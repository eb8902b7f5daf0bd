package update

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"time"
)

// Files of a Place beside the program.
const (
	nextFile    = "next"        // a newer program, verified
	lastFile    = "last"        // the program before it, which supervises its trial
	journalFile = "update.json" // what happened and what is under way
	trustFile   = "trust.json"  // of Trust
	newSuffix   = ".new"        // what is being written
)

// Limits of a journal.
const (
	maxJournal  = 64 << 10
	maxFailures = 32
	// maxTries is how often a version is tried that was not seen to work, where nothing
	// worked.
	maxTries = 3
)

// Reason is how a trial ended, or why there was none.
type Reason string

// Reasons. They stay the same from version to version.
const (
	Installed    Reason = "installed"
	NotStarting  Reason = "not_starting"  // the new program does not say its version
	Crashed      Reason = "crashed"       // its service did not become ready
	NotConnected Reason = "not_connected" // its service did not reach the broker
	// BrokerAway: neither did the old one's afterwards. It is tried again.
	BrokerAway Reason = "broker_away"
)

// Journal is what a Place remembers.
type Journal struct {
	Next     *Candidate `json:"next,omitempty"`
	Trial    *Trial     `json:"trial,omitempty"`
	Last     *Outcome   `json:"last,omitempty"`
	Failures []Failure  `json:"failures,omitempty"`
}

// Candidate is a program that is verified and not installed.
type Candidate struct {
	Version string `json:"version"`
	Size    int64  `json:"size"`
	Hash    []byte `json:"sha256"`
}

// Trial is a change of the program that is under way.
type Trial struct {
	ID   string `json:"id"`
	From string `json:"from"`
	To   string `json:"to"`
	Back Reason `json:"back,omitempty"` // why it is being undone; empty: it is not
}

// Mark is what a service writes when it reached its broker during the trial.
func (t *Trial) Mark(version string) Mark {
	if t == nil {
		return Mark{Version: version}
	}
	return Mark{Version: version, Trial: t.ID, Back: t.Back != ""}
}

// Mark says that a service reached its broker.
type Mark struct {
	Version string `json:"version"`
	Trial   string `json:"trial"`
	Back    bool   `json:"back"`
}

// Outcome is what became of a version, last.
type Outcome struct {
	Version string    `json:"version"`
	Reason  Reason    `json:"reason"`
	Detail  string    `json:"detail,omitempty"`
	At      time.Time `json:"at"`
}

// Failure is a version that was tried and did not work.
type Failure struct {
	Version string `json:"version"`
	Reason  Reason `json:"reason"`
	Tries   int    `json:"tries"`
}

// ReadJournal reads the journal of a folder. One that is not there is empty.
func ReadJournal(dir string) (Journal, error) {
	var j Journal
	err := load(filepath.Join(dir, journalFile), maxJournal, &j)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return j, err
}

// Passed reports whether a version is not tried again.
func (j Journal) Passed(version string) bool {
	return slices.ContainsFunc(j.Failures, func(f Failure) bool {
		return f.Version == version && (f.Reason != BrokerAway || f.Tries >= maxTries)
	})
}

// end notes what became of a version.
func (j *Journal) end(version string, r Reason, detail string, at time.Time) {
	const most = 500 // of a program's last words
	if len(detail) > most {
		detail = detail[:most]
	}
	j.Last = &Outcome{Version: version, Reason: r, Detail: detail, At: at.UTC().Truncate(time.Second)}
	i := slices.IndexFunc(j.Failures, func(f Failure) bool { return f.Version == version })
	switch {
	case r == Installed:
		j.Failures = nil // older ones; they are no longer greater
	case i >= 0:
		j.Failures[i].Reason = r
		j.Failures[i].Tries++
	default:
		j.Failures = append(j.Failures, Failure{Version: version, Reason: r, Tries: 1})
		j.Failures = j.Failures[max(0, len(j.Failures)-maxFailures):]
	}
}
