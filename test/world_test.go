//go:build linux

package test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/test/bed"
)

// testTimeout bounds one whole-system test: ten times what the longest takes on a
// quiet machine.
const testTimeout = 8 * time.Minute

// The rep of the tests.
const (
	repName     = "rep.one"
	repDisplay  = "Robin Rep"
	repPassword = "correct horse battery staple"
)

// world is a running system of one test.
type world struct {
	t       *testing.T
	ctx     context.Context
	dir     string
	log     *os.File
	desktop *bed.Desktop
	broker  *bed.Broker
	agent   *bed.Agent
	rep     *bed.Rep
	console *bed.Console
	host    string
}

// setup says what a test's world has beside a broker and a signed-in rep.
type setup struct {
	desktop   bed.DesktopOptions // Screen empty: 1280x800
	noAgent   bool
	browser   *bed.BrowserOptions // nil: no browser
	noRep     bool                // the broker has no account yet
	noDesktop bool
	noBroker  bool // the test plays one
	broker    bed.BrokerOptions
}

func newWorld(t *testing.T, s setup) *world {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), testTimeout, errors.New("the test took too long"))
	t.Cleanup(cancel)
	w := &world{t: t, ctx: ctx, dir: scratch(t)}
	if *artifacts != "" {
		w.dir = filepath.Join(*artifacts, t.Name())
		w.must(os.RemoveAll(w.dir))
		w.must(os.MkdirAll(w.dir, 0o755))
	}
	w.openLog()
	if s.noDesktop {
		w.startBroker(s.broker)
		return w
	}
	if s.desktop.Screen == "" {
		s.desktop.Screen = "1280x800x24"
	}
	s.desktop.Dir, s.desktop.Log = w.mkdir("desktop"), w.log
	var err error
	w.desktop, err = bed.NewDesktop(ctx, s.desktop)
	w.must(err)
	t.Cleanup(w.desktop.Close)

	if s.noBroker {
		return w
	}
	w.startBroker(s.broker)
	if !s.noRep {
		w.addRep()
	}
	if !s.noAgent {
		w.startAgent()
	}
	if s.browser != nil {
		w.startBrowser(*s.browser)
	}
	return w
}

// scratch is a folder for a test's programs. What the desktop's bus started ends by
// itself some time after the bus, and writes until then.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "alongside-world-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := bed.Until(ctx, "the test's folder to go", func() (bool, error) {
			err := os.RemoveAll(dir)
			return err == nil, err
		}); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// newWiredWorld is a world whose agent reaches the broker over a wire that counts and can
// be cut.
func newWiredWorld(t *testing.T) (*world, *bed.Cut) {
	t.Helper()
	w := newWorld(t, setup{noAgent: true})
	wire, err := bed.NewCut(w.broker.Listen)
	w.must(err)
	t.Cleanup(wire.Close)
	bundle, err := w.broker.BundleVia(w.ctx, w.dir, wire.Addr)
	w.must(err)
	w.agent, err = bed.NewAgent(w.ctx, filepath.Join(programs, "alongside"), filepath.Join(w.dir, "agent"), bundle, w.desktop, w.log)
	w.must(err)
	t.Cleanup(func() { w.agent.Stop() })
	return w, wire
}

// startBroker starts the broker.
func (w *world) startBroker(o bed.BrokerOptions) {
	w.t.Helper()
	var err error
	w.host, err = os.Hostname()
	w.must(err)
	o.Program, o.Data, o.Log = filepath.Join(programs, "alongside-broker"), filepath.Join(w.dir, "broker"), w.log
	w.broker, err = bed.NewBroker(w.ctx, o)
	w.must(err)
	w.t.Cleanup(func() { w.broker.Stop() })
}

// addRep adds the rep and signs it in.
func (w *world) addRep() {
	w.t.Helper()
	var err error
	w.must(w.broker.AddRep(w.ctx, repName, repDisplay, repPassword, true))
	w.rep, err = w.broker.SignIn(w.ctx, repName, repPassword)
	w.must(err)
}

