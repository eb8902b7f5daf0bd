package broker

import (
	"context"
	"slices"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// policy is the next policy that a device is told, checked as the device does.
func (a *agent) policy() *wirepb.DevicePolicy {
	a.t.Helper()
	s := await(a, "policy", func(m *wirepb.BrokerMessage) (*wirepb.SignedPolicy, bool) { return m.GetPolicy(), m.GetPolicy() != nil })
	p, err := wire.VerifyPolicy(a.hi.GrantKey, a.id.Pin(), s.Policy, s.Signature)
	if err != nil {
		a.t.Fatal(err)
	}
	return p
}

func TestDevicesAreToldTheirPolicy(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	a := n.online()
	first := a.policy()
	expires := time.UnixMilli(first.ExpiresUnixMs).Sub(n.now())
	if !first.RemoteSupport || first.ViewOnly || !first.ConsentRequired || expires < 7*24*time.Hour-time.Minute || expires > 7*24*time.Hour {
		t.Fatalf("at first: %v, for %v", first, expires)
	}
	// The same again after a new link, so that nothing is written for it.
	a.link.Close(nil)
	eventually(t, "offline", func() bool { return !n.b.fleet.Linked(a.dev) })
	a.connect()
	if again := a.policy(); again.Version != first.Version || again.ExpiresUnixMs != first.ExpiresUnixMs {
		t.Fatalf("again: %v", again)
	}
	ada.set(t, "view_only", "on", "desktop_icon", "true", "reason_min", "12", "consent_absent", "notify")
	second := a.policy()
	if second.Version <= first.Version || !second.ViewOnly || !second.DesktopIcon || second.ReasonMin != 12 || second.ConsentRequired {
		t.Fatalf("after a change: %v", second)
	}
	// What is nothing to the device is not told.
	ada.set(t, "recording", "on")
	no := false
	ada.updateDevice(t, &apipb.UpdateDeviceRequest{Id: a.dev, Entitled: &no})
	third := a.policy()
	if third.Version <= second.Version || third.RemoteSupport {
		t.Fatalf("without entitlement: %v", third)
	}
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Policy{Policy: &wirepb.PolicyReport{
		Version: second.Version, EffectiveHash: make([]byte, 32), Refused: "older than\nthe last",
	}}})
	eventually(t, "report", func() bool { return ada.device(t, a.dev).Policy.GetRefused() != "" })
	if p := ada.device(t, a.dev).Policy; p.Told != third.Version || p.Obeyed != second.Version || p.Refused != "older than the last" || p.ExpiresAt == nil {
		t.Errorf("%v", p)
	}
	if r := n.records(action("device.policy_refused")); len(r) != 1 || r[0].Actor != "device:"+a.dev {
		t.Errorf("%v", r)
	}
	// A day later it is renewed, also by a broker that was started again.
	n.advance(25 * time.Hour)
	n.restart()
	a.connect()
	if later := a.policy(); later.Version <= third.Version || later.ExpiresUnixMs <= third.ExpiresUnixMs {
		t.Errorf("a day later: %v", later)
	}
}

func TestAnotherProcessChangesTheScopes(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	a := n.online()
	a.policy()
	beside, err := OpenBooks(t.Context(), n.data, n.b.conf.Log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = beside.Close() }()
	l := n.b.book.Scopes()
	l.List = slices.Clone(l.List)
	l.List[0].Settings = map[policy.Key]string{policy.RemoteSupportKey: "true", policy.ViewOnlyKey: "true"}
	if err := beside.store.Update(t.Context(), func(tx *store.Tx) error { return tx.PutScopes(l) }); err != nil {
		t.Fatal(err)
	}
	if err := n.b.book.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !a.policy().ViewOnly || ada.scopes(t).Version != l.Version+1 {
		t.Errorf("%v", ada.scopes(t))
	}
}

func TestE14_ConsolesSeeWhatScopesChange(t *testing.T) {
	n := newBench(t)
	ada, rob := n.rep("ada"), n.rep("rob")
	a := n.online()
	lab := ada.save(t, &apipb.Scope{Name: "Lab", Devices: &apipb.Matcher{Tags: []string{"lab"}}})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	watch := func(view string) func(want bool) {
		w, err := rob.live.Watch(ctx, connect.NewRequest(&apipb.WatchRequest{View: view}))
		if err != nil || !w.Receive() || w.Msg().GetSnapshot() == nil {
			t.Fatal(err, w.Err())
		}
		return func(want bool) {
			t.Helper()
			told := false
			for w.Receive() {
				told = told || w.Msg().GetChanged() == "settings"
				if s := w.Msg().GetSnapshot(); s != nil {
					if got := len(s.Devices) == 1 && !actionOf(t, s.Devices[0], "support").Enabled; !told || got != want {
						t.Fatalf("view %q: %v, want the device without its action: %t", view, s.Devices, want)
					}
					return
				}
			}
			t.Fatal(w.Err())
		}
	}
	all, some := watch(""), watch(lab.Id)
	ada.set(t, "remote_support", "false")
	all(true)
	some(false)
	lab.Devices = &apipb.Matcher{Names: []string{a.info.Hostname}}
	ada.save(t, lab)
	all(true)
	some(true)
}
