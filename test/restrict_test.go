//go:build linux

package test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"connectrpc.com/connect"
	"github.com/jezek/xgb/randr"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/internal/x11"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const keyReturn = 0xff0d

// seat is a world whose customer has a keyboard and a mouse of their own.
type seat struct {
	*world
	customer *x11test.Person
	session  string
	viewer   *bed.Viewer
}

func (s *seat) restrict(input, screen bool) error {
	_, err := apipbconnect.NewMachineServiceClient(s.rep.HTTP, s.broker.Console).
		Restrict(s.ctx, connect.NewRequest(&apipb.RestrictRequest{SessionId: s.session, Input: input, Screen: screen}))
	return err
}

// told waits until the rep is told what is held, and why.
func (s *seat) told(input, screen bool, code wirepb.ErrorCode) *apipb.Restriction {
	s.t.Helper()
	var r *apipb.Restriction
	s.must(bed.Until(s.ctx, "the rep to be told "+code.String(), func() (bool, error) {
		a, err := s.rep.Sessions.Get(s.ctx, connect.NewRequest(&apipb.GetRequest{Id: s.session}))
		if err != nil {
			return false, err
		}
		r = a.Msg.Session.Restriction
		return r.GetInput() == input && r.GetScreen() == screen && r.GetCode() == code, nil
	}))
	return r
}

func (s *seat) start(device string) {
	s.t.Helper()
	s.session = s.begin(device).Id
	var err error
	s.viewer, err = s.rep.View(s.ctx, s.broker, s.session, viewer.Options{})
	s.must(err)
	s.t.Cleanup(func() { _ = s.viewer.Close() })
	s.must(bed.Until(s.ctx, "the rep to control", func() (bool, error) {
		st := s.viewer.State()
		return st.GetReason() == wirepb.Reason_REASON_OK && st.Control, nil
	}))
}

// writes is what the customer does in the terminal: a file of that name.
func (s *seat) writes(name string) {
	s.t.Helper()
	s.customer.Type("touch " + name)
	s.customer.Press(keyReturn)
}

func (s *seat) wrote(name string) {
	s.t.Helper()
	s.must(bed.Until(s.ctx, "the file "+name, func() (bool, error) {
		_, err := os.Stat(filepath.Join(s.desktop.Dir, name))
		return err == nil, ignore(err, fs.ErrNotExist)
	}))
}

func ignore(err, what error) error {
	if errors.Is(err, what) {
		return nil
	}
	return err
}

// unheard checks, behind something that the customer did and that arrived, or the rep,
// that what they did before did not.
func (s *seat) unheard(name string) {
	s.t.Helper()
	all, err := os.ReadDir(s.desktop.Dir)
	s.must(err)
	for _, f := range all {
		if strings.Contains(f.Name(), name) {
			s.t.Errorf("what the customer typed arrived: %s", f.Name())
		}
	}
}

func (s *seat) dark() bool {
	s.t.Helper()
	c, err := x11.Open(s.ctx, x11.Target{Display: s.desktop.Display})
	s.must(err)
	defer c.Close()
	_, err = c.Extension("RANDR")
	s.must(err)
	res, err := randr.GetScreenResourcesCurrent(c.Conn, c.Root).Reply()
	s.must(err)
	g, err := randr.GetCrtcGamma(c.Conn, res.Crtcs[0]).Reply()
	s.must(err)
	return !slices.ContainsFunc(g.Red, func(v uint16) bool { return v != 0 })
}

func (s *seat) light(what string) {
	s.t.Helper()
	s.must(bed.Until(s.ctx, what, func() (bool, error) { return !s.dark(), nil }))
}

func newSeat(t *testing.T) (*seat, string) {
	w := newWorld(t, setup{desktop: bed.DesktopOptions{Server: "Xtigervnc"}})
	s := &seat{world: w, customer: x11test.Sit(t, w.desktop.Seat())}
	w.must(w.desktop.Run(`xrandr --output $(xrandr | sed -n 's/ connected.*//p') --gamma 1:1:1`))
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	w.set(d.Id, map[string]string{"restrict_input": "true", "privacy_screen": "true"})
	s.terminal()
	return s, d.Id
}