func (w *world) startAgent() {
	w.t.Helper()
	bundle, err := w.broker.Bundle(w.ctx, w.dir)
	w.must(err)
	w.agent, err = bed.NewAgent(w.ctx, filepath.Join(programs, "alongside"), filepath.Join(w.dir, "agent"), bundle, w.desktop, w.log)
	w.must(err)
	w.t.Cleanup(func() { w.agent.Stop() })
}

func (w *world) startBrowser(o bed.BrowserOptions) {
	w.t.Helper()
	o.Profile, o.Shots, o.Log = w.mkdir("chromium"), filepath.Join(w.dir, "shots"), w.log
	b, err := bed.NewBrowser(w.ctx, o)
	w.must(err)
	w.t.Cleanup(b.Close)
	w.console = &bed.Console{Browser: b, URL: w.broker.Console}
}

// connect signs the rep in, asks for support, says Yes at the desktop and waits
// for the first picture.
func (w *world) connect() {
	w.t.Helper()
	w.must(w.console.SignIn(repName, repPassword))
	w.must(w.console.Support(w.host))
	w.must(w.desktop.Answer(w.ctx, true))
	w.must(w.console.Phase("active"))
	w.must(w.console.Connected())
}

// ask starts a session through the API and waits for the prompt.
func (w *world) ask() *apipb.Session {
	w.t.Helper()
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	s, err := w.rep.Start(w.ctx, d.Id)
	w.must(err)
	_, err = w.desktop.Window(w.ctx, bed.ConsentTitle)
	w.must(err)
	return s
}

// terminal opens a terminal on the desktop.
func (w *world) terminal() {
	w.t.Helper()
	_, err := w.desktop.Terminal(w.ctx, "Terminal", "76x20+60+60")
	w.must(err)
}

// typed waits until a file that a program on the desktop writes has this text.
func (w *world) typed(name, want string) {
	w.t.Helper()
	w.must(bed.Until(w.ctx, name+" to say "+want, func() (bool, error) {
		got, err := os.ReadFile(filepath.Join(w.desktop.Dir, name))
		if err == nil && len(got) > 0 && string(got) != want {
			err = errors.New("it says " + string(got))
		}
		return string(got) == want, err
	}))
}

// mkdir makes a folder of the test's own with a short, private name.
func (w *world) mkdir(name string) string {
	w.t.Helper()
	dir := filepath.Join(w.dir, name)
	w.must(os.MkdirAll(dir, 0o755))
	return dir
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// logTail is how much of the programs' log a failed test shows, in bytes.
const logTail = 6000

// openLog keeps what the programs say, shows its end when the test fails and
// fails the test when the race detector spoke.
func (w *world) openLog() {
	w.t.Helper()
	var err error
	w.log, err = os.Create(filepath.Join(w.dir, "programs.log"))
	w.must(err)
	w.t.Cleanup(func() {
		w.log.Close()
		b, err := os.ReadFile(w.log.Name())
		if err != nil {
			w.t.Error(err)
		}
		if found := racesAndPanics(string(b)); len(found) > 0 {
			w.t.Errorf("in the programs:\n%s", strings.Join(found, "\n"))
		}
		if w.t.Failed() {
			w.t.Logf("the programs said:\n%s", b[max(0, len(b)-logTail):])
		}
	})
}

// racesAndPanics cuts from a log what the race detector and panics said. The
// tray library races with its own D-Bus handlers:
// those of its reports are left out.
func racesAndPanics(log string) []string {
	const border = "==================\n"
	var found []string
	for _, part := range strings.Split(log, border) {
		if strings.HasPrefix(part, "WARNING: DATA RACE") && !strings.Contains(part, "fyne.io/systray.") {
			found = append(found, part)
		}
	}
	if i := strings.Index(log, "\npanic: "); i >= 0 {
		found = append(found, log[i:min(len(log), i+logTail)])
	}
	return found
}
