package update

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// Settle brings a trial to its end, from wherever it is. Without one it does nothing.
func (p Place) Settle(ctx context.Context) error {
	j, err := ReadJournal(p.Dir)
	if err != nil || j.Trial == nil {
		return err
	}
	if j.Trial.Back == "" {
		why, detail := p.try(ctx, j.Trial)
		if ctx.Err() != nil {
			return ctx.Err() // the machine goes down; it goes on from here
		}
		if why == Installed {
			p.Log.Info("a new version is installed", "version", j.Trial.To)
			return p.over(j, why, "")
		}
		p.Log.Warn("a new version does not work, going back", "version", j.Trial.To, "to", j.Trial.From, "why", why, "detail", detail)
		j.Trial.Back = why
		j.Last = &Outcome{Version: j.Trial.To, Reason: why, Detail: detail, At: p.Now().UTC()}
		if err := save(p.path(journalFile), j); err != nil {
			return err
		}
		p.step("giving up")
	}
	return p.back(ctx, j)
}

// try has the new program run.
func (p Place) try(ctx context.Context, t *Trial) (Reason, string) {
	if err := rename(p.path(nextFile), p.path(p.Program)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return NotStarting, err.Error()
	}
	p.step("swapped")
	return p.healthy(ctx, t.Mark(t.To))
}

// healthy starts the service again and waits until it has reached its broker.
func (p Place) healthy(ctx context.Context, want Mark) (Reason, string) {
	if err := p.restart(ctx); err != nil {
		return Crashed, err.Error()
	}
	p.step("started")
	ctx, cancel := context.WithTimeout(ctx, p.Health)
	defer cancel()
	for {
		var got Mark
		if err := load(p.Mark, maxMark, &got); err == nil && got == want {
			return Installed, ""
		}
		select {
		case <-time.After(markEvery):
		case <-ctx.Done():
			return NotConnected, fmt.Sprintf("no broker within %s", p.Health)
		}
	}
}

func (p Place) restart(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, restartTime)
	defer cancel()
	return p.Service.Restart(ctx)
}

// back has the last program run again.
func (p Place) back(ctx context.Context, j Journal) error {
	if err := p.link(lastFile, backFile, p.Program); err != nil {
		return err
	}
	p.step("swapped back")
	why := j.Trial.Back
	got, detail := p.healthy(ctx, j.Trial.Mark(j.Trial.From))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if got == NotConnected && why == NotConnected {
		why = BrokerAway // nothing is said against the new one
	} else if j.Last != nil {
		detail = j.Last.Detail
	}
	return p.over(j, why, detail)
}

// over ends the trial.
func (p Place) over(j Journal, r Reason, detail string) error {
	version := j.Trial.To
	j.Trial = nil
	j.end(version, r, detail, p.Now())
	if err := save(p.path(journalFile), j); err != nil {
		return err
	}
	p.step("over")
	if err := os.Remove(p.path(nextFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// WriteMark notes for whoever settles a trial that the service of a version has reached its
// broker. Dir is the Place's folder, path its Mark.
func WriteMark(dir, path, version string) error {
	j, err := ReadJournal(dir)
	if err != nil || j.Trial == nil {
		return err
	}
	return save(path, j.Trial.Mark(version))
}
