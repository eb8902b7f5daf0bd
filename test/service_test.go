//go:build linux

package test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Two accounts that every system has, and what tells their screens apart.
var people = []struct {
	account string
	width   uint32
	screen  string
}{{"games", 1024, "1024x768x24"}, {"daemon", 800, "800x600x24"}}

// person is somebody logged in at the machine.
type person struct {
	terminal.Session
	desktop *bed.Desktop
	auth    string
	user    *syscall.Credential
	width   uint32
}

// machine is a world whose endpoint is a machine with two people.
type machine struct {
	*world
	login         *bed.Machine
	service       *bed.Service
	first, second *person
}

// newMachine starts a machine with the first person in front.
func newMachine(t *testing.T) *machine {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("NEEDS ROOT: the service of a machine is root's. Nothing of this test was proved.")
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), testTimeout, errors.New("the test took too long"))
	t.Cleanup(cancel)
	// t.TempDir is below a folder that only we can enter.
	dir, err := os.MkdirTemp("", "alongside-service-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	m := &machine{world: &world{t: t, ctx: ctx, dir: dir}}
	m.must(os.Chmod(dir, 0o755))
	m.openLog()
	m.startBroker(bed.BrokerOptions{})
	m.addRep()
	m.login, err = bed.NewMachine(ctx, m.log)
	m.must(err)
	t.Cleanup(m.login.Close)
	m.first, m.second = m.logIn(0), m.logIn(1)
	m.front(m.first)
	bundle, err := m.broker.Bundle(ctx, dir)
	m.must(err)
	m.service, err = bed.NewService(ctx, filepath.Join(programs, "alongside"), m.mkdir("service"), bundle, m.login, m.log)
	m.must(err)
	t.Cleanup(func() { m.service.Stop() })
	m.ready(m.first)
	return m
}

// logIn starts a person's desktop and tells logind of it, not in front.
func (m *machine) logIn(i int) *person {
	m.t.Helper()
	u, err := user.Lookup(people[i].account)
	m.must(err)
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	m.must(err)
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	m.must(err)
	home := m.mkdir("home-" + u.Username)
	p := &person{
		auth: filepath.Join(home, "cookie"), width: people[i].width,
		user: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)},
	}
	x11test.WriteCookie(m.t, p.auth, "", bytes.Repeat([]byte{byte('a' + i)}, 16))
	for _, path := range []string{home, p.auth} {
		m.must(os.Chown(path, int(uid), int(gid)))
	}
	p.desktop, err = bed.NewUserDesktop(m.ctx, bed.DesktopOptions{Dir: home, Screen: people[i].screen, Log: m.log, Auth: p.auth, User: p.user})
	m.must(err)
	m.t.Cleanup(p.desktop.Close)
	p.Session = terminal.Session{ID: strconv.Itoa(i + 1), User: u.Username, UID: uint32(uid), Display: p.desktop.Display}
	m.must(m.login.Put(p.Session))
	return p
}

// front brings a person's session to the front, as logind tells it.
func (m *machine) front(p *person) {
	m.t.Helper()
	for _, x := range []*person{m.first, m.second} {
		if x != p && x.Active {
			x.Active = false
			m.must(m.login.Put(x.Session))
		}
	}
	p.Active = true
	m.must(m.login.Put(p.Session))
}

// ready waits until the broker knows that this person can be asked.
func (m *machine) ready(p *person) {
	m.t.Helper()
	m.desktop = p.desktop
	m.must(bed.Until(m.ctx, p.User+" to be reachable", func() (bool, error) {
		res, err := m.rep.Inventory.ListDevices(m.ctx, connect.NewRequest(&apipb.ListDevicesRequest{}))
		if err != nil || len(res.Msg.Devices) == 0 {
			return false, err
		}
		c := res.Msg.Devices[0].Capabilities
		mine := len(c.GetMonitors()) == 1 && c.Monitors[0].Width == p.width
		return mine && c.UserPresent && c.Consent.GetReason() == wirepb.Reason_REASON_OK && c.Input.GetReason() == wirepb.Reason_REASON_OK,
			fmt.Errorf("the broker knows %v", c)
	}))
}