// TestX15_TheCustomerTakesControlBack: what the customer types does nothing while the rep
// restricts it, and what the rep types arrives; a press on the banner gives it back at
// once, and for the rest of the session; the audit log has all of it.
func TestX15_TheCustomerTakesControlBack(t *testing.T) {
	t.Parallel()
	s, device := newSeat(t)
	s.writes("before")
	s.wrote("before")
	s.start(device)
	plain, err := s.desktop.Banner()
	s.must(err)
	s.must(s.restrict(true, false))
	s.told(true, false, 0)
	s.must(bed.Until(s.ctx, "the banner to say so", func() (bool, error) {
		now, err := s.desktop.Banner()
		return now != plain, err
	}))
	s.writes("taken")
	s.must(s.viewer.Input(wire.Input{Kind: wire.InputText, Text: "touch rep\r"}))
	s.wrote("rep")
	at, err := s.desktop.BannerArea()
	s.must(err)
	s.customer.Click(at.Min.X+30, at.Min.Y+10)
	if r := s.told(false, false, wirepb.ErrorCode_ERROR_CODE_TAKEN_BACK); !r.ByCustomer {
		t.Errorf("told %v", r)
	}
	s.customer.Click(300, 300)
	s.writes("back")
	s.wrote("back")
	s.unheard("taken")
	if err := s.restrict(true, false); err == nil || !strings.Contains(err.Error(), "took control back") {
		t.Errorf("again: %v", err)
	}
	l, err := s.rep.Office(s.broker).Audit.ListAudit(s.ctx, connect.NewRequest(&apipb.ListAuditRequest{SessionId: s.session}))
	s.must(err)
	var got []string
	for _, r := range l.Msg.Records {
		if strings.HasPrefix(r.Action, "session.restrict") {
			got = append(got, r.Action+" "+r.Detail+" "+r.Result)
		}
	}
	slices.Sort(got)
	want := []string{
		"session.restrict input=true screen=false ok",
		"session.restricted input=false screen=false taken_back",
		"session.restricted input=true screen=false ok",
	}
	if !slices.Equal(got, want) {
		t.Errorf("recorded %q, want %q", got, want)
	}
}

// TestX15_NothingStaysWhenTheHelperIsKilled: the customer's keys work and their monitors
// are light again; the rep is told, may go on, and loses it to Ctrl+Alt+Del.
func TestX15_NothingStaysWhenTheHelperIsKilled(t *testing.T) {
	t.Parallel()
	s, device := newSeat(t)
	s.start(device)
	s.must(s.restrict(true, true))
	s.told(true, true, 0)
	if !s.dark() {
		t.Error("the monitors are light")
	}
	s.writes("taken")
	s.must(s.viewer.Input(wire.Input{Kind: wire.InputText, Text: "touch rep\r"}))
	s.wrote("rep")
	s.must(s.agent.KillChild("helper", syscall.SIGKILL))
	s.told(false, false, wirepb.ErrorCode_ERROR_CODE_RESTRICTION_FAILED)
	s.light("the next helper to give the light back")
	s.writes("after")
	s.wrote("after")
	s.unheard("taken")

	s.must(bed.Until(s.ctx, "the next helper to hold it", func() (bool, error) {
		s.must(s.restrict(true, true))
		a, err := s.rep.Sessions.Get(s.ctx, connect.NewRequest(&apipb.GetRequest{Id: s.session}))
		return err == nil && a.Msg.Session.Restriction.GetInput(), err
	}))
	s.told(true, true, 0)
	s.customer.Press(x11test.KeyControl, x11test.KeyAlt, x11test.KeyDelete)
	if r := s.told(false, false, wirepb.ErrorCode_ERROR_CODE_TAKEN_BACK); !r.ByCustomer {
		t.Errorf("told %v", r)
	}
	if s.dark() {
		t.Error("the monitors are dark")
	}
	s.writes("last")
	s.wrote("last")
}
