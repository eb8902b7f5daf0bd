//go:build linux

package test

import (
	"os"
	"path/filepath"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/test/bed"
)

// TestR11_ThroughAProxy: where the machine's policy names a proxy, enrollment and link go
// through it, a session too, and the link is back when the proxy is.
func TestR11_ThroughAProxy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{noAgent: true})
	w.terminal()
	wire, err := bed.NewCut(w.broker.Listen) // it carries TCP alone
	w.must(err)
	t.Cleanup(wire.Close)
	proxy, err := bed.NewProxy(w.ctx, w.mkdir("proxy"), w.log)
	w.must(err)
	t.Cleanup(func() { proxy.Stop() })
	policy := filepath.Join(w.mkdir("etc"), "policy.toml")
	w.must(os.WriteFile(policy, []byte("proxy = \""+proxy.URL+"\"\n"), 0o600))
	bundle, err := w.broker.BundleVia(w.ctx, w.dir, wire.Addr)
	w.must(err)
	w.agent, err = bed.NewAgent(w.ctx, filepath.Join(programs, "alongside"), filepath.Join(w.dir, "agent"), bundle, w.desktop, w.log, "--policy", policy)
	w.must(err)
	t.Cleanup(func() { w.agent.Stop() })

	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	before, err := proxy.Tunnels(wire.Addr)
	w.must(err)
	if before != 2 {
		t.Errorf("%d tunnels, want one to enroll and one that stays", before)
	}
	s := w.begin(d.Id)
	v, err := w.rep.Watch(w.ctx, w.broker, s.Id)
	w.must(err)
	w.must(bed.SameCanvas(w.ctx, v, w.desktop))

	proxy.Stop()
	w.must(bed.Until(w.ctx, "the device to be offline", func() (bool, error) {
		r, err := w.rep.Inventory.GetDevice(w.ctx, connect.NewRequest(&apipb.GetDeviceRequest{Id: d.Id}))
		return err == nil && !r.Msg.Device.Online, err
	}))
	w.must(proxy.Start(w.ctx))
	_, err = w.rep.Device(w.ctx, w.host)
	w.must(err)
	if after, err := proxy.Tunnels(wire.Addr); err != nil || after <= before {
		t.Errorf("%d tunnels when it is back, %d before: %v", after, before, err)
	}
}
