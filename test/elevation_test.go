//go:build linux

package test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// The accounts of the machine beside the customer's. What they type is found nowhere
// afterwards.
const (
	adminPassword = "canary-7f3a-admin"
	plainPassword = "canary-7f3a-plain"
	wrongPassword = "canary-7f3a-wrong"
)

// plainUser is a world whose client is run by a user, on a machine with polkit.
type plainUser struct {
	*world
	polkit  *bed.Polkit
	user    *syscall.Credential
	session *apipb.Session
}

func newPlainUser(t *testing.T) *plainUser { return newManagedUser(t, "") }

// newManagedUser is the same with a service manager that a program plays.
func newManagedUser(t *testing.T, manager string) *plainUser {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("NEEDS ROOT, for a machine with accounts of its own. Nothing of this test was proved.")
	}
	if missing := bed.PolkitNeeds(); missing != "" {
		t.Skipf("NEEDS %s. Nothing of this test was proved.", missing)
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), testTimeout, errors.New("the test took too long"))
	t.Cleanup(cancel)
	dir, err := os.MkdirTemp("", "alongside-elevation-") //nolint:usetesting // the user has to be able to enter it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	w := &plainUser{world: &world{t: t, ctx: ctx, dir: dir}}
	w.must(os.Chmod(dir, 0o755))
	w.openLog()
	w.startBroker(bed.BrokerOptions{})
	w.addRep()
	w.polkit, err = bed.NewPolkit(ctx, w.mkdir("system"), manager, w.log,
		bed.Account{Name: "boss", Password: adminPassword, Admin: true},
		bed.Account{Name: "left", Password: adminPassword, Admin: true, Expired: true},
		bed.Account{Name: "plain", Password: plainPassword})
	w.must(err)
	t.Cleanup(w.polkit.Kill)
	w.startDesktop()
	bundle, err := w.broker.Bundle(ctx, dir)
	w.must(err)
	w.agent, err = w.polkit.NewAgentThere(filepath.Join(programs, "alongside"), filepath.Join(w.desktop.Dir, "state"), bundle, w.desktop, w.log)
	w.must(err)
	t.Cleanup(func() { w.agent.Stop() })
	w.session = w.askWhenThere()
	w.must(w.desktop.Answer(ctx, true))
	_, err = w.rep.Phase(ctx, w.session.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	w.must(err)
	return w
}

// startDesktop starts the desktop of a user that every system has.
func (w *plainUser) startDesktop() {
	w.t.Helper()
	u, err := user.Lookup(people[0].account)
	w.must(err)
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	w.must(err)
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	w.must(err)
	w.user = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	home := w.mkdir("home")
	auth := filepath.Join(home, "cookie")
	x11test.WriteCookie(w.t, auth, "", bytes.Repeat([]byte{'e'}, 16))
	for _, path := range []string{home, auth} {
		w.must(os.Chown(path, int(uid), int(gid)))
	}
	w.desktop, err = bed.NewUserDesktop(w.ctx, bed.DesktopOptions{Dir: home, Screen: people[0].screen, Log: w.log, Auth: auth, User: w.user})
	w.must(err)
	w.t.Cleanup(w.desktop.Close)
}

// askWhenThere starts a session once the device can be asked.
func (w *plainUser) askWhenThere() *apipb.Session {
	w.t.Helper()
	w.must(bed.Until(w.ctx, "the device to be reachable", func() (bool, error) {
		res, err := w.rep.Inventory.ListDevices(w.ctx, connect.NewRequest(&apipb.ListDevicesRequest{}))
		if err != nil || len(res.Msg.Devices) == 0 {
			return false, err
		}
		c := res.Msg.Devices[0].Capabilities
		return c.GetConsent().GetReason() == wirepb.Reason_REASON_OK && c.GetScreen().GetReason() == wirepb.Reason_REASON_OK, fmt.Errorf("the broker knows %v", c)
	}))
	return w.ask()
}

func (w *plainUser) now() *apipb.Session {
	w.t.Helper()
	got, err := w.rep.Sessions.Get(w.ctx, connect.NewRequest(&apipb.GetRequest{Id: w.session.Id}))
	w.must(err)
	return got.Msg.Session
}