// allow answers the prompt with a click on Yes and waits for the session.
func (m *machine) allow(p *person, s *apipb.Session) {
	m.t.Helper()
	m.must(p.desktop.Answer(m.ctx, true))
	_, err := m.rep.Phase(m.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	m.must(err)
}

// only checks that helper and tray run once each, with the rights of this person
// and nothing of root's, at this person's display.
func (m *machine) only(p *person) {
	m.t.Helper()
	roles, err := m.service.Roles()
	m.must(err)
	var names []string
	for _, r := range roles {
		names = append(names, r.Name)
		if want := slices.Repeat([]uint32{p.user.Uid}, 4); !slices.Equal(r.UIDs, want) {
			m.t.Errorf("%s has the uids %v, want %v", r.Name, r.UIDs, want)
		}
		if want := slices.Repeat([]uint32{p.user.Gid}, 4); !slices.Equal(r.GIDs, want) {
			m.t.Errorf("%s has the gids %v, want %v", r.Name, r.GIDs, want)
		}
		if r.Env["DISPLAY"] != p.Display || r.Env["XAUTHORITY"] != p.auth || r.Env["USER"] != p.User {
			m.t.Errorf("%s is at %q with %q as %q, want %q with %q as %q", r.Name,
				r.Env["DISPLAY"], r.Env["XAUTHORITY"], r.Env["USER"], p.Display, p.auth, p.User)
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"helper", "tray"}) {
		m.t.Errorf("the service runs %v, want one helper and one tray", names)
	}
}

// TestC3_I4_PromptGoesToTheUserInFront: with two people at a machine, the one in
// front is asked and only that one; the rep sees and controls that screen.
func TestC3_I4_PromptGoesToTheUserInFront(t *testing.T) {
	m := newMachine(t)
	m.only(m.first)
	s := m.ask()
	if m.second.desktop.HasWindow(bed.ConsentTitle) {
		t.Error("somebody who is not in front is asked")
	}
	m.allow(m.first, s)
	_, err := m.first.desktop.Terminal(m.ctx, "Terminal", "60x16+60+60")
	m.must(err)
	_, err = m.first.desktop.Window(m.ctx, bed.BannerTitle)
	m.must(err)
	if m.second.desktop.HasWindow(bed.BannerTitle) {
		t.Error("the banner is on the other screen")
	}
	v, err := m.rep.Watch(m.ctx, m.broker, s.Id)
	m.must(err)
	m.must(bed.SameCanvas(m.ctx, v, m.first.desktop))
	m.typeInto(v, "echo here | tee typed.txt")
	m.typed("typed.txt", "here\n")
	m.must(bed.SameCanvas(m.ctx, v, m.first.desktop))
	m.only(m.first)
}

// typeInto clicks into the terminal and types a line through a viewer.
func (m *machine) typeInto(v *viewer.Session, line string) {
	m.t.Helper()
	const enter = 0x28 // HID usage
	press := func(kind wire.InputKind, code uint16) []wire.Input {
		e := wire.Input{Kind: kind, Code: code, X: 200, Y: 200}
		down := e
		down.Down = true
		return []wire.Input{down, e}
	}
	m.must(v.Input(slices.Concat(
		[]wire.Input{{Kind: wire.InputMotion, X: 200, Y: 200}}, press(wire.InputButton, 0),
		[]wire.Input{{Kind: wire.InputText, Text: line}}, press(wire.InputKey, enter),
	)...))
}

// TestC3_ServiceTakesNoAnswerFromOthers: neither the other user nor a program
// of the one who is asked can answer, and the other cannot reach the prompt.
func TestC3_ServiceTakesNoAnswerFromOthers(t *testing.T) {
	m := newMachine(t)
	s := m.ask()
	for _, c := range []struct {
		who  *person
		want wirepb.ErrorCode
	}{
		{m.second, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN},
		{m.first, wirepb.ErrorCode_ERROR_CODE_MALFORMED}, // may connect; there is no such verb
	} {
		out, err := bed.RunAs(m.ctx, c.who.user, []string{forgeVariable + "=" + m.service.Endpoint}, m.forger())
		if err != nil || out != c.want.String() {
			t.Errorf("%s was told %q (%v), want %v", c.who.User, out, err, c.want)
		}
	}
	// The X server of the one who is asked lets in who has its cookie.
	root := []string{"xprop", "-root", "_NET_SUPPORTING_WM_CHECK"}
	for _, auth := range []string{m.first.auth, m.second.auth, ""} {
		env := []string{"PATH=" + os.Getenv("PATH"), "DISPLAY=" + m.first.Display, "XAUTHORITY=" + auth}
		if out, err := bed.RunAs(m.ctx, m.second.user, env, root[0], root[1:]...); err == nil {
			t.Errorf("the other user reached the screen with %q: %s", auth, out)
		}
		if auth == m.first.auth {
			if out, err := bed.RunAs(m.ctx, m.first.user, env, root[0], root[1:]...); err != nil {
				t.Errorf("its own user did not reach the screen: %s", out)
			}
		}
	}
	got, err := m.rep.Sessions.Get(m.ctx, connect.NewRequest(&apipb.GetRequest{Id: s.Id}))
	m.must(err)
	if got.Msg.Session.Phase != apipb.SessionPhase_SESSION_PHASE_AWAITING_CONSENT {
		t.Errorf("the session is %v", got.Msg.Session.Phase)
	}
	if !m.first.desktop.HasWindow(bed.ConsentTitle) {
		t.Error("the prompt is gone")
	}
	m.allow(m.first, s) // the person still can
}

// TestC3_V7_ConsentStaysWithTheUserInFront: the consent is one person's. When
// another comes to the front nothing is shown until that one has said yes, and a
// No ends the session; nothing stays at the first screen.
func TestC3_V7_ConsentStaysWithTheUserInFront(t *testing.T) {
	m := newMachine(t)
	s := m.ask()
	m.allow(m.first, s)
	before := m.service.Tree()[1:]
	m.front(m.second)
	m.must(m.second.desktop.Answer(m.ctx, false))
	s, err := m.rep.Phase(m.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED)
	m.must(err)
	if s.Code != wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER || s.EndedBy != wirepb.EndedBy_ENDED_BY_CUSTOMER {
		t.Errorf("ended by %v with %v %q", s.EndedBy, s.Code, s.Detail)
	}
	m.ready(m.second)
	m.must(bed.Until(m.ctx, "what ran for the first user to end", func() (bool, error) { return bed.Gone(before...) }))
	m.only(m.second)
	if m.first.desktop.HasWindow(bed.BannerTitle) {
		t.Error("the banner is still on the first screen")
	}
	s = m.ask()
	if m.first.desktop.HasWindow(bed.ConsentTitle) {
		t.Error("the first user is asked, too")
	}
	m.allow(m.second, s)
	v, err := m.rep.Watch(m.ctx, m.broker, s.Id)
	m.must(err)
	m.must(bed.SameCanvas(m.ctx, v, m.second.desktop))
}

// TestC3_ServiceWithdrawsWhenTheUserLeaves: a prompt that stands when the person
// leaves is a No, and does not move to the next one.
func TestC3_ServiceWithdrawsWhenTheUserLeaves(t *testing.T) {
	m := newMachine(t)
	s := m.ask()
	m.front(m.second)
	s, err := m.rep.Phase(m.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_DENIED, apipb.SessionPhase_SESSION_PHASE_ENDED, apipb.SessionPhase_SESSION_PHASE_CANCELLED)
	m.must(err)
	if s.Code != wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT {
		t.Errorf("code %v", s.Code)
	}
	m.ready(m.second)
	for _, p := range []*person{m.first, m.second} {
		if p.desktop.HasWindow(bed.ConsentTitle) {
			t.Errorf("%s still reads the prompt", p.User)
		}
	}
}

// TestL7_ServiceLeavesNothing: SIGTERM ends the session, every process, also the
// prompt's, and removes the socket.
func TestL7_ServiceLeavesNothing(t *testing.T) {
	m := newMachine(t)
	s := m.ask()
	before := m.service.Tree()
	if len(before) < 3 {
		t.Fatalf("processes %v: no helper or no tray", before)
	}
	m.must(m.service.Signal(syscall.SIGTERM))
	select {
	case <-m.service.Done():
	case <-m.ctx.Done():
		t.Fatal("the service does not end: ", context.Cause(m.ctx))
	}
	if err := m.service.Err(); err != nil {
		t.Errorf("the service ended with %v", err)
	}
	// The end of what was killed takes the kernel a moment.
	m.must(bed.Until(m.ctx, "everything to end", func() (bool, error) { return bed.Gone(before...) }))
	if _, err := os.Stat(m.service.Endpoint); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("socket: %v", err)
	}
	if m.first.desktop.HasWindow(bed.ConsentTitle) {
		t.Error("the prompt is still on the screen")
	}
	got, err := m.rep.Sessions.Get(m.ctx, connect.NewRequest(&apipb.GetRequest{Id: s.Id}))
	m.must(err)
	if p := got.Msg.Session.Phase; p == apipb.SessionPhase_SESSION_PHASE_ACTIVE || strings.Contains(p.String(), "AWAITING") {
		t.Errorf("the session is %v", p)
	}
}
