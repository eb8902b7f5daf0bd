package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/installer"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/update"
)

// markFile is where the service says that it has reached its broker.
const markFile = "update.mark"

// errNotOurs: a package manager brings newer versions of its program.
var errNotOurs = errors.New("this program was not installed by itself: what installed it brings newer versions")

type updateCmd struct {
	Fetch   updateFetchCmd   `cmd:"" help:"Look for a newer version and verify it."`
	Install updateInstallCmd `cmd:"" help:"Begin the trial of what was fetched."`
	Settle  updateSettleCmd  `cmd:"" help:"Bring a trial to its end."`
}

type (
	updateFetchCmd   struct{ floorFlag }
	updateInstallCmd struct{}
	updateSettleCmd  struct{}
)

// thisPlace is where this machine's program is replaced.
func thisPlace(e *env) (update.Place, installer.Machine, error) {
	m := thisMachine(e.log)
	if os.Geteuid() != 0 {
		return update.Place{}, m, errNotRoot
	}
	if !m.There() {
		return update.Place{}, m, errNotOurs
	}
	return update.Place{
		Dir: m.Folder(), Program: filepath.Base(m.Installed()), Mark: filepath.Join(m.State(), markFile), Service: m,
		Health: update.HealthTime, Now: time.Now, Log: e.log,
	}, m, nil
}

// Run has a newer version ready, where the machine's own policy names a mirror.
func (c *updateFetchCmd) Run(e *env) error {
	p, m, err := thisPlace(e)
	if err != nil {
		return err
	}
	floor, err := agent.ReadFloor(c.Policy)
	if err != nil {
		return err
	}
	if !floor.Updates.On() {
		fmt.Fprintln(e.out, "updates are off: the machine's policy names no mirror and root")
		return nil
	}
	mirror, root, err := mirrorOf(floor)
	if err != nil {
		return err
	}
	id, err := transport.LoadOrCreateIdentity(m.State())
	if err != nil {
		return err
	}
	v, err := p.Fetch(e.ctx, mirror, root, update.Endpoint{
		Running: version, Channel: floor.Updates.Channel, System: runtime.GOOS + "/" + runtime.GOARCH, Key: id.Public(),
	})
	if err == nil && v != "" {
		fmt.Fprintln(e.out, "ready:", v)
	}
	return err
}

func mirrorOf(f policy.Floor) (m update.Web, root [sha256.Size]byte, err error) {
	u := f.Updates
	if m.Base, err = url.Parse(u.Mirror); err != nil {
		return m, root, err
	}
	hash, err := hex.DecodeString(u.Root)
	if err != nil || len(hash) != len(root) {
		return m, root, fmt.Errorf("root %q: %w", u.Root, err)
	}
	// No environment names the proxy: whoever sets it for a service would.
	m.Client = &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(f.ProxyURL())}}
	return m, [sha256.Size]byte(hash), nil
}

// Run begins a trial.
func (updateInstallCmd) Run(e *env) error {
	p, _, err := thisPlace(e)
	if err != nil {
		return err
	}
	return p.Install(e.ctx, version)
}

// Run ends a trial. It is run by the program before the one on trial.
func (updateSettleCmd) Run(e *env) error {
	p, _, err := thisPlace(e)
	if err != nil {
		return err
	}
	return p.Settle(e.ctx)
}