// elevate tries: by the customer's desktop, or with somebody's credentials.
func (w *plainUser) elevate(who, password string) {
	w.t.Helper()
	offer := w.now().ElevationOffer
	r := &apipb.ElevateRequest{SessionId: w.session.Id, Method: wirepb.ElevationMethod_ELEVATION_METHOD_PROMPT_CUSTOMER, Nonce: make([]byte, wire.SessionIDSize)}
	_, _ = rand.Read(r.Nonce)
	if who != "" {
		b, err := hex.DecodeString(w.session.Id)
		w.must(err)
		id, err := wire.ParseSessionID(b)
		w.must(err)
		r.Method = wirepb.ElevationMethod_ELEVATION_METHOD_SPECIFIC_USER
		r.Sealed, err = wire.SealCredentials(offer.GetKey(), id, r.Nonce, &wirepb.ElevationCredentials{User: who, Password: password})
		w.must(err)
	}
	_, err := apipbconnect.NewElevationServiceClient(w.rep.HTTP, w.broker.Console).Elevate(w.ctx, connect.NewRequest(r))
	w.must(err)
}

// tried waits for the result of a try, the count-th of the session.
func (w *plainUser) tried(count uint32, state wirepb.ElevationState) *apipb.Elevation {
	w.t.Helper()
	var last *apipb.Elevation
	w.must(bed.Until(w.ctx, "the try to be over", func() (bool, error) {
		s := w.now()
		if s.Phase != apipb.SessionPhase_SESSION_PHASE_ACTIVE {
			w.t.Fatalf("the session is %v: %v", s.Phase, s.Code)
		}
		last = s.Elevation
		over := last.GetState() == wirepb.ElevationState_ELEVATION_STATE_DONE || last.GetState() == wirepb.ElevationState_ELEVATION_STATE_REFUSED
		return last.GetCount() == count && over, fmt.Errorf("it is %v", last)
	}))
	if last.State != state {
		w.t.Fatalf("it came to %v", last)
	}
	return last
}

// viewerPatience is how long one viewer may take to show the true picture.
const viewerPatience = 20 * time.Second

// watch attaches a viewer and waits for the true picture.
func (w *plainUser) watch() (v *viewer.Session) {
	w.t.Helper()
	w.must(bed.Until(w.ctx, "a viewer to show the desktop", func() (_ bool, err error) {
		if v, err = w.rep.Watch(w.ctx, w.broker, w.session.Id); err != nil {
			return false, err
		}
		ctx, cancel := context.WithTimeout(w.ctx, viewerPatience)
		defer cancel()
		err = bed.SameCanvas(ctx, v, w.desktop)
		return err == nil, err
	}))
	return v
}

// roots are the processes of this program that run with the rights of root, below the
// agent of the user.
func (w *plainUser) roots() (all []int) {
	w.t.Helper()
	for _, pid := range w.agent.Tree() {
		argv, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if bytes.HasPrefix(argv, []byte(filepath.Join(programs, "alongside")+"\x00elevated")) && bytes.Contains(status, []byte("\nUid:\t0\t0\t0\t0\n")) {
			all = append(all, pid)
		}
	}
	return all
}

// over waits until nothing of the elevated client is left and the user's is back.
func (w *plainUser) over() {
	w.t.Helper()
	w.must(bed.Until(w.ctx, "the elevated client to be gone", func() (bool, error) { return len(w.roots()) == 0, nil }))
	w.session = w.askWhenThere()
}

// nowhere looks for a text in all that the test's programs have written, and in what
// the kernel shows of the client's processes.
func (w *plainUser) nowhere(texts ...string) {
	w.t.Helper()
	look := func(path string) {
		b, _ := os.ReadFile(path)
		for _, text := range texts {
			if bytes.Contains(b, []byte(text)) {
				w.t.Errorf("%s holds %q", path, text)
			}
		}
	}
	for _, pid := range w.agent.Tree() {
		look(fmt.Sprintf("/proc/%d/cmdline", pid))
		look(fmt.Sprintf("/proc/%d/environ", pid))
	}
	w.must(filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && !strings.HasPrefix(path, filepath.Join(w.dir, "system")) {
			look(path)
		}
		return nil
	}))
}

