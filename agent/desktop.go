package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/alongside-remote/alongside/elevation"
	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/transport"
)

// desktop is a user of a machine who got an icon or a Support Button from its service.
type desktop struct {
	User string `json:"user"`
	UID  uint32 `json:"uid"`
	GID  uint32 `json:"gid"`
	Home string `json:"home"`
}

// keepDesktop remembers that the user in front has files of ours, which go with the
// client. A client that one user runs needs no memory of whose they are. Runs on the
// loop.
func (a *agent) keepDesktop() {
	f := a.front
	d := desktop{f.User, f.UID, f.GID, f.Home}
	if !a.Elevated || f.Home == "" || slices.Contains(a.memory.kept.Desktops, d) {
		return
	}
	all := append(slices.Clone(a.memory.kept.Desktops), d)
	a.memory.kept.Desktops = all[max(0, len(all)-maxDesktops):]
	if err := a.memory.save(); err != nil {
		a.Log.Error("whose desktop has files of ours is not remembered", "err", err)
	}
}

// SweepDesktops has the files of ours that the service with this state left on the
// desktops of its machine's users removed, for each by a process of that user: nobody
// else's rights touch a home.
func SweepDesktops(ctx context.Context, state string, out io.Writer, flags ...string) error {
	var kept struct {
		Desktops []desktop `json:"desktops"`
	}
	b, err := transport.LoadState(state, memoryFile, maxMemory)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(b, &kept)
	}
	if err != nil {
		return fmt.Errorf("what the service remembers: %w", err)
	}
	var errs []error
	for _, d := range kept.Desktops {
		p, err := elevation.Launch(ctx, elevation.Spec{
			Session: terminal.Session{User: d.User, UID: d.UID, GID: d.GID, Home: d.Home}, Args: append([]string{"sweep"}, flags...), Output: out,
		})
		if err == nil {
			err = p.Wait()
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("desktop of %s: %w", d.User, err))
		}
	}
	return errors.Join(errs...)
}
