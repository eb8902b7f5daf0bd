//go:build linux

package test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"

	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	hostileView    = wirepb.Permission_PERMISSION_VIEW
	hostileControl = wirepb.Permission_PERMISSION_CONTROL
	ruleNotify     = wirepb.ConsentRule_CONSENT_RULE_NOTIFY
	policyDenied   = wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED
	grantInvalid   = wirepb.ErrorCode_ERROR_CODE_GRANT_INVALID
)

// hostileWorld is a real agent on a real desktop whose broker, enrolled with
// honestly, has turned against it. It has the broker's TLS key, so that the
// agent takes it for the broker.
func hostileWorld(t *testing.T, floor string) (*world, *impostor) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	t.Cleanup(cancel)
	w := &world{t: t, ctx: ctx, dir: scratch(t)}
	w.openLog()
	var err error
	w.desktop, err = bed.NewDesktop(ctx, bed.DesktopOptions{Screen: "1280x800x24", Dir: w.mkdir("desktop"), Log: w.log})
	w.must(err)
	t.Cleanup(w.desktop.Close)
	policy := filepath.Join(w.mkdir("etc"), "policy.toml")
	if floor != "" {
		w.must(os.WriteFile(policy, []byte(floor), 0o644))
	}
	b := newImpostor(ctx, t)
	bundle := filepath.Join(w.dir, "enroll.alongside")
	w.must(os.WriteFile(bundle, b.bundle(), 0o600))
	w.agent, err = bed.NewAgent(ctx, filepath.Join(programs, "alongside"), filepath.Join(w.dir, "agent"), bundle, w.desktop, w.log, "--policy", policy)
	w.must(err)
	t.Cleanup(func() { w.agent.Stop() })
	b.ready()
	return w, b
}

// TestHostileBrokerGetsNothingWithoutAPerson: whatever it claims, no media
// stream opens and no looser policy is taken.
func TestHostileBrokerGetsNothingWithoutAPerson(t *testing.T) {
	t.Parallel()
	w, b := hostileWorld(t, "")
	b.rule(b.policy(5, func(p *wirepb.DevicePolicy) { p.ViewOnly = true }))
	if r := b.report(); r.Version != 5 || r.Refused != "" {
		t.Fatalf("the honest policy: %v", r)
	}
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	w.must(err)

	// Grants: forged, for others, and those that would need nobody's yes.
	for name, c := range map[string]struct {
		key  ed25519.PrivateKey
		want wirepb.ErrorCode
		edit func(*wirepb.SessionGrant)
	}{
		"another key":    {stranger, grantInvalid, func(*wirepb.SessionGrant) {}},
		"another device": {b.grantKey, grantInvalid, func(g *wirepb.SessionGrant) { g.DeviceSpki = make([]byte, 32) }},
		"notify":         {b.grantKey, policyDenied, func(g *wirepb.SessionGrant) { g.Consent = ruleNotify }},
		"absent":         {b.grantKey, policyDenied, func(g *wirepb.SessionGrant) { g.ConsentAbsent = ruleNotify }},
		"silence": {b.grantKey, policyDenied, func(g *wirepb.SessionGrant) {
			g.OnTimeout = wirepb.TimeoutAnswer_TIMEOUT_ANSWER_ALLOW
		}},
		"control": {b.grantKey, policyDenied, func(g *wirepb.SessionGrant) { g.Permissions = append(g.Permissions, hostileControl) }},
	} {
		o := b.offer(c.key, c.edit)
		if got := b.answer(); got.Code != c.want || len(got.Receipt) > 0 {
			t.Errorf("%s: answered %v", name, got)
		}
		b.attach(o.Session, 1, false) // as if it had been a yes
		b.refused(name)
	}

	// Policies: older, under the same number, of another key, for another device.
	loose := func(p *wirepb.DevicePolicy) { p.ViewOnly = false }
	for name, s := range map[string]*wirepb.SignedPolicy{
		"rolled back": b.policy(4, loose),
		"replaced":    b.policy(5, loose),
		"another key": signPolicy(t, stranger, b.devicePolicy(6, loose)),
		"another device": b.policy(6, func(p *wirepb.DevicePolicy) {
			p.ViewOnly, p.DeviceSpki = false, make([]byte, 32)
		}),
	} {
		b.rule(s)
		if r := b.report(); r.Version != 5 || r.Refused == "" {
			t.Errorf("%s: reported %v", name, r)
		}
	}

	// The same after a new link under another key of grants, and after the agent
	// was killed: what it obeys is remembered.
	honest := b.grantKey
	b.turn(stranger)
	b.hangUp()
	if r := b.ready(); r.Version != 5 {
		t.Errorf("after a new link: %v", r)
	}
	b.rule(b.policy(9, loose))
	if r := b.report(); r.Version != 5 || r.Refused == "" {
		t.Errorf("a new key's policy: %v", r)
	}
	b.offer(stranger, func(*wirepb.SessionGrant) {})
	if got := b.answer(); got.Code != grantInvalid {
		t.Errorf("a new key's grant: %v", got)
	}
	b.turn(honest)
	w.must(w.agent.Restart())
	if r := b.ready(); r.Version != 5 {
		t.Errorf("after a restart: %v", r)
	}
	b.offer(honest, func(g *wirepb.SessionGrant) { g.Permissions = append(g.Permissions, hostileControl) })
	if got := b.answer(); got.Code != policyDenied {
		t.Errorf("after a restart control is answered %v", got)
	}

	// A good grant is asked about, and until the answer nothing opens.
	o := b.offer(honest, func(*wirepb.SessionGrant) {})
	_, err = w.desktop.Window(w.ctx, bed.ConsentTitle)
	w.must(err)
	b.attach(o.Session, 1, false)
	b.refused("while the person is asked")
	w.must(w.desktop.Answer(w.ctx, false))
	if got := b.answer(); got.Code != wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER {
		t.Errorf("No is answered %v", got)
	}
	b.attach(o.Session, 1, false)
	b.refused("after a No")
	if n := b.streams.Load(); n != 0 {
		t.Errorf("%d media streams were opened", n)
	}
}

