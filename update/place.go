package update

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Limits of a trial.
const (
	// HealthTime is how long a service may take to reach its broker after it was started.
	HealthTime = 3 * time.Minute
	// restartTime is how long the service manager may take, with a service that ends and
	// starts slowly.
	restartTime = 2 * time.Minute
	// versionTime is how long a program may take to say its version.
	versionTime = 20 * time.Second
	// markEvery is how often it is looked whether the service has reached its broker.
	markEvery = 200 * time.Millisecond
	maxMark   = 4 << 10
)

// Service is the service of a program, by its manager.
type Service interface {
	// Restart ends it and starts the program that is in its place now. The error says that
	// it did not become ready.
	Restart(ctx context.Context) error
	// Settle has [Place.Settle] run by the last program, outside of the service, now and at
	// each start of the machine for as long as there is a trial. It does not wait for that.
	Settle(ctx context.Context) error
}

// Place is where a program is installed and replaced. At each moment there is a program
// that starts, and whoever comes after a loss of power goes on from what is there:
//
//	Fetch      next is written, verified
//	Install    last = the program ▶ a trial is in the journal ▶ Settle is started
//	Settle     next becomes the program ▶ the service is started again ▶ it reaches its
//	           broker: the trial is over
//	           it does not: "back" is in the journal ▶ last becomes the program ▶ the
//	           service is started again ▶ the trial is over, the version is not tried again
//
// Its methods are called one at a time, by processes that may write the folder.
type Place struct {
	Dir     string // nobody else's to write
	Program string // the name of the program in it
	Mark    string // the file that the service writes with WriteMark
	Service Service
	Health  time.Duration // usually HealthTime
	Now     func() time.Time
	Log     *slog.Logger

	at func(step string) // told of each step; nil outside of tests
}

func (p Place) path(name string) string { return filepath.Join(p.Dir, name) }

func (p Place) step(name string) {
	if p.at != nil {
		p.at(name)
	}
}

// Files are all that there may be in a Place's folder beside the program.
func Files() []string {
	return []string{
		nextFile, lastFile, lastFile + newSuffix, journalFile, journalFile + newSuffix,
		trustFile, trustFile + newSuffix, rootName, rootName + newSuffix, backFile,
	}
}

const backFile = "back" + newSuffix

// ErrTrial says that there is one under way, which has to end first.
var ErrTrial = errors.New("a new version is on trial")

// Fetch looks for a newer version and has it ready for Install. Root is the hash of a root
// that the mirror has. Empty: there is no newer version.
func (p Place) Fetch(ctx context.Context, m Mirror, root [sha256.Size]byte, e Endpoint) (version string, err error) {
	j, err := ReadJournal(p.Dir)
	if err != nil {
		return "", err
	}
	if j.Trial != nil {
		return "", ErrTrial
	}
	anchor, err := p.anchor(ctx, m, root)
	if err != nil {
		return "", err
	}
	all, err := Trust{Anchor: anchor, Path: p.path(trustFile), Now: p.Now}.Refresh(ctx, m)
	if err != nil {
		return "", err
	}
	e.Passed = j.Passed
	r, found := e.Choose(all)
	if !found {
		return "", nil
	}
	if c := j.Next; c != nil && c.Version == r.Version && c.is(r) && p.holds(r) == nil {
		return r.Version, nil
	}
	if err := r.Fetch(ctx, m, p.path(nextFile), 0o755); err != nil {
		return "", err
	}
	p.step("fetched")
	if err := p.says(ctx, nextFile, r.Version); err != nil {
		p.Log.Warn("a newer version does not start", "version", r.Version, "err", err)
		j.Next = nil
		j.end(r.Version, NotStarting, err.Error(), p.Now())
		return "", errors.Join(save(p.path(journalFile), j), os.Remove(p.path(nextFile)))
	}
	j.Next = &Candidate{Version: r.Version, Size: r.Size, Hash: r.Hash[:]}
	return r.Version, save(p.path(journalFile), j)
}

func (c *Candidate) is(r Release) bool {
	return c.Size == r.Size && string(c.Hash) == string(r.Hash[:])
}

// holds checks that next is a release.
func (p Place) holds(r Release) error {
	f, err := os.Open(p.path(nextFile))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return r.verify(f)
}

// says checks that a program starts here, and is of a version.
func (p Place) says(ctx context.Context, program, version string) error {
	ctx, cancel := context.WithTimeout(ctx, versionTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.path(program), "version")
	cmd.Dir, cmd.Env = "/", []string{}
	out, err := cmd.Output()
	if err != nil {
		return err
	}
	if got := strings.Fields(string(out)); len(got) < 2 || got[1] != version {
		return fmt.Errorf("it says %.100q", out)
	}
	return nil
}

// Install begins the trial of what Fetch made ready. When it returns, the service is being
// started again.
func (p Place) Install(ctx context.Context, running string) error {
	j, err := ReadJournal(p.Dir)
	if err != nil {
		return err
	}
	if j.Trial != nil {
		return p.Service.Settle(ctx)
	}
	c := j.Next
	if c == nil || len(c.Hash) != sha256.Size {
		return fs.ErrNotExist
	}
	if err := p.holds(Release{Name: nextFile, Size: c.Size, Hash: [sha256.Size]byte(c.Hash)}); err != nil {
		return err
	}
	if err := p.link(p.Program, lastFile+newSuffix, lastFile); err != nil {
		return err
	}
	p.step("kept")
	j.Next, j.Trial = nil, &Trial{ID: rand.Text(), From: running, To: c.Version}
	if err := save(p.path(journalFile), j); err != nil {
		return err
	}
	p.step("begun")
	return p.Service.Settle(ctx)
}

// link gives a file a second name, in place of another file.
func (p Place) link(from, by, to string) error {
	if err := os.Remove(p.path(by)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Link(p.path(from), p.path(by)); err != nil {
		return err
	}
	return rename(p.path(by), p.path(to))
}
