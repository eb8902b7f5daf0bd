//go:build linux

package test

import (
	"os"
	"path/filepath"
	"testing"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/test/bed"
)

// TestK_UninstallLeavesNothing: without a word to the broker not under a service that
// runs; with it, the broker forgets the device, the service ends, and key,
// enrollment, socket, contact and Support Buttons are gone. Other files in the same folders
// stay.
func TestK_UninstallLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{noAgent: true})
	mine := filepath.Join(w.desktop.Dir, "config", "alongside", "not-ours")
	w.must(os.MkdirAll(filepath.Dir(mine), 0o700))
	w.must(os.WriteFile(mine, nil, 0o600))
	before, err := w.desktop.Tree()
	w.must(err)
	bundle, err := w.broker.Bundle(w.ctx, w.dir)
	w.must(err)
	program, state := filepath.Join(programs, "alongside"), filepath.Join(w.desktop.Dir, "state")
	w.agent, err = bed.NewAgent(w.ctx, program, state, bundle, w.desktop, w.log)
	w.must(err)
	t.Cleanup(func() { w.agent.Stop() })
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	w.must(os.WriteFile(filepath.Join(w.desktop.Dir, "config", "alongside", "contact.json"), []byte("{}"), 0o600))

	// A Support Button, which its session outlasts.
	profile, _ := w.shop()
	session := w.ask()
	w.must(w.desktop.Answer(w.ctx, true))
	w.active(session)
	_, err = apipbconnect.NewButtonServiceClient(w.rep.HTTP, w.broker.Console).Deploy(w.ctx,
		connect.NewRequest(&apipb.DeployRequest{SessionId: session.Id, ProfileId: profile, LastsS: 3600}))
	w.must(err)
	w.entries(2)

	uninstall := func(args ...string) error {
		p, err := w.desktop.Start(program, append([]string{"uninstall", "--state", state}, args...)...)
		w.must(err)
		<-p.Done()
		return p.Err()
	}
	if uninstall() == nil {
		t.Fatal("uninstalled under a running service")
	}
	w.must(uninstall("--forget"))
	<-w.agent.Done()
	after, err := w.desktop.Tree()
	w.must(err)
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("files before and after: %s", d)
	}
	if _, err := w.rep.Start(w.ctx, d.Id); err == nil {
		t.Error("the broker starts a session on a device that it was to forget")
	}
	w.must(uninstall("--forget")) // nothing is there: nothing to do
}