// TestV3_V5_V10_CustomerElevatesTheClient: the rep asks, the system asks the customer,
// an administrator's password is typed there, and the session goes on with a service
// of root's: the same session, with frames, the right to switch terminal sessions, and
// nobody logged out. It ends with the session, and the user's own client is back.
func TestV3_V5_V10_CustomerElevatesTheClient(t *testing.T) {
	w := newPlainUser(t)
	w.watch()
	term, err := w.desktop.Terminal(w.ctx, "Terminal", "60x16+60+60")
	w.must(err)
	q, err := w.polkit.Desktop(w.ctx, w.user, w.agent.PID())
	w.must(err)
	defer q.Close()
	w.must(bed.Until(w.ctx, "the offer", func() (bool, error) { return w.now().ElevationOffer != nil, nil }))
	w.elevate("", "")
	w.must(q.Answer(w.ctx, "boss", adminPassword))
	w.tried(1, wirepb.ElevationState_ELEVATION_STATE_DONE)
	if n := len(w.roots()); n != 1 {
		t.Errorf("%d elevated clients run as root", n)
	}
	w.must(bed.Until(w.ctx, "the rights", func() (bool, error) { return w.now().Elevated, nil }))
	w.watch()
	_, err = w.desktop.Window(w.ctx, bed.BannerTitle)
	w.must(err)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", term.PID()))
	w.must(err)
	if want := fmt.Sprintf("\nUid:\t%d\t", w.user.Uid); !strings.Contains(string(status), want) {
		t.Errorf("the customer's programs run otherwise than before: %s", status)
	}
	w.nowhere(adminPassword)
	// The customer ends it; who asks for the next session asks the user's own client.
	first := w.session.Id
	w.must(w.desktop.Done(w.ctx))
	_, err = w.rep.Phase(w.ctx, first, apipb.SessionPhase_SESSION_PHASE_ENDED)
	w.must(err)
	w.over()
	w.results("session.elevation", "ok")
}

// TestV6_D7_SpecificUserElevatesTheClient: the person in front is asked before each try, and
// a No is none; who is no administrator, whose account has
// expired and who types a wrong password are each told so, and the session goes on; in
// the next one, the right password elevates. It is in no file, no log and no argument.
func TestV6_D7_SpecificUserElevatesTheClient(t *testing.T) {
	w := newPlainUser(t)
	w.must(bed.Until(w.ctx, "the offer", func() (bool, error) { return w.now().ElevationOffer != nil, nil }))
	for i, c := range []struct {
		who, password string
		yes           bool
		want          wirepb.ErrorCode
	}{
		{"boss", adminPassword, false, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER},
		{"plain", plainPassword, true, wirepb.ErrorCode_ERROR_CODE_NOT_ADMINISTRATOR},
		{"left", adminPassword, true, wirepb.ErrorCode_ERROR_CODE_ACCOUNT_LOCKED},
		{"boss", wrongPassword, true, wirepb.ErrorCode_ERROR_CODE_BAD_CREDENTIALS},
	} {
		w.elevate(c.who, c.password)
		w.must(w.desktop.Answer(w.ctx, c.yes))
		if got := w.tried(uint32(i+1), wirepb.ElevationState_ELEVATION_STATE_REFUSED); got.Code != c.want {
			t.Errorf("%s: %v", c.who, got)
		}
	}
	w.watch()
	_, err := w.rep.Sessions.End(w.ctx, connect.NewRequest(&apipb.EndRequest{Id: w.session.Id}))
	w.must(err)
	w.session = w.askWhenThere()
	w.must(w.desktop.Answer(w.ctx, true))
	w.must(bed.Until(w.ctx, "the offer", func() (bool, error) { return w.now().ElevationOffer != nil, nil }))
	w.elevate("boss", adminPassword)
	w.must(w.desktop.Answer(w.ctx, true))
	w.tried(1, wirepb.ElevationState_ELEVATION_STATE_DONE)
	w.results("session.elevation_consent", "ok", "ok", "ok", "ok")
	if n := len(w.roots()); n != 1 {
		t.Errorf("%d elevated clients run as root", n)
	}
	w.watch()
	w.nowhere(adminPassword, plainPassword, wrongPassword)
	_, err = w.rep.Sessions.End(w.ctx, connect.NewRequest(&apipb.EndRequest{Id: w.session.Id}))
	w.must(err)
	w.over()
	w.nowhere(adminPassword, plainPassword, wrongPassword)
}