// TestHostileBrokerTypesNothing: in a session that the person lets look, raw
// input is counted and not injected, and a recorder that nobody was told of does
// not come in.
func TestHostileBrokerTypesNothing(t *testing.T) {
	t.Parallel()
	w, b := hostileWorld(t, "view_only = true\n")
	_, err := w.desktop.Terminal(w.ctx, "Terminal", "76x20+60+60")
	w.must(err)
	b.rule(b.policy(1, func(*wirepb.DevicePolicy) {})) // would allow control
	if r := b.report(); r.Version != 1 || r.Refused != "" {
		t.Fatalf("policy: %v", r)
	}
	b.offer(b.grantKey, func(g *wirepb.SessionGrant) { g.Permissions = append(g.Permissions, hostileControl) })
	if got := b.answer(); got.Code != policyDenied {
		t.Fatalf("control beyond the floor is answered %v", got)
	}
	o := b.offer(b.grantKey, func(*wirepb.SessionGrant) {})
	w.must(w.desktop.Answer(w.ctx, true))
	if got := b.answer(); got.Code != 0 {
		t.Fatalf("Yes is answered %v", got)
	}
	b.attach(o.Session, 2, true)
	b.refused("a recorder")
	b.attach(o.Session, 1, false)
	v := <-b.media
	b.watch(v) // its first frame: the person has said yes to that
	for _, e := range []wire.Input{
		{Kind: wire.InputMotion, X: 300, Y: 300},
		{Kind: wire.InputButton, X: 300, Y: 300, Down: true},
		{Kind: wire.InputButton, X: 300, Y: 300},
		{Kind: wire.InputText, Text: "touch typed\r"},
	} {
		b.input(v, e)
	}
	w.must(w.desktop.Done(w.ctx))
	s := b.summary()
	if s.InputInjected != 0 || s.InputViewOnly != 4 || s.Updates == 0 || s.Viewers != 1 {
		t.Errorf("summary %v", s)
	}
	if _, err := os.Stat(filepath.Join(w.desktop.Dir, "typed")); err == nil {
		t.Error("the text was typed")
	}
	// Done was obeyed: the session is over whatever the broker says.
	b.attach(o.Session, 3, false)
	b.refused("after Done")
}
